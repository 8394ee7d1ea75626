"""What the Spark form and the pandas form of the customer statistics share: column names, results, scored columns.

| step | columns |
|---|---|
| totals of days | CUSTOMER, `first_day`, `last_day`, `n`, `cents`, `squared_cents`, `joined` |
| sufficient statistics | CUSTOMER, `n`, `t_x`, `t`, `s`, `ss`, `first_day`, `joined` |
| grouped customers | GROUP, `customers`, `sum_s`, `sum_s2`, `sum_ss` |

`n` = active days, `t_x` = days from the first to the latest, `t` = days from the first to the as-of date, `s` = net
sales, `ss` = sum of the squares of each active day's net sales, `joined` = number of the first day with a loyalty
order, null without one. Amounts are added as whole cents in doubles: sums of whole numbers are exact below 2^53, so
they do not depend on the order of the rows.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa

from biz_schema.score_tables import AS_OF_DATE, PREDICTIONS
from spark_jobs.scores.scoring import Column

GROUP = ("currency", "n", "t_x", "t")
"""Customers with the same values of these are one row for the fits."""

STATISTICS = ("n", "t_x", "t", "s")
"""What a customer is scored by."""

ARROW_TYPES = {"string": pa.string(), "double": pa.float64(), "int": pa.int32(), "date": pa.date32()}


class Programme(NamedTuple):
    """A loyalty programme as seen in one currency."""

    currency: str
    launch_day: int | None  # day of the first loyalty order, as days since 1970-01-01; None without one
    loyalty_customers: int  # with a loyalty order
    not_yet_loyal: int  # customers seen on a day before joining, or who never joined

    @property
    def is_comparable(self) -> bool:
        """Whether there is a loyalty order, and somebody to compare with."""
        return self.launch_day is not None and self.not_yet_loyal > 0


def scored_columns(scores: Mapping[str, Column]) -> dict[str, pa.Array]:
    """Return scores in the order and the types that gold_customer_predictions declares; NaN and None become null."""
    kinds = {name: column.type for name, column in PREDICTIONS.columns.items() if name in scores}
    assert set(kinds) == set(scores) and AS_OF_DATE not in kinds
    return {name: pa.array(scores[name], ARROW_TYPES[kind], from_pandas=True) for name, kind in kinds.items()}
