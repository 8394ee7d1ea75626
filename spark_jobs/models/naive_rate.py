"""The naive rate: a customer goes on as before.

x repeat days in t days become x · h / max(t, h). It divides by the horizon or more, so that two orders in a customer's
first three days do not become sixty in the next ninety. It is unbiased if nobody ever leaves. A good spreadsheet would
do the same. It is hard to beat on mean absolute error, because it correctly gives most one-time customers a zero. Every
model is compared with it, and it is used if no other model can be fitted.
"""

from dataclasses import dataclass

import numpy as np

from spark_jobs.models.rates import Floats, Values


class Unquestioned:
    """A rate and nothing else: the model does not say whether a customer has left."""

    @property
    def has_dropout(self) -> bool:
        """No."""
        return False

    def p_alive(self, x: Values, t_x: Values, t: Values) -> Floats:
        """Return 1 for everybody: an assumption, not an estimate."""
        return np.ones(np.broadcast(x, t_x, t).shape)

    def p_order(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Probability of at least one active day within the next h days, were they a Poisson process."""
        return -np.expm1(-self.expected_days(x, t_x, t, h))

    def expected_days(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Expected number of active days within the next h days."""
        return self.p_alive(x, t_x, t) * self.living_days(x, t, h)

    def living_days(self, x: Values, t: Values, h: Values) -> Floats:
        """Return the same: everybody is assumed to be alive."""
        raise NotImplementedError

    def median_gap(self, x: Values, t_x: Values) -> Floats:
        """Return NaN: a rate alone does not say how gaps are distributed."""
        return np.full(np.broadcast(x, t_x).shape, np.nan)

    def overdue_p(self, x: Values, t_x: Values, t: Values) -> Floats:
        """Return NaN, for the same reason."""
        return np.full(np.broadcast(x, t_x, t).shape, np.nan)


@dataclass(frozen=True)
class NaiveRate(Unquestioned):
    """It has no parameters."""

    def living_days(self, x: Values, t: Values, h: Values) -> Floats:
        """Return the active days within the next h days if the customer goes on as before."""
        x, t, h = (np.asarray(value, dtype=np.float64) for value in (x, t, h))
        longest = np.maximum(t, h)
        return np.divide(x * h, longest, out=np.zeros(np.broadcast(x, longest).shape), where=longest > 0)
