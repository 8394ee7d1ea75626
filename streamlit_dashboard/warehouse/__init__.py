"""The one place that queries: Athena statements, what they mean, and how long their results are kept.

Pages call :mod:`sales`, :mod:`customers`, :mod:`operations` and :mod:`reports`; no page holds SQL.
"""
