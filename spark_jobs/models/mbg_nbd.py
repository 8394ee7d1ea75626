"""MBG/NBD: how often a customer orders, and whether they still do (Batislam, Denizel & Filiztekin 2007).

A living customer's active days follow a Poisson process with rate λ ~ Gamma(r, α); after every active day, the first
included, the customer leaves for good with probability p ~ Beta(a, b). A customer is known by three numbers, in days:
x = active days − 1, t_x = last − first active day, t = as-of date − first active day (T in the literature).

References: E. P. Batislam, M. Denizel, A. Filiztekin, "Empirical validation and comparison of models for customer base
analysis", International Journal of Research in Marketing 24 (2007) 201–209; U. Wagner, D. Hoppe, "Erratum on the
MBG/NBD model", ibid. 25 (2008) 225–226.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, expit, gammaln, hyp1f1, hyp2f1

from spark_jobs.models.rates import Floats, Rates, Values

# E[days, h] has a removable singularity at a = 1, and scipy's hyp2f1 returns NaN for a large x where r − a is an
# integer. A shift of a by this much costs less than 1e-5 of the figure.
SHIFT = 1e-6
# Beyond this r everybody has the same rate to three digits and more, and hyp2f1's confluent limit takes its place.
ONE_RATE = 1e3
CONCENTRATED = 50.0  # a, beyond which hyp2f1 overflows
FAR = 600.0  # orders; exp overflows at 709


@dataclass(frozen=True)
class MbgNbd(Rates):
    """The model and its four parameters, time in days. Every method takes arrays that broadcast against each other."""

    a: float
    b: float

    @property
    def has_dropout(self) -> bool:
        """Yes: `p_alive` is an estimate."""
        return True

    def log_likelihood(self, x: Values, t_x: Values, t: Values) -> Floats:
        """ln L of each customer's history (per row, unweighted)."""
        x, t_x, t = _arrays(x, t_x, t)
        shape = self.r + x
        buying = gammaln(shape) - gammaln(self.r) + self.r * math.log(self.alpha) - shape * np.log(self.alpha + t)
        staying = betaln(self.a, self.b + x + 1) - betaln(self.a, self.b)
        return buying + staying + np.logaddexp(0.0, self._log_odds_gone(x, t_x, t))

    def p_alive(self, x: Values, t_x: Values, t: Values) -> Floats:
        """Probability that the customer has not left by the as-of date."""
        return expit(-self._log_odds_gone(*_arrays(x, t_x, t)))

    def p_order(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Probability of at least one active day within the next h days."""
        x, t_x, t, h = _arrays(x, t_x, t, h)
        return self.p_alive(x, t_x, t) * -np.expm1(self.no_order(x, t, h))

    def expected_days(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Expected number of active days within the next h days."""
        return self.p_alive(x, t_x, t) * self.living_days(x, t, h)

    def living_days(self, x: Values, t: Values, h: Values) -> Floats:
        """The same of a customer who has not left by the as-of date; the last order's day does not matter then.

        Euler's transformation of the published form: its hypergeometric factor stays finite for every x and h.
        """
        x, t, h = _arrays(x, t, h)
        if self.a > CONCENTRATED:
            return self._living_days_alike(x, t, h)
        a = self._regular_a()
        c = a + self.b + x
        if self.r > ONE_RATE:
            orders = (self.r + x) / (self.alpha + t) * h  # if nobody left
            return np.maximum(c / (a - 1) * (1 - _kummer(a - 1, c, orders)), 0.0)
        ahead = self.alpha + t + h
        factor = hyp2f1(a + self.b - self.r, a - 1, c, h / ahead)
        bracket = 1 - ((self.alpha + t) / ahead) ** (a - 1) * factor
        return np.maximum(c / (a - 1) * bracket, 0.0)

    def _living_days_alike(self, x: Floats, t: Floats, h: Floats) -> Floats:
        """The same for a large a, where hyp2f1 fails.

        The dropout probabilities of living customers, Beta(a, b + x + 1), scatter little then, and the three points of
        Gauss–Hermite quadrature stand for them to three digits.
        """
        total = self.a + self.b + x + 1
        mean = self.a / total
        spread = np.sqrt(3 * mean * (1 - mean) / (total + 1))
        low, middle, high = (
            -np.expm1(-(self.r + x) * np.log1p(p * h / (self.alpha + t))) / p
            for p in (mean - spread, mean, mean + spread)
        )
        return low / 6 + 2 * middle / 3 + high / 6

    def _regular_a(self) -> float:
        """a, or the nearest value above it where the form used by expected_days can be evaluated."""
        a = self.a
        while abs(a - 1) < SHIFT / 2 or abs((self.r - a) - round(self.r - a)) < SHIFT / 2:
            a += SHIFT
        return a

    def _log_odds_gone(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """ln[P(left right after the last order) / P(alive)] given the history."""
        return math.log(self.a) - np.log(self.b + x) - self.no_order(x, t_x, t - t_x)


def _kummer(first: float, c: Floats, z: Floats) -> Floats:
    """₁F₁(first; c; −z): by Kummer's transformation, whose terms all have one sign; far out it falls as z^−first."""
    near = np.minimum(z, FAR)
    return np.exp(-near) * hyp1f1(c - first, c, near) * (near / np.maximum(z, near)) ** first


def _arrays(*values: Values) -> list[Floats]:
    return [np.asarray(value, dtype=np.float64) for value in values]
