"""Value per active day by Bühlmann credibility: a customer's own mean, weighted by their number of days.

E[M | S, n] = (S + kμ)/(n + k) with k = s²/τ²: s² the variance of a day's value within a customer, τ² the variance of
customers' true means, μ their mean. Reference: H. Bühlmann, A. Gisler, "A Course in Credibility Theory and its
Applications", Springer 2005, chapters 3 and 4.
"""

import math
from dataclasses import dataclass

import numpy as np

from spark_jobs.models.rates import Floats, Values

MINIMUM_CUSTOMERS = 100
MINIMUM_RETURNING = 10


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


def credibility(n: Values, customers: Values, sum_s: Values, sum_s2: Values, sum_ss: Values) -> Credibility | None:
    """Estimate from the customers of one currency, grouped by n = active days: one row per distinct n.

    With S the net sales and SS the sum of squared daily net sales of a customer: sum_s = Σ S, sum_s2 = Σ S²,
    sum_ss = Σ SS over the group's customers. Variances come from the customers with n ≥ 2, all with the
    same weight: one-time buyers spend differently from those who return, and with all days pooled a few heavy buyers
    would decide s². μ weighs customers by their credibility n/(n + k). Returns None below MINIMUM_CUSTOMERS or
    MINIMUM_RETURNING.
    """
    days, count, s, s2, ss = (np.asarray(value, dtype=np.float64) for value in (n, customers, sum_s, sum_s2, sum_ss))
    back = days >= 2
    returning = float(count[back].sum())
    if count.sum() < MINIMUM_CUSTOMERS or returning < MINIMUM_RETURNING:
        return None
    variances = np.maximum(ss[back] - s2[back] / days[back], 0.0) / (days[back] - 1)  # sums over each group
    within = float(variances.sum()) / returning
    mean = float((s[back] / days[back]).sum()) / returning
    spread = (float((s2[back] / days[back] ** 2).sum()) - returning * mean**2) / (returning - 1)
    between = max(spread - float((variances / days[back]).sum()) / returning, 0.0)
    k = within / between if between > 0 else math.inf
    trust = 1 / (days + k) if math.isfinite(k) else np.ones_like(days)  # times n = credibility, up to a factor
    mu = float(trust @ s) / float((trust * days) @ count)
    if not all(map(math.isfinite, (mu, within, between))):
        return None
    return Credibility(mu=mu, s2=within, tau2=between, k=k)
