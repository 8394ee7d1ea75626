"""Grouped customers and the likelihood of the gamma-Poisson models: with dropout that differs, that is one, or none.

The three models are one likelihood. A gamma rate has a mean m = r/α and a shape r; dropout after an active day has the
odds o = a/b and, where it differs between customers, the shape b. With these coordinates the simpler models are the
limits of the richer ones: b → ∞ gives everybody the dropout probability o/(1 + o), o → 0 gives nobody any, and r → ∞
gives everybody the rate m. Sums are arranged so that they lose no digits on the way there.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln, psi

from spark_jobs.models.rates import Floats, Values

Dropout = Literal["beta", "single", "none"]
"""How the probability to leave after an active day is distributed over customers."""

LARGE = 1e3  # beyond it Stirling's series is exact to the last digit, and differences of gammaln are not
# From ln r, ln α, ln a, ln b to the coordinates ln m, ln r, ln o, ln b.
COORDINATES = np.array([[1.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, -1], [0, 0, 0, 1]])


class GroupedCustomers:
    """Grouped histories, laid out so that one pass gives the likelihood and its gradient.

    The gamma functions depend on x alone and the logarithms on one date difference alone: both are evaluated once per
    distinct value and looked up, which leaves one exponential a row.
    """

    def __init__(self, x: Values, t_x: Values, t: Values, weights: Values) -> None:
        """Check the rows against the definitions and index their distinct values."""
        x, t_x, t, w = (np.asarray(value, dtype=np.float64) for value in (x, t_x, t, weights))
        _refuse_contradictions(x, t_x, t, w)
        kept = w > 0
        x, t_x, t, w = x[kept], t_x[kept], t[kept], w[kept]
        self.weights = w
        self.groups = len(w)
        self.customers = round(float(w.sum()))
        self.returning = round(float(w[x > 0].sum()))
        self.longest = float(t.max(initial=0.0))
        self.repeat_days = float(w @ x)
        self.observed_days = float(w @ t)
        self.x_code, self.x = _index(x)
        self.recency_code, self.recency = _index(t_x)
        self.age_code, self.age = _index(t)
        self.x_row, self.t_x_row, self.t_row = x, t_x, t
        self.at_x = np.bincount(self.x_code, w, len(self.x))
        self.at_age = np.bincount(self.age_code, w, len(self.age))
        self.repeats_at_age = np.bincount(self.age_code, w * x, len(self.age))

    def objective(self, log_parameters: Floats) -> tuple[float, Floats]:
        """Minus the mean log-likelihood of MBG/NBD and its gradient, both in the logarithms of r, alpha, a, b."""
        value, gradient = self.negative_log_likelihood(COORDINATES @ log_parameters, "beta")
        return value, COORDINATES.T @ gradient

    def negative_log_likelihood(self, at: Floats, dropout: Dropout) -> tuple[float, Floats]:
        """Minus the mean log-likelihood per customer and its gradient.

        `at` holds ln m and ln r; then ln o unless there is no dropout; then ln b where it differs between customers.
        """
        buying, buying_slope = self._buying(*at[:2])
        leaving, leaving_slope = self._leaving(at, dropout) if dropout != "none" else (0.0, np.zeros(2))
        slope = leaving_slope + np.pad(buying_slope, (0, len(leaving_slope) - 2))
        return -(buying + leaving) / self.customers, -slope / self.customers

    def _buying(self, log_rate: float, log_shape: float) -> tuple[float, Floats]:
        """Log-likelihood if nobody left, and its slope in ln m and ln r."""
        rate, r = math.exp(log_rate), math.exp(log_shape)
        alpha = r / rate
        exposure = r * self.at_age + self.repeats_at_age
        log_age, seen = np.log1p(self.age / alpha), self.age / (alpha + self.age)
        total = self.at_x @ rising(r, self.x) + self.repeat_days * log_rate - exposure @ log_age
        by_rate = self.repeat_days - exposure @ seen
        by_shape = self.at_x @ rising_slope(r, self.x) - r * (self.at_age @ log_age) + exposure @ seen
        return float(total), np.array([by_rate, by_shape])

    def _leaving(self, at: Floats, dropout: Dropout) -> tuple[float, Floats]:
        """What dropout adds to it, and its slope in all coordinates."""
        r, x, w = math.exp(at[1]), self.x, self.weights
        alpha = r / math.exp(at[0])
        log_odds, odds = float(at[2]), math.exp(at[2])
        shape = r + self.x_row
        log_age, log_recency = np.log1p(self.age / alpha), np.log1p(self.recency / alpha)
        silence = log_age[self.age_code] - log_recency[self.recency_code]
        b = math.exp(at[3]) if dropout == "beta" else math.inf
        gone_odds = (log_odds - np.log1p(x / b))[self.x_code] + shape * silence
        small = np.exp(-np.abs(gone_odds))
        softplus = np.maximum(gone_odds, 0.0) + np.log1p(small)
        gone = w * np.where(gone_odds > 0, 1.0, small) / (1.0 + small)  # customers who have left, in expectation

        slope = (self.age / (alpha + self.age))[self.age_code] - (self.recency / (alpha + self.recency))[
            self.recency_code
        ]
        by_rate = float((gone * shape) @ slope)
        by_shape = float(r * (gone @ silence)) - by_rate
        p = odds / (1 + odds)
        stays = x + 1
        total = float(w @ softplus) - math.log1p(odds) * float(self.at_x @ stays)
        by_odds = float(gone.sum()) - p * float(self.at_x @ stays)
        if dropout == "single":
            return total, np.array([by_rate, by_shape, by_odds])
        both = b * (1 + odds)
        total += float(self.at_x @ (rising(b, stays) - rising(both, stays)))
        by_both = float(self.at_x @ rising_slope(both, stays))
        by_odds -= p * by_both
        gone_at_x = np.bincount(self.x_code, gone, len(x))
        by_b = float(gone_at_x @ (x / (b + x)) + self.at_x @ rising_slope(b, stays)) - by_both
        return total, np.array([by_rate, by_shape, by_odds, by_b])


def rising(z: float, n: Floats) -> Floats:
    """lnΓ(z + n) − lnΓ(z) − n ln z: zero in the limit of a large z."""
    if z < LARGE:
        return gammaln(z + n) - gammaln(z) - n * math.log(z)
    return (z + n - 0.5) * np.log1p(n / z) - n + (1 / (z + n) - 1 / z) / 12 - (1 / (z + n) ** 3 - 1 / z**3) / 360


def rising_slope(z: float, n: Floats) -> Floats:
    """z times the derivative of `rising` by z."""
    if z < LARGE:
        return z * (psi(z + n) - psi(z)) - n
    return z * (np.log1p(n / z) - (1 / (z + n) - 1 / z) / 2 - (1 / (z + n) ** 2 - 1 / z**2) / 12) - n


def _index(values: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    codes, distinct = pd.factorize(values)
    return codes, np.asarray(distinct, dtype=np.float64)


def _refuse_contradictions(x: Floats, t_x: Floats, t: Floats, w: Floats) -> None:
    if not len(x) == len(t_x) == len(t) == len(w):
        raise ValueError(f"x, t_x, t, weights have {len(x)}, {len(t_x)}, {len(t)}, {len(w)} rows: pass one row a group")
    # Written so that NaN fails too.
    sound = (x >= 0) & (t_x >= 0) & (t_x <= t) & (w >= 0) & ((x > 0) == (t_x > 0)) & np.isfinite(t + x + w)
    if not sound.all():
        row = int(np.argmin(sound))
        raise ValueError(
            f"row {row} (x={x[row]:g}, t_x={t_x[row]:g}, t={t[row]:g}, weight={w[row]:g}) is no customer history: "
            "needs 0 <= t_x <= t, and t_x > 0 exactly where x > 0; group by active days, not by orders"
        )
