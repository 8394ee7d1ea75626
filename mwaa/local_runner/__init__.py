"""The local runner: `make run`, `make query`, `make airflow` and `make dashboard`, with the same code as on MWAA."""
