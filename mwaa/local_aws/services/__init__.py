"""What moto answers by keeping records, and how its memory survives a restart."""
