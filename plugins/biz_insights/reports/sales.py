"""The sales section: net sales, orders and order value of the day and the week, compared with earlier periods and
with the expected values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from biz_insights.coverage import Coverage
from biz_insights.reports.reading import WEEK, Answer, Row


@dataclass(frozen=True)
class Period:
    """Sales from `first` to `last` in one currency, guests in. `days` counts the days with sales.

    Net sales, refunds and orders are None, not zero, when no day has a value.
    """

    first: date
    last: date
    net_sales: Decimal | None
    refund_amount: Decimal | None
    orders: int | None
    days: int

    @property
    def aov(self) -> Decimal | None:
        """Return the net sales per order, or None without orders."""
        return self.net_sales / self.orders if self.net_sales is not None and self.orders else None


@dataclass(frozen=True)
class Comparison:
    """A period and an earlier one of the same length.

    Attributes:
        this, before: the two periods with all their days.
        compared, compared_before: the two periods with only the days that have sales in both; changes are computed
            from these.
        coverage: the number of these days, out of the days with sales in either period.
        comparable: whether the data covers the whole earlier period.
    """

    this: Period
    before: Period
    compared: Period
    compared_before: Period
    coverage: Coverage
    comparable: bool

    @property
    def shown(self) -> bool:
        """Return whether the comparison may be shown."""
        return self.comparable and self.coverage.enough

    @property
    def net_sales_change(self) -> float | None:
        """Return the change of net sales, as a share of the earlier period.

        None, as for the other changes, when the earlier value is not above zero or the comparison is not shown.
        """
        return self._change(self.compared.net_sales, self.compared_before.net_sales)

    @property
    def orders_change(self) -> float | None:
        """Return the change of orders, as a share of the earlier period."""
        return self._change(self.compared.orders, self.compared_before.orders)

    @property
    def aov_change(self) -> float | None:
        """Return the change of net sales per order, as a share of the earlier period."""
        return self._change(self.compared.aov, self.compared_before.aov)

    def _change(self, this: Decimal | int | None, before: Decimal | int | None) -> float | None:
        if not self.shown or this is None or before is None or before <= 0:
            return None
        return float((Decimal(this) - before) / before)


@dataclass(frozen=True)
class SalesDay:
    """One day of the chain with its expected values (means of the last 8 same weekdays, see `mart_sales_trends`).

    Attributes:
        orders: None for a day without sales.
        status: `anomaly_status` of `mart_sales_trends`, or `no_sales`.
        z: distance of the orders from the expected orders, in standard deviations.
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
        """Return the net sales per order, or None without orders."""
        return self.net_sales / self.orders if self.net_sales is not None and self.orders else None


@dataclass(frozen=True)
class StoreWeek:
    """A week (Monday to Sunday) of a store whose number of orders is an anomaly. `z` is as in `SalesDay`."""

    restaurant_id: str
    first: date
    last: date
    net_sales: Decimal | None
    orders: int
    expected_net_sales: float | None
    expected_orders: float | None
    z: float


@dataclass(frozen=True)
class SalesFigures:
    """Sales of one currency.

    Attributes:
        day, week: comparisons of the last day and the last 7 days with those a week before.
        days: the last 7 days, oldest first, also those without sales.
        odd_weeks: anomalies among the weeks of stores that ended in these days.
        judged_weeks: how many such weeks were judged; None when they could not be read.
    """

    currency: str
    day: Comparison
    week: Comparison
    days: tuple[SalesDay, ...]
    odd_weeks: tuple[StoreWeek, ...]
    judged_weeks: int | None

    @property
    def today(self) -> SalesDay:
        """Return the day of the report."""
        return self.days[-1]

    @property
    def odd_days(self) -> tuple[SalesDay, ...]:
        """Return the days that are anomalies."""
        return tuple(day for day in self.days if day.is_anomaly)

    @property
    def judged_days(self) -> int:
        """Return how many days the mart judged, including ordinary ones."""
        return sum(day.status == "judged" for day in self.days)


def sales_figures(currency: str, as_of: date, days: Sequence[Row], weeks: Answer) -> SalesFigures | None:
    """Return the figures of one currency, or None when none of the 14 days has sales.

    Args:
        currency: the currency.
        as_of: the day of the report.
        days: rows of SALES_DAYS, of any currency.
        weeks: the answer to STORE_WEEKS, of any currency.
    """
    by_day = {row["period_start"]: row for row in days if row["currency"] == currency}
    if not by_day:
        return None
    data_from = next(iter(by_day.values()))["first_day"]

    def compared(length: int) -> Comparison:
        return _comparison(by_day, as_of, length, data_from)

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


def _comparison(by_day: dict[date, Row], last: date, length: int, data_from: date) -> Comparison:
    """Compare the `length` days that end with `last` with the same weekdays a week before."""
    back = timedelta(days=WEEK)
    days = [last - timedelta(days=n) for n in range(length)]
    sold = {day for day, row in by_day.items() if row["net_sales"] is not None}
    either = [day for day in days if day in sold or day - back in sold]
    both = [day for day in either if day in sold and day - back in sold]
    return Comparison(
        this=_period(by_day, days, days),
        before=_period(by_day, [day - back for day in days], [day - back for day in days]),
        compared=_period(by_day, days, both),
        compared_before=_period(by_day, [day - back for day in days], [day - back for day in both]),
        coverage=Coverage(len(both), len(either)),
        comparable=data_from <= days[-1] - back,
    )


def _period(by_day: dict[date, Row], days: Sequence[date], counted: Sequence[date]) -> Period:
    """Return the days (newest first) as a period. Only the days in `counted` are added up."""
    rows = [by_day[day] for day in counted if day in by_day]
    return Period(
        first=days[-1],
        last=days[0],
        net_sales=_total(rows, "net_sales"),
        refund_amount=_total(rows, "refund_amount"),
        orders=sum(row["orders"] for row in rows) if rows else None,
        days=len(rows),
    )


def _total(rows: Sequence[Row], name: str) -> Decimal | None:
    amounts = [row[name] for row in rows if row[name] is not None]
    return sum(amounts, Decimal(0)) if amounts else None


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
