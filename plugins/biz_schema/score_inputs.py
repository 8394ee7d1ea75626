"""What the job `customer_scores` reads: published tables of customer days, and how their customers are sampled."""

from __future__ import annotations

DAYS_OF_CLOSED_QUARTERS = "gold_customer_day_by_quarter"
"""The customer days of closed quarters, one file for each quarter."""

DAYS_OF_CURRENT_QUARTER = "gold_customer_day"
"""The customer days of the quarter of the process date."""

TOTALS_BEFORE_CUTOFF = "gold_customer_totals_before_cutoff"
"""One row for each customer: the totals of the days before the cutoff date."""

SAMPLE_BEFORE_CUTOFF = "gold_customer_day_sample_before_cutoff"
"""The days before the cutoff date of a sample of customers."""

SCORE_INPUTS = (DAYS_OF_CLOSED_QUARTERS, DAYS_OF_CURRENT_QUARTER, TOTALS_BEFORE_CUTOFF, SAMPLE_BEFORE_CUTOFF)

SAMPLE_BUCKETS = 4096
"""Buckets of customers, as the column `sample_bucket` of `gold_customer_day` numbers them."""

SAMPLED_DAYS = 1_000_000
"""Customer days that back-tests look at, at most about: some tens of megabytes on the driver. By the same rule
`gold_customer_day_sample_before_cutoff` holds no more."""
