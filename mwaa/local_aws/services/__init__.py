"""The services that moto answers in full (SNS, secrets, keys …), and how all state survives a restart."""
