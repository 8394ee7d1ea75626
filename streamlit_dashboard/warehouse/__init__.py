"""The one place that queries: Athena statements, what they return, and how long their results are stored.

Pages call `sales`, `customers`, `operations` and `reports`; no page contains SQL.
"""
