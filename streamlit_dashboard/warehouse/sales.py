"""Sales, stores, items, loyalty and prices: whole marts of the newest as-of date; pages share their results."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pandas as pd

from biz_insights import labels
from streamlit_dashboard.warehouse.loads import has, load, select, state

Level = Literal["chain", "store", "category"]
Period = Literal["day", "week", "month"]

LOCATIONS = "mart_location_performance"

TRENDS = "mart_sales_trends"
TRENDS_COLUMNS = (
    "level_key",
    "currency",
    "period_start",
    "period_end",
    "is_whole_period",
    "open_days",
    "gross_sales",
    "discount_amount",
    "refund_amount",
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
    "open_days_previous_week",
    "open_days_year_ago_weekday",
    "open_days_year_ago_calendar",
    "is_holiday",
    "holiday_name",
    "expected_net_sales",
    "expected_orders",
    "anomaly_z",
    "is_anomaly",
    "anomaly_status",
    "holiday_effect",
    "holiday_effect_low",
    "holiday_effect_high",
    "holiday_effect_days",
    "holiday_effect_status",
)


def trends(level: Level, period: Period) -> pd.DataFrame:
    """Return sales of the chain, each store or each category by day, week or month, oldest first."""
    return load(
        TRENDS,
        select(TRENDS, TRENDS_COLUMNS)
        + " WHERE as_of_date = %(as_of)s AND level = %(level)s AND period_type = %(period)s"
        + " ORDER BY level_key, currency, period_start",
        {"as_of": state().as_of_date(TRENDS), "level": level, "period": period},
    )


def movers(level: Level, days: int) -> pd.DataFrame:
    """Return net sales of each store or category in the last `days` days, in the days before, and 364 days earlier.

    If it sold nothing in these days, the figure is missing, not zero.
    """
    as_of = state().as_of_date(TRENDS)
    starts = {"this": 0, "before": days, "year_ago": 364}
    bounds = {
        f"{name}_{end}": as_of - timedelta(days=back + (days - 1 if end == "from" else 0))
        for name, back in starts.items()
        for end in ("from", "to")
    }
    sums = ", ".join(
        f"SUM(IF(period_start BETWEEN %({name}_from)s AND %({name}_to)s, {column})) AS {column}_{name}"
        for column in ("net_sales", "orders")
        for name in starts
    )
    return load(
        TRENDS,
        f"SELECT level_key, currency, {sums} FROM {TRENDS}"
        " WHERE as_of_date = %(as_of)s AND level = %(level)s AND period_type = 'day' GROUP BY 1, 2 ORDER BY 1, 2",
        {"as_of": as_of, "level": level, **bounds},
    )


class StoreLabels(dict[str, str]):
    """Label of each store to date. Another store gets a label that none of them has."""

    def __missing__(self, restaurant_id: str) -> str:
        return labels.stores([*self, restaurant_id])[restaurant_id]


def store_labels() -> StoreLabels:
    """Return what each store is called on every page: labels differ among all stores to date."""
    sources = ((LOCATIONS, "restaurant_id", "period_type = 'all'"), (TRENDS, "level_key", "level = 'store'"))
    for table, column, condition in sources:
        if has(table) and table in state().tables:
            rows = load(
                table,
                f"SELECT DISTINCT {column} AS restaurant_id FROM {table}"
                f" WHERE as_of_date = %(as_of)s AND {condition} ORDER BY 1",
                {"as_of": state().as_of_date(table)},
            )
            return StoreLabels(labels.stores(rows["restaurant_id"].dropna()))
    return StoreLabels()


def selling_days() -> pd.DataFrame:
    """Return the days with sales of the chain, by currency; none if the mart of trends is not published."""
    if not has(TRENDS) or TRENDS not in state().tables:
        return pd.DataFrame({"currency": [], "period_start": pd.to_datetime([])})
    rows = trends("chain", "day")
    return rows.loc[rows["open_days"] > 0, ["currency", "period_start"]]


def latest_days() -> pd.DataFrame:
    """Return the latest day with sales of each store."""
    return load(
        TRENDS,
        f"SELECT level_key AS restaurant_id, currency, MAX(period_start) AS last_day FROM {TRENDS}"
        " WHERE as_of_date = %(as_of)s AND level = 'store' AND period_type = 'day' AND open_days > 0"
        " GROUP BY 1, 2 ORDER BY 1",
        {"as_of": state().as_of_date(TRENDS)},
    )


def loyalty_by_day() -> pd.DataFrame:
    """Return net sales and orders of the chain by day, with their loyalty part."""
    view = "v_daily_sales_by_store"
    return load(
        view,
        "SELECT order_date, currency, SUM(net_sales) AS net_sales, SUM(orders) AS orders,"
        " SUM(loyalty_net_sales) AS loyalty_net_sales, SUM(loyalty_orders) AS loyalty_orders"
        f" FROM {view} WHERE order_date <= %(as_of)s GROUP BY 1, 2 ORDER BY 1",
        {"as_of": state().as_of},
    )


def hours_of(restaurant_id: str, days: int = 364) -> pd.DataFrame:
    """Return orders of a store by weekday (1 is Monday) and local hour, over the days that end with the as-of date.

    The column `days` says on how many such weekdays it sold anything.
    """
    as_of = state().as_of
    return load(
        "gold_hourly_sales",
        "WITH hours AS (SELECT DAY_OF_WEEK(order_date) AS weekday, order_date, order_hour, currency, orders, net_sales"
        " FROM gold_hourly_sales WHERE restaurant_id = %(store)s AND order_date BETWEEN %(from)s AND %(to)s),"
        " weekdays AS (SELECT weekday, currency, COUNT(DISTINCT order_date) AS days FROM hours GROUP BY 1, 2)"
        " SELECT hours.weekday, hours.order_hour, hours.currency, weekdays.days, SUM(hours.orders) AS orders,"
        " SUM(hours.net_sales) AS net_sales FROM hours INNER JOIN weekdays"
        " ON weekdays.weekday = hours.weekday AND weekdays.currency = hours.currency"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2",
        {"store": restaurant_id, "from": as_of - timedelta(days=days - 1), "to": as_of},
    )


def price_changes() -> pd.DataFrame:
    """Return lasting price changes, newest first.

    Raises:
        NotPublishedError: this version of the lake has no such table.
    """
    table = "gold_price_changes"
    wanted = ["change_week", "restaurant_id", "currency", "item_category", "item_name", "old_unit_price"]
    wanted += ["new_unit_price", "price_change", "items_before", "items_after", "use_status"]
    return load(
        table,
        select(table, wanted) + " WHERE as_of_date = %(as_of)s ORDER BY change_week DESC LIMIT 500",
        {"as_of": state().as_of_date(table)},
    )


def daily_sales_by_store() -> pd.DataFrame:
    """Return orders and net sales of each store and day, with their loyalty and guest parts."""
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
    """Return every column of a mart as of its newest date; never of a mart with one row a customer."""
    return load(mart, f"SELECT * FROM {mart} WHERE as_of_date = %(as_of)s", {"as_of": state().as_of_date(mart)})


def locations() -> pd.DataFrame:
    """Return stores by month, year and since the beginning."""
    return whole_mart(LOCATIONS)


def loyalty() -> pd.DataFrame:
    """Return loyalty metrics by month, year and since the beginning."""
    return whole_mart("mart_loyalty_impact")


def pricing() -> pd.DataFrame:
    """Return attach rates, options revenue and discounts of the chain, stores and items."""
    return whole_mart("mart_pricing_and_discounts")


def top_items() -> pd.DataFrame:
    """Return the fifty items with the most net sales in the last 30 published days."""
    return load("v_top_items_30d", "SELECT * FROM v_top_items_30d ORDER BY currency, net_sales_rank")
