"""What a deployment uploads to MWAA and Glue."""
