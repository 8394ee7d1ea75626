"""The endpoint: its HTTP server, the services it answers for, what it creates at start, start and stop."""
