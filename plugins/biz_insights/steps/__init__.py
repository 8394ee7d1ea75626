"""What the tasks of the daily DAG do, one module a layer: plain functions of settings and earlier results."""
