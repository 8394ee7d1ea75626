"""What the tables of the lake are, declared once: standard library only, shipped to Airflow's workers and to Glue."""
