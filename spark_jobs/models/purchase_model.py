"""The purchase models: their order, their titles, and the methods that each of them has."""

from typing import Protocol

from biz_schema.score_tables import ModelName
from spark_jobs.models.rates import Floats, Values

TITLES: dict[ModelName, str] = {
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
