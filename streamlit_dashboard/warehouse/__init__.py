"""The one place that queries: Athena statements, what they mean, and how long their results are kept.

Pages call `sales`, `customers`, `operations` and `reports`; no page holds SQL.
"""
