"""AWS from a task: the session, a session that caches its clients, and small reads and writes on S3."""
