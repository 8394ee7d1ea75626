"""Gamma-Poisson rates of living customers: what the models with and without dropout share."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = npt.ArrayLike


@dataclass(frozen=True)
class Rates:
    """λ ~ Gamma(r, α) of customers who have not left, time in days. Every method takes arrays that broadcast."""

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
