"""Geometric/NBD: MBG/NBD in which every customer leaves with the same probability after an active day.

It is the limit of MBG/NBD as a and b grow together, a/(a + b) = p: rates differ between customers, dropout does not.
Where customers do not differ in dropout, MBG/NBD's likelihood has no maximum at finite a and b, and this model is what
the data tell. Active days follow a Poisson process with rate λ ~ Gamma(r, α) while the customer lives; the number of
days they live for is geometric.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from spark_jobs.models.rates import Floats, Rates, Values


@dataclass(frozen=True)
class GeometricNbd(Rates):
    """The model and its three parameters, time in days; p strictly between 0 and 1."""

    p: float

    @property
    def has_dropout(self) -> bool:
        """Yes."""
        return True

    def p_alive(self, x: Values, t_x: Values, t: Values) -> Floats:
        """Probability that the customer has not left by the as-of date."""
        t_x, t = np.asarray(t_x, dtype=np.float64), np.asarray(t, dtype=np.float64)
        return expit(math.log1p(-self.p) - math.log(self.p) + self.no_order(x, t_x, t - t_x))

    def p_order(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Probability of at least one active day within the next h days."""
        return self.p_alive(x, t_x, t) * -np.expm1(self.no_order(x, t, h))

    def expected_days(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Expected number of active days within the next h days."""
        return self.p_alive(x, t_x, t) * self.living_days(x, t, h)

    def living_days(self, x: Values, t: Values, h: Values) -> Floats:
        """The same of a customer who has not left by the as-of date: E[(1 − exp(−λ p h))/p]."""
        return -np.expm1(self.no_order(x, t, self.p * np.asarray(h, dtype=np.float64))) / self.p
