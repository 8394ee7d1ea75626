"""NBD: every customer orders at a rate of their own, and nobody leaves (Ehrenberg 1959).

Active days follow a Poisson process with rate λ ~ Gamma(r, α). What is expected of a customer is (r + x)/(α + t) a day:
exactly Bühlmann's credibility estimate of their rate, x/t drawn to everybody's r/α. As r grows without limit,
everybody has the same rate.

Reference: A. S. C. Ehrenberg, "The Pattern of Consumer Purchases", Applied Statistics 8 (1959) 26–41.
"""

import math
from dataclasses import dataclass

import numpy as np

from spark_jobs.models.mbg_nbd import Floats, Values


@dataclass(frozen=True)
class Rates:
    """Rates of living customers, time in days: what the models with one dropout probability or none share."""

    r: float
    alpha: float

    def no_order(self, x: Values, t: Values, h: Values) -> Floats:
        """ln P(no active day within h days | alive)."""
        x, t, h = (np.asarray(value, dtype=np.float64) for value in (x, t, h))
        return -(self.r + x) * np.log1p(h / (self.alpha + t))

    def median_gap(self, x: Values, t_x: Values) -> Floats:
        """Days after the last order within which a living customer orders again with even odds; NaN beyond any."""
        x, t_x = np.asarray(x, dtype=np.float64), np.asarray(t_x, dtype=np.float64)
        with np.errstate(over="ignore"):
            gap = (self.alpha + t_x) * np.expm1(math.log(2) / (self.r + x))
        return np.where(np.isfinite(gap), gap, np.nan)

    def overdue_p(self, x: Values, t_x: Values, t: Values) -> Floats:
        """Probability that a living customer would have ordered again by now."""
        t_x, t = np.asarray(t_x, dtype=np.float64), np.asarray(t, dtype=np.float64)
        return -np.expm1(self.no_order(x, t_x, t - t_x))


@dataclass(frozen=True)
class Nbd(Rates):
    """The model and its two parameters. Nobody leaves, so `p_alive` is 1 by assumption and no estimate."""

    @property
    def has_dropout(self) -> bool:
        """No."""
        return False

    def p_alive(self, x: Values, t_x: Values, t: Values) -> Floats:
        """1 for everybody."""
        return np.ones(np.broadcast(x, t_x, t).shape)

    def p_order(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Probability of at least one active day within the next h days."""
        return self.p_alive(x, t_x, t) * -np.expm1(self.no_order(x, t, h))

    def expected_days(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Expected number of active days within the next h days."""
        return self.p_alive(x, t_x, t) * self.living_days(x, t, h)

    def living_days(self, x: Values, t: Values, h: Values) -> Floats:
        """The same: everybody lives."""
        x, t, h = (np.asarray(value, dtype=np.float64) for value in (x, t, h))
        return (self.r + x) / (self.alpha + t) * h
