"""Glue: catalog, jobs and the Spark that runs them."""
