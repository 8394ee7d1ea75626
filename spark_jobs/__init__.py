"""Glue jobs of the lake: one entry script a job, pure DataFrame transforms beside them."""
