"""Value per active day by Bühlmann credibility: a customer's own mean, trusted as far as their number of days allows.

E[M | S, n] = (S + kμ)/(n + k) with k = s²/τ²: s² the variance of a day's value within a customer, τ² the variance of
customers' true means, μ their mean. Reference: H. Bühlmann, A. Gisler, "A Course in Credibility Theory and its
Applications", Springer 2005, chapter 3.
"""

import math
from dataclasses import dataclass

import numpy as np

from spark_jobs.models.mbg_nbd import Floats, Values

MINIMUM_CUSTOMERS = 100


@dataclass(frozen=True)
class Credibility:
    """Estimates in the currency of the values: mu per active day, s2 and tau2 its square, k in active days."""

    mu: float
    s2: float
    tau2: float
    k: float  # inf where customers' means do not differ beyond chance: then everybody is worth mu

    def expected_value(self, n: Values, s: Values) -> Floats:
        """Expected net sales of a customer's next active day; n = active days so far, s = their net sales."""
        days, total = np.asarray(n, dtype=np.float64), np.asarray(s, dtype=np.float64)
        if math.isinf(self.k):
            return np.full(np.broadcast(days, total).shape, self.mu)
        return (total + self.k * self.mu) / (days + self.k)


def credibility(
    *, customers: float, sum_n: float, sum_s: float, sum_ss: float, sum_s2_per_n: float, sum_mean: float,
    sum_mean2: float, sum_inverse_n: float,
) -> Credibility | None:  # fmt: skip
    """Estimate from sums over the customers of one currency, each with n days, their sum S and sum of squares SS.

    sum_s2_per_n = Σ S²/n, sum_mean = Σ S/n, sum_mean2 = Σ (S/n)², sum_inverse_n = Σ 1/n. Customers weigh the same
    whatever their n, so that a few heavy buyers do not set the mean that one-time buyers are drawn to. None where
    there are fewer than MINIMUM_CUSTOMERS, or nobody has a second day: then s² is unknown.
    """
    repeats = sum_n - customers
    if customers < MINIMUM_CUSTOMERS or repeats <= 0:
        return None
    mu = sum_mean / customers
    s2 = max((sum_ss - sum_s2_per_n) / repeats, 0.0)
    between = (sum_mean2 - customers * mu * mu) / (customers - 1)
    tau2 = max(between - s2 * sum_inverse_n / customers, 0.0)
    if not all(map(math.isfinite, (mu, s2, tau2))):
        return None
    k = s2 / tau2 if tau2 > 0 else math.inf
    return Credibility(mu=mu, s2=s2, tau2=tau2, k=k)
