"""RDS: PostgreSQL, snapshots and exports to S3."""
