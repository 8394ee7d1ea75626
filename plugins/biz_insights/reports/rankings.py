"""The item and store sections: the week's items and stores ranked by net sales, and the order value of stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from statistics import NormalDist

from biz_insights import labels
from biz_insights.reports.reading import Row

Z_95 = NormalDist().inv_cdf(0.975)
LEAST_FREEDOM = 30
"""The least degrees of freedom (orders less stores) for an interval. With fewer the variance is too uncertain."""

LEAST_ORDERS = 10
"""The least orders of a store for an interval. With fewer their mean is too skewed for a normal distribution."""


@dataclass(frozen=True)
class Item:
    """An item in the last 7 days, guests in.

    Attributes:
        name, category: labels that no other item and category has.
        net_sales_before: net sales of the 7 days before; None when it sold nothing in them.
        share: its share of the net sales of all items.
        comparable: whether the two weeks can be compared (see `sales.Comparison`).
    """

    rank: int
    name: str
    category: str
    net_sales: Decimal | None
    net_sales_before: Decimal | None
    units: int
    share: float | None
    comparable: bool

    @property
    def change(self) -> float | None:
        """Return the change against the 7 days before, as a share of them.

        None when the net sales before are not above zero or the weeks cannot be compared.
        """
        before = self.net_sales_before
        if not self.comparable or self.net_sales is None or before is None or before <= 0:
            return None
        return float((self.net_sales - before) / before)


@dataclass(frozen=True)
class Store:
    """A store in the last 7 days, guests in.

    Attributes:
        aov_low, aov_high: 95 % interval of the net sales per order of the 7 days; None when it is not known.
        lasting_aov: estimate of the store's lasting net sales per order (`mart_location_performance`, all time); None
            when the mart has none.
        lasting_low, lasting_high: 95 % interval of `lasting_aov`.
        place_best, place_worst: 95 % interval of the rank by `lasting_aov`, among `places` stores.
        lasting_status: why `lasting_aov` is there or missing.
    """

    rank: int
    restaurant_id: str
    net_sales: Decimal | None
    orders: int
    open_days: int
    aov_low: float | None
    aov_high: float | None
    lasting_aov: float | None
    lasting_low: float | None
    lasting_high: float | None
    place_best: int | None
    place_worst: int | None
    places: int
    lasting_status: str

    @property
    def aov(self) -> Decimal | None:
        """Return the net sales per order of the 7 days, or None without orders."""
        return self.net_sales / self.orders if self.net_sales is not None and self.orders else None


def items_of(currency: str, rows: Sequence[Row], comparable: bool = True) -> tuple[Item, ...]:
    """Return the items of one currency, from rows of TOP_ITEMS_OF_WEEK."""
    mine = [row for row in rows if row["currency"] == currency]
    names = labels.items((row["item_name"], row["item_category"]) for row in mine)
    categories = labels.names(row["item_category"] for row in mine)
    return tuple(
        Item(
            row["net_sales_rank"],
            names[row["item_name"], row["item_category"]],
            categories[row["item_category"]],
            row["net_sales"],
            row["net_sales_before"],
            row["items"],
            _part(row["net_sales"], row["all_net_sales"]),
            comparable,
        )
        for row in mine
    )


def _part(amount: Decimal | None, whole: Decimal | None) -> float | None:
    return None if amount is None or whole is None or whole <= 0 else float(amount / whole)


def stores_of(currency: str, rows: Sequence[Row], to_date: Sequence[Row]) -> tuple[Store, ...]:
    """Return the stores of one currency by net sales. Equal amounts share a rank; stores without an amount come last.

    Args:
        currency: the currency.
        rows: rows of STORES_OF_WEEK.
        to_date: rows of STORES_TO_DATE; may be empty.
    """
    week = sorted((row for row in rows if row["currency"] == currency), key=_most_first)
    lasting = {row["restaurant_id"]: row for row in to_date if row["currency"] == currency}
    variance = order_variance(week)
    places = [_most_first(row)[:2] for row in week]
    return tuple(_store(1 + places.index(_most_first(row)[:2]), row, lasting, variance) for row in week)


def order_variance(stores: Sequence[Row]) -> float | None:
    """Return the variance of the net sales of one order around the mean of its store, pooled over all stores.

    The mart pools it in the same way. None below 30 degrees of freedom (orders less stores).
    """
    sold = [row for row in stores if row["orders"] > 0 and row["net_sales"] is not None]
    freedom = sum(row["orders"] for row in sold) - len(sold)
    if freedom < LEAST_FREEDOM:
        return None
    squares = sum((row["net_sales_squared"] - row["net_sales"] ** 2 / row["orders"] for row in sold), Decimal(0))
    return max(float(squares), 0.0) / freedom


def _most_first(row: Row) -> tuple[bool, Decimal, str]:
    return row["net_sales"] is None, -(row["net_sales"] or Decimal(0)), row["restaurant_id"]


def _store(rank: int, row: Row, lasting: dict[str, Row], variance: float | None) -> Store:
    low = high = None
    if variance is not None and row["net_sales"] is not None and row["orders"] >= LEAST_ORDERS:
        half = Z_95 * sqrt(variance / row["orders"])
        aov = float(row["net_sales"] / row["orders"])
        low, high = aov - half, aov + half
    known = lasting.get(row["restaurant_id"], {})
    return Store(
        rank,
        row["restaurant_id"],
        row["net_sales"],
        row["orders"],
        row["open_days"],
        low,
        high,
        known.get("aov_shrunk"),
        known.get("aov_low"),
        known.get("aov_high"),
        known.get("aov_rank_low"),
        known.get("aov_rank_high"),
        len(lasting),
        known.get("aov_status", "not_published"),
    )
