"""What every purchase model can be asked, and the order in which they are tried: the ladder."""

from typing import Literal, Protocol

from spark_jobs.models.rates import Floats, Values

Rung = Literal["mbg_nbd", "geometric_nbd", "nbd", "credibility_rate", "naive_rate"]

LADDER: tuple[Rung, ...] = ("mbg_nbd", "geometric_nbd", "nbd", "credibility_rate", "naive_rate")
"""From the richest model to the plainest; each is tried only where those before it cannot be fitted or validated."""

TITLES: dict[str, str] = {
    "mbg_nbd": "MBG/NBD",
    "geometric_nbd": "Geometric/NBD",
    "nbd": "NBD",
    "credibility_rate": "credibility on rates",
    "naive_rate": "the naive rate",
}


class PurchaseModel(Protocol):
    """A fitted model, time in days. Arrays broadcast against each other; x, t_x, t as in `mbg_nbd`."""

    @property
    def has_dropout(self) -> bool:
        """Whether `p_alive` is an estimate; a model without dropout takes everybody to be alive."""
        ...

    def p_alive(self, x: Values, t_x: Values, t: Values) -> Floats:
        """Probability that the customer has not left by the as-of date."""
        ...

    def p_order(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Probability of at least one active day within the next h days."""
        ...

    def expected_days(self, x: Values, t_x: Values, t: Values, h: Values) -> Floats:
        """Expected number of active days within the next h days."""
        ...

    def living_days(self, x: Values, t: Values, h: Values) -> Floats:
        """The same of a customer who has not left by the as-of date."""
        ...

    def median_gap(self, x: Values, t_x: Values) -> Floats:
        """Days after the last order within which a living customer orders again with even odds; NaN where unknown."""
        ...

    def overdue_p(self, x: Values, t_x: Values, t: Values) -> Floats:
        """Probability that a living customer would have ordered again by now; NaN where unknown."""
        ...
