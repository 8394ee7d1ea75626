"""The published rows, to compute what a page must show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from streamlit_dashboard.formats import money
from tests.streamlit_dashboard.lake import LAST_DAY

Row = dict[str, Any]


class Marts:
    """The published rows, to compute with."""

    def __init__(self, tables: dict[str, pa.Table]) -> None:
        self._tables = tables

    def rows(self, mart: str, currency: str = "USD", **where: Any) -> list[Row]:
        """Return the rows with these values."""
        wanted = {"currency": currency, **where}
        rows = self._tables[mart].to_pylist()
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def trend(self, first: date = date.min, last: date = LAST_DAY, **where: Any) -> list[Row]:
        """Rows of the sales trends whose periods begin in these days, oldest first."""
        rows = self.rows("mart_sales_trends", **{"level": "chain", "period_type": "day", **where})
        return sorted(
            (row for row in rows if first <= row["period_start"] <= last), key=lambda row: row["period_start"]
        )

    def loyalty(self, metric: str, first: date = date.min, last: date = LAST_DAY) -> list[Row]:
        """One metric by month, oldest first."""
        rows = self.rows("mart_loyalty_impact", metric=metric, period_type="month")
        return sorted(
            (row for row in rows if first <= row["period_start"] <= last), key=lambda row: row["period_start"]
        )


def last_days(days: int) -> date:
    """The first of so many days that end with the last."""
    return LAST_DAY - timedelta(days=days - 1)


def total(rows: Iterable[Row], currency: str = "USD", amount: str = "net_sales") -> str:
    """The sum of an amount, as it is written."""
    return money(sum(row[amount] for row in rows), currency)


def points(rows: Iterable[Row], amount: str = "net_sales", day: str = "period_start") -> list[list[Any]]:
    """A line over the rows' days."""
    return [[row[day].isoformat(), None if row[amount] is None else float(row[amount])] for row in rows]


def by_day(rows: Iterable[Row], amount: str) -> list[list[Any]]:
    """A line over the days of the rows, the amounts of a day added up."""
    days: dict[str, Any] = {}
    for row in rows:
        days[row["order_date"].isoformat()] = days.get(row["order_date"].isoformat(), 0) + row[amount]
    return [[day, float(net)] for day, net in sorted(days.items())]


def greatest(rows: Iterable[Row], amount: str) -> list[str]:
    """The users with the most, as the first page of a list has them."""
    found = sorted(rows, key=lambda row: (row[amount] is None, -(row[amount] or 0), row["app_name"], row["user_id"]))
    return [row["user_id"] for row in found]
