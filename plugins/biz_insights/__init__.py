"""Business Insights: what the DAGs import. Nothing here knows whether it runs on MWAA or on a laptop."""
