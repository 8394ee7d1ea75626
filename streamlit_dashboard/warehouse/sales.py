"""Sales, stores, items, loyalty and prices: whole marts of the newest as-of date, a load for each that pages share."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from streamlit_dashboard.warehouse.loads import load, select, state

Level = Literal["chain", "store", "category"]
Period = Literal["day", "week", "month"]

TRENDS = "mart_sales_trends"
TRENDS_COLUMNS = (
    "level_key",
    "currency",
    "period_start",
    "period_end",
    "is_whole_period",
    "open_days",
    "net_sales",
    "orders",
    "aov",
    "net_sales_mean_7d",
    "net_sales_previous_week",
    "net_sales_week_over_week",
    "net_sales_year_ago_weekday",
    "net_sales_yoy_weekday",
    "net_sales_year_ago_calendar",
    "net_sales_yoy_calendar",
    "is_holiday",
    "holiday_name",
    "expected_net_sales",
    "expected_orders",
    "anomaly_z",
    "is_anomaly",
    "anomaly_status",
)


def trends(level: Level, period: Period) -> pd.DataFrame:
    """Sales of the chain, each store or each category by day, week or month, oldest first."""
    return load(
        TRENDS,
        select(TRENDS, TRENDS_COLUMNS)
        + " WHERE as_of_date = %(as_of)s AND level = %(level)s AND period_type = %(period)s"
        + " ORDER BY level_key, currency, period_start",
        {"as_of": state().as_of_date(TRENDS), "level": level, "period": period},
    )


def daily_sales_by_store() -> pd.DataFrame:
    """Orders and net sales of each store and day, with their loyalty and guest parts."""
    wanted = (
        "restaurant_id",
        "currency",
        "order_date",
        "orders",
        "net_sales",
        "guest_orders",
        "loyalty_orders",
        "loyalty_net_sales",
        "non_loyalty_orders",
        "non_loyalty_net_sales",
        "discount_amount",
    )
    view = "v_daily_sales_by_store"
    return load(
        view,
        select(view, wanted) + " WHERE order_date <= %(as_of)s ORDER BY restaurant_id, order_date",
        {"as_of": state().as_of},
    )


def whole_mart(mart: str) -> pd.DataFrame:
    """Every column of a mart that is an aggregate (never of a customer mart), as of its newest date."""
    return load(mart, f"SELECT * FROM {mart} WHERE as_of_date = %(as_of)s", {"as_of": state().as_of_date(mart)})


def locations() -> pd.DataFrame:
    """Stores by month, year and since the beginning."""
    return whole_mart("mart_location_performance")


def loyalty() -> pd.DataFrame:
    """Loyalty metrics by month, year and since the beginning."""
    return whole_mart("mart_loyalty_impact")


def pricing() -> pd.DataFrame:
    """Attach rates, options revenue and discounts of the chain, stores and items."""
    return whole_mart("mart_pricing_and_discounts")


def top_items() -> pd.DataFrame:
    """The fifty items with the most net sales in the last 30 published days."""
    return load("v_top_items_30d", "SELECT * FROM v_top_items_30d ORDER BY currency, net_sales_rank")
