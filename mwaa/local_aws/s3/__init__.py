"""S3 on plain folders."""
