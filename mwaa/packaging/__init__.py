"""The files that a deployment uploads to MWAA and Glue."""
