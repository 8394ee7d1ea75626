"""Access to AWS from a task: the session, which caches its clients, and small reads and writes on S3."""
