"""The endpoint: its HTTP server, its services, its provisioning and its life."""
