"""Cut-offs of the expected value by tenth of customers, frozen for a quarter.

A customer changes decile because of their own orders, not because of others: the cut-offs are those of the day before
the quarter, by the models as they would have been fitted then. If there were none, the as-of date's cut-offs are used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from spark_jobs.models.rates import Floats
from spark_jobs.models.validation import weighted_quantile
from spark_jobs.scores.estimates import Estimates, estimates_at
from spark_jobs.scores.histories import Histories, Snapshot, day_number
from spark_jobs.scores.origins import quarter_start

HORIZON = 365
TENTHS = np.arange(1, 10) / 10


@dataclass(frozen=True)
class Cutoffs:
    """Nine ascending amounts of one currency, and the date they are frozen on (exclusive) or as of."""

    edges: Floats
    frozen_on: date

    def decile(self, value: Floats) -> Floats:
        """Return 1 to 10; equal values have the same decile. NaN stays NaN."""
        found = 1.0 + np.searchsorted(self.edges, value, side="left")
        return np.where(np.isnan(value), np.nan, found)


def frozen_cutoffs(histories: Histories, as_of: date, first_day: date, current: Estimates) -> Mapping[str, Cutoffs]:
    """Return cut-offs by currency; a currency without a forecast is absent."""
    start = quarter_start(as_of)
    eve = start - timedelta(days=1)
    then = histories.at(day_number(eve))
    frozen = _cutoffs(then, estimates_at(then, eve, first_day, current.fit.model_name), start)
    return {**_cutoffs(histories.at(day_number(as_of)), current, as_of), **frozen}


def _cutoffs(snapshot: Snapshot, estimates: Estimates, frozen_on: date) -> dict[str, Cutoffs]:
    model = estimates.fit.model
    if model is None:
        return {}
    days = model.expected_days(snapshot.x, snapshot.t_x, snapshot.t, HORIZON)
    value = days * estimates.value_per_day(snapshot.currency, snapshot.n, snapshot.s)
    return {
        currency: Cutoffs(_tenths(value[snapshot.currency == currency]), frozen_on)
        for currency in snapshot.currencies
        if currency in estimates.values
    }


def _tenths(value: Floats) -> Floats:
    return weighted_quantile(value, np.ones(len(value)), TENTHS)
