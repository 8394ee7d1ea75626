"""The work of the daily DAG's tasks, one module for each layer: functions of the run context and earlier results."""
