"""How are sales developing, against last week, last year and what was to be expected?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from biz_insights import labels
from biz_insights.coverage import least_share
from streamlit_dashboard import formats, gross_to_net
from streamlit_dashboard.card import compared, figures
from streamlit_dashboard.filters import Filters, between
from streamlit_dashboard.sections import loyalty_orders, trend_charts, trend_comparisons
from streamlit_dashboard.sections.trend_charts import MART, Trend
from streamlit_dashboard.totals import Comparison, ratio, total
from streamlit_dashboard.warehouse import loads, sales

TITLE = "Sales trends"
ICON = ":material/trending_up:"
SECTION = "Sales"
ORDER = 10

LEVELS = {"chain": "Whole chain", "store": "One store", "category": "One category"}
PERIODS = {"day": "Days", "week": "Weeks", "month": "Months"}


def render() -> None:
    """Draw the page."""
    filters = Filters("trends")
    as_of = loads.state().as_of_date(MART)
    with filters.row():
        of_level, text = ("store", "category"), LEVELS.__getitem__
        level = filters.choice("level", "Show", tuple(LEVELS), "chain", text, width=150, drops=of_level)
        period = filters.choice("period", "By", tuple(PERIODS), "day", PERIODS.__getitem__, width=110)
        everything = sales.trends(level, period)  # type: ignore[arg-type]
        currency = filters.currency(everything)
        rows = everything[everything["currency"] == currency] if currency else everything
        names = _names(level, rows)
        key = _key(filters, level, rows, names)
        kinds = loyalty_orders.KINDS
        kind = filters.choice("loyalty", "Orders", tuple(kinds), "all", kinds.__getitem__, width=150)
        first = rows["period_start"].min().date() if not rows.empty else as_of
        days = filters.dates(first, as_of)
        filters.reset()
    filters.tell()
    name = labels.isolated(names[key]) if key in names else "the chain"
    rows = rows[rows["level_key"] == key]
    trend = Trend(filters, between(rows, "period_start", days), level, period, currency, as_of, name)
    if kind != "all":
        loyalty_orders.show_kind(replace(trend, rows=_days_of_stores(level, key, currency, days)), kind)
        return
    _figures(trend.rows, trend_comparisons.year_before(trend, rows), currency)
    gross_to_net.show(trend.rows, currency)
    trend_charts.net_sales(trend)
    left, right = st.columns(2)
    with left:
        trend_charts.orders(trend)
    with right:
        trend_charts.net_sales_per_order(trend)
    trend_comparisons.year_on_year(trend)
    trend_comparisons.anomalies(trend)
    if period == "day":
        trend_comparisons.holidays(trend)


def _names(level: str, rows: pd.DataFrame) -> Mapping[Any, str]:
    """Return what each store or category is called."""
    if level == "chain":
        return {}
    return sales.store_labels() if level == "store" else labels.names(rows["level_key"].unique())


def _key(filters: Filters, level: str, rows: pd.DataFrame, names: Mapping[Any, str]) -> str:
    """Return which store or category is chosen; the biggest one is first."""
    if level == "chain":
        return "all"
    totals = rows.groupby("level_key")["net_sales"].sum().sort_values(ascending=False)
    keys = [str(key) for key in totals.index]
    if not keys:
        return ""
    if level == "store":
        return filters.choice("store", "Store", keys, keys[0], names.__getitem__)
    return filters.choice("category", "Category", keys, keys[0], names.__getitem__)


def _days_of_stores(level: str, key: str, currency: str, days: tuple[date, date]) -> pd.DataFrame:
    """Return the days of the chain's stores, or of the one chosen, from the view that knows loyalty."""
    if level == "category":
        return pd.DataFrame()
    daily = sales.daily_sales_by_store()
    daily = daily[(daily["currency"] == currency) & ((daily["restaurant_id"] == key) | (level == "chain"))]
    return between(daily, "order_date", days)


def _figures(rows: pd.DataFrame, year_before: Comparison, currency: str) -> None:
    net, orders = total(rows["net_sales"]), total(rows["orders"])
    figures(
        (
            (
                "Net sales",
                formats.money(net, currency),
                "Less discounts and refunds, in the period chosen; guests in.",
            ),
            ("Orders", formats.count(orders), "Orders, guests in. For a category: orders that contain it."),
            ("Net sales per order", formats.money(ratio(net, orders), currency), "Net sales / orders."),
            compared(
                "Against a year before",
                year_before,
                "Same weekdays, 364 days before; months by the calendar. Only periods with sales in both years are "
                f"compared. No change is shown when that is less than {least_share()} of them.",
            ),
        )
    )


render()
