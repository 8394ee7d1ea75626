"""The dashboards: one page a mart, over what the pipeline published."""
