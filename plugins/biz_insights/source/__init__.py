"""The source: its database, the CSV files that are loaded into it, and its export."""
