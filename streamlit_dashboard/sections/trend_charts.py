"""Cards of the page Sales trends: net sales, orders and net sales per order over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from streamlit_dashboard import charts, formats
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column

MART = "mart_sales_trends"
EXPECTED_UP_TO = 120
"""Days up to which the expected line, which goes up and down each week, can be told from the others."""

COLUMNS = (
    Column("period_start", "From", "date"),
    Column("period_end", "To", "date"),
    Column("net_sales", "Net sales", "money"),
    Column("gross_sales", "Gross sales", "money"),
    Column("discount_amount", "Discounts", "money"),
    Column("refund_amount", "Refunds", "money"),
    Column("orders", "Orders", "count"),
    Column("aov", "Net sales per order", "money"),
    Column("net_sales_mean_7d", "Mean of 7 days", "money"),
    Column("expected_net_sales", "Expected", "money"),
    Column("net_sales_year_ago_weekday", "364 days before", "money"),
    Column("net_sales_yoy_weekday", "Change", "share"),
    Column("open_days", "Days with sales", "count"),
    Column("open_days_year_ago_weekday", "364 days before, days", "count"),
    Column("net_sales_previous_week", "Week before", "money"),
    Column("net_sales_week_over_week", "Change on week", "share"),
    Column("open_days_previous_week", "Week before, days", "count"),
    Column("holiday_name", "Holiday"),
)


@dataclass(frozen=True)
class Trend:
    """What the page shows: periods of the chain, of one store or of one category.

    Attributes:
        filters: the page's filters.
        rows: one row of the mart for each period shown, oldest first.
        level: `chain`, `store` or `category`.
        period: `day`, `week` or `month`.
        currency: currency of every amount.
        as_of: the last day counted.
        name: the chain, store or category, as titles name it.
    """

    filters: Filters
    rows: pd.DataFrame
    level: str
    period: str
    currency: str
    as_of: date
    name: str

    def columns(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Return the columns of a table. Single days do not need a number of days with sales."""
        return tuple(column for column in columns if self.period != "day" or not column.name.startswith("open_days"))


def net_sales(trend: Trend) -> None:
    """Draw net sales with the lines to compare them with."""
    show(
        Card(
            key="net-sales",
            title=f"Net sales of {trend.name} by {trend.period}",
            unit=f"{trend.currency} a {trend.period}",
            denominator="guests in; a day without sales has no point",
            source=MART,
            as_of=trend.as_of,
            rows=trend.rows,
            columns=trend.columns(COLUMNS),
            needs=("net_sales",),
            currency=trend.currency,
            figure=lambda: charts.over_time(_lines(trend), "money", trend.currency, height=380),
            filters=trend.filters.active,
        )
    )


def orders(trend: Trend) -> None:
    """Draw the number of orders."""
    rows = trend.rows
    show(
        Card(
            key="orders",
            title=f"Orders of {trend.name} by {trend.period}",
            unit=f"orders a {trend.period}",
            denominator="guests in" + ("; orders that contain the category" if trend.level == "category" else ""),
            source=MART,
            as_of=trend.as_of,
            rows=rows,
            columns=_named("period_start", "period_end", "orders"),
            figure=lambda: charts.over_time([Series("Orders", rows["period_start"], rows["orders"])], "count"),
            filters=trend.filters.active,
        )
    )


def net_sales_per_order(trend: Trend) -> None:
    """Draw the mean order."""
    rows = trend.rows
    of_category = "; the category's part of orders that contain it" if trend.level == "category" else ""
    show(
        Card(
            key="aov",
            title=f"Net sales per order of {trend.name} by {trend.period}",
            unit=f"{trend.currency} an order",
            denominator=f"guests in{of_category}",
            source=MART,
            as_of=trend.as_of,
            rows=rows,
            columns=_named("period_start", "period_end", "net_sales", "orders", "aov"),
            currency=trend.currency,
            figure=lambda: charts.over_time(
                [Series("Net sales per order", rows["period_start"], rows["aov"], colour=charts.TEAL)],
                "money",
                trend.currency,
            ),
            filters=trend.filters.active,
        )
    )


def _named(*names: str) -> tuple[Column, ...]:
    return tuple(column for column in COLUMNS if column.name in names)


def _lines(trend: Trend) -> list[Series]:
    """Return net sales and what to compare them with, as far as this version of the mart has it."""
    rows, by_day = trend.rows, trend.period == "day"
    x = rows["period_start"]
    lines = [Series("Net sales", x, rows["net_sales"], width=1.2 if by_day else 2.2)]
    if by_day and "net_sales_mean_7d" in rows:
        mean = rows["net_sales_mean_7d"]
        lines.append(Series("Mean of 7 days", x, mean, colour=charts.ORANGE, dash="solid", width=2.6))
    if "expected_net_sales" in rows and (not by_day or len(rows) <= EXPECTED_UP_TO):
        lines.append(Series("Expected", x, rows["expected_net_sales"], colour=charts.TEAL, dash="dash"))
    if "is_anomaly" in rows:
        odd = rows[rows["is_anomaly"].fillna(False).astype(bool)]
        lines.append(Series("Out of the ordinary", odd["period_start"], odd["net_sales"], "points", charts.PURPLE))
    return [*lines, *(_holiday_marks(rows, trend.currency) if by_day else ())]


def _holiday_marks(rows: pd.DataFrame, currency: str) -> Iterable[Series]:
    holidays = rows[rows["holiday_name"].notna()] if "holiday_name" in rows else rows[:0]
    if len(holidays):
        named = zip(holidays["holiday_name"], holidays["net_sales"], strict=True)
        hover = [f"{charts.text(name)}: {formats.money(value, currency)}" for name, value in named]
        yield Series("Holiday", holidays["period_start"], holidays["net_sales"], "points", charts.GOLD, hover=hover)
