"""The pipeline on a laptop: what `make run`, `make query` and `make airflow` do around the same code as MWAA's."""
