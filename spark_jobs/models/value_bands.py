"""A range for a customer's future value, taken from what past predictions turned out to be.

At a past origin every customer had an expected value, and now also a realised one. For each tenth of expected value,
the band has the 10th and 90th percentile of realised / expected. A customer scored today gets these factors times their
own expected value. No distribution is assumed, and the uncertainty of the parameters is included. Many customers buy
nothing: if nine in ten bought nothing, both ends are zero although the expected value is not.
"""

from dataclasses import dataclass

import numpy as np

from spark_jobs.models.rates import Floats, Values
from spark_jobs.models.validation import weighted_quantile

MINIMUM_CUSTOMERS = 1_000  # a hundred in each tenth, so that ten are beyond each end
TENTHS = np.arange(1, 10) / 10
LOW, HIGH = 0.10, 0.90


@dataclass(frozen=True)
class ValueBands:
    """Factors on the expected value, by tenth of expected value at the origin they come from."""

    upper_edges: Floats  # (tenths − 1,) expected value at which the next tenth begins; fewer where values tie
    low: Floats  # (tenths,) p10 of realised / expected
    high: Floats  # (tenths,) p90

    def interval(self, expected: Values) -> tuple[Floats, Floats]:
        """p10 and p90 of the realised value, for customers with these expected values."""
        value = np.asarray(expected, dtype=np.float64)
        tenth = np.searchsorted(self.upper_edges, value, side="left")
        return value * self.low[tenth], value * self.high[tenth]


def value_bands(expected: Values, realised: Values, weights: Values) -> ValueBands | None:
    """Learn the bands from one origin: values over the same horizon and, if discounted, discounted alike.

    Rows without an expected value above zero are left out (no ratio). None below MINIMUM_CUSTOMERS.
    """
    promised, came, w = (np.asarray(value, dtype=np.float64) for value in (expected, realised, weights))
    usable = (promised > 0) & (w > 0) & np.isfinite(promised) & np.isfinite(came)
    promised, came, w = promised[usable], came[usable], w[usable]
    if w.sum() < MINIMUM_CUSTOMERS:
        return None
    edges = np.unique(weighted_quantile(promised, w, TENTHS))
    edges = edges[edges < promised.max()]
    tenth = np.searchsorted(edges, promised, side="left")
    ends = [
        weighted_quantile(came[tenth == i] / promised[tenth == i], w[tenth == i], [LOW, HIGH])
        for i in range(len(edges) + 1)
    ]
    return ValueBands(edges, np.array([low for low, _ in ends]), np.array([high for _, high in ends]))
