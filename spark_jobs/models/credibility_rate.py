"""Credibility on rates: a customer's own order days a day, drawn to everybody's, whatever shape their gaps have.

Bühlmann's estimate (x' + κ m)/(t + κ): m is everybody's rate, κ = c²m/τ² the days at which a customer's own past weighs
as much as everybody's, τ² the variance of rates between customers, and c² the squared coefficient of variation of a
customer's gaps. c² is 1 for a Poisson process, where the estimate is NBD's, and close to 0 for customers who come like
clockwork: then their own past is trusted sooner. It is read off how long returning customers have been silent: of a
renewal process the mean silence is (1 + c²)/2 mean gaps. x' = x + (1 − c²)/2 of those who came back, because counting
starts with an order. No dropout, no distribution: moments alone.

References: H. Bühlmann, A. Gisler, "A Course in Credibility Theory and its Applications", Springer 2005, chapter 4;
D. R. Cox, "Renewal Theory", Methuen 1962, chapters 4 and 5.
"""

from dataclasses import dataclass

import numpy as np

from spark_jobs.models.naive_rate import Unquestioned
from spark_jobs.models.rates import Floats, Values

SCATTER = (0.02, 1.0)  # of c²; longer silences than a Poisson process has are not scatter but customers who left


@dataclass(frozen=True)
class CredibilityRate(Unquestioned):
    """rate = m, days with an order a day; weight_days = κ; scatter = c²."""

    rate: float
    weight_days: float
    scatter: float

    def living_days(self, x: Values, t: Values, h: Values) -> Floats:
        """Expected number of active days within the next h days."""
        x, t, h = (np.asarray(value, dtype=np.float64) for value in (x, t, h))
        own = x + (1 - self.scatter) / 2 * (x > 0)
        return (own + self.weight_days * self.rate) / (t + self.weight_days) * h


def credibility_rate(x: Floats, t_x: Floats, t: Floats, weights: Floats) -> CredibilityRate | None:
    """Estimate from customers grouped by (x, t_x, t), in days. None where nobody was seen for a day or came back."""
    back = x > 0
    exposure = float(weights @ t)
    if not exposure or not (weights[back] > 0).any():
        return None
    silence = float(weights[back] @ (t - t_x + 0.5)[back])  # an order lies half a day before its day's end
    gaps = float(weights[back] @ (t_x[back] / x[back]))
    scatter = float(np.clip(2 * silence / gaps - 1, *SCATTER))
    own = x + (1 - scatter) / 2 * back
    rate = float(weights @ own) / exposure
    chance = scatter * rate * exposure
    between = max(float(weights @ (own - rate * t) ** 2) - chance, 0.0) / float(weights @ t**2)
    # Where rates do not differ beyond chance, everybody's is everybody's: more days than anybody has been seen.
    return CredibilityRate(rate, scatter * rate / max(between, 1e-9 * rate**2), scatter)
