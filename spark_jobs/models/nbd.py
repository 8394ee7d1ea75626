"""NBD: every customer orders at a rate of their own, and nobody leaves (Ehrenberg 1959).

Active days follow a Poisson process with rate λ ~ Gamma(r, α). The expected rate of a customer is (r + x)/(α + t) a
day: exactly Bühlmann's credibility estimate, a mean of the own rate x/t and everybody's rate r/α. As r grows without
limit, everybody has the same rate.

Reference: A. S. C. Ehrenberg, "The Pattern of Consumer Purchases", Applied Statistics 8 (1959) 26–41.
"""

from dataclasses import dataclass

import numpy as np

from spark_jobs.models.rates import Floats, Rates, Values


@dataclass(frozen=True)
class Nbd(Rates):
    """The model and its two parameters. Nobody leaves, so `p_alive` is 1 by assumption, not an estimate."""

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
        """Return the same: everybody is alive."""
        x, t, h = (np.asarray(value, dtype=np.float64) for value in (x, t, h))
        return (self.r + x) / (self.alpha + t) * h
