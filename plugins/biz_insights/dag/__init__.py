"""The daily DAG, one module a layer: its tasks, thin shells around `biz_insights.steps`, and how they hang together.

Tasks that return a mapping say `multiple_outputs=False`: Airflow would store each of its values a second time.
"""
