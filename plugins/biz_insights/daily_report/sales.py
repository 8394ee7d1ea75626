"""Net sales, orders and order value of the day and the week, against what came before and what was to be expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from biz_insights.daily_report.reading import WEEK, Answer, Row

ZERO = Decimal(0)


@dataclass(frozen=True)
class Period:
    """Sales from ``first`` to ``last`` in one currency, guests in; ``days``: days among them that have sales."""

    first: date
    last: date
    net_sales: Decimal
    orders: int
    days: int

    @property
    def aov(self) -> Decimal | None:
        """Net sales per order; None without orders."""
        return self.net_sales / self.orders if self.orders else None


@dataclass(frozen=True)
class Comparison:
    """A period and an earlier one. ``comparable``: the data reach back over the whole of the earlier one."""

    this: Period
    before: Period
    comparable: bool

    @property
    def net_sales_change(self) -> float | None:
        """As a part of the earlier; None, like each change, where that is not above zero or not comparable."""
        return self._change(self.this.net_sales, self.before.net_sales)

    @property
    def orders_change(self) -> float | None:
        return self._change(Decimal(self.this.orders), Decimal(self.before.orders))

    @property
    def aov_change(self) -> float | None:
        return self._change(self.this.aov, self.before.aov)

    def _change(self, this: Decimal | None, before: Decimal | None) -> float | None:
        if not self.comparable or this is None or before is None or before <= 0:
            return None
        return float((this - before) / before)


@dataclass(frozen=True)
class SalesDay:
    """One day of the chain beside what was to be expected (means of the last 8 same weekdays, see mart_sales_trends).

    ``orders`` is None for a day without sales. ``status``: mart_sales_trends' anomaly_status, or ``no_sales``.
    ``z``: distance of the orders from the expected, in standard deviations.
    """

    day: date
    net_sales: Decimal | None
    orders: int | None
    expected_net_sales: float | None
    expected_orders: float | None
    z: float | None
    is_anomaly: bool
    status: str
    holiday: str | None

    @property
    def aov(self) -> Decimal | None:
        """Net sales per order."""
        return self.net_sales / self.orders if self.net_sales is not None and self.orders else None


@dataclass(frozen=True)
class StoreWeek:
    """A store's week (Monday to Sunday) that was out of the ordinary, in orders."""

    restaurant_id: str
    first: date
    last: date
    net_sales: Decimal
    orders: int
    expected_net_sales: float | None
    expected_orders: float | None
    z: float


@dataclass(frozen=True)
class SalesFigures:
    """Sales of one currency. ``days`` are the last 7, oldest first, those without sales too.

    ``odd_weeks`` of ``judged_weeks``: stores' weeks that ended in those days; None where they could not be read.
    """

    currency: str
    day: Comparison
    week: Comparison
    days: tuple[SalesDay, ...]
    odd_weeks: tuple[StoreWeek, ...]
    judged_weeks: int | None

    @property
    def today(self) -> SalesDay:
        """The report's day."""
        return self.days[-1]

    @property
    def odd_days(self) -> tuple[SalesDay, ...]:
        """Days out of the ordinary."""
        return tuple(day for day in self.days if day.is_anomaly)

    @property
    def judged_days(self) -> int:
        """Days that the mart judged, the ordinary ones included."""
        return sum(day.status == "judged" for day in self.days)


def sales_figures(currency: str, as_of: date, days: Sequence[Row], weeks: Answer) -> SalesFigures | None:
    """Figures of one currency; None where none of the 14 days has sales.

    Args:
        days: rows of SALES_DAYS. weeks: the answer to STORE_WEEKS. Both of any currency.
    """
    by_day = {row["period_start"]: row for row in days if row["currency"] == currency}
    if not by_day:
        return None
    data_from = next(iter(by_day.values()))["first_day"]

    def compared(length: int) -> Comparison:
        this, before = (_period(by_day, as_of - timedelta(days=back), length) for back in (0, WEEK))
        return Comparison(this, before, data_from <= before.first)

    last_days = (as_of - timedelta(days=back) for back in reversed(range(WEEK)))
    store_weeks = [row for row in weeks.rows if row["currency"] == currency]
    return SalesFigures(
        currency=currency,
        day=compared(1),
        week=compared(WEEK),
        days=tuple(_sales_day(day, by_day.get(day)) for day in last_days),
        odd_weeks=tuple(_store_week(row) for row in store_weeks if row["is_anomaly"]),
        judged_weeks=None if weeks.absent else len(store_weeks),
    )


def _period(by_day: dict[date, Row], last: date, length: int) -> Period:
    first = last - timedelta(days=length - 1)
    rows = [row for day, row in by_day.items() if first <= day <= last]
    return Period(first, last, sum((row["net_sales"] for row in rows), ZERO), sum(r["orders"] for r in rows), len(rows))


def _sales_day(day: date, row: Row | None) -> SalesDay:
    if row is None:
        return SalesDay(day, None, None, None, None, None, False, "no_sales", None)
    return SalesDay(
        day,
        row["net_sales"],
        row["orders"],
        row["expected_net_sales"],
        row["expected_orders"],
        row["anomaly_z"],
        bool(row["is_anomaly"]),
        row["anomaly_status"],
        row["holiday_name"],
    )


def _store_week(row: Row) -> StoreWeek:
    return StoreWeek(
        row["restaurant_id"],
        row["period_start"],
        row["period_end"],
        row["net_sales"],
        row["orders"],
        row["expected_net_sales"],
        row["expected_orders"],
        row["anomaly_z"],
    )
