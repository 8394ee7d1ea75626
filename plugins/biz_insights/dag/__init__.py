"""The tasks of the daily DAG and their order, one module for each layer.

A task only calls a function of `biz_insights.steps`. Tasks that return a mapping set `multiple_outputs=False`:
otherwise Airflow would store each value of the mapping a second time.
"""
