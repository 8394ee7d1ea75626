"""Customers: aggregates over the customer marts, and pages of single customers. Never a whole customer mart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from streamlit_dashboard.warehouse.loads import load, present, select, state

VALUE = "mart_customer_lifetime_value"
SEGMENTS = "mart_customer_segments"
CHURN = "mart_churn_indicators"
PAGE_ROWS = 50

STATUSES = (
    "model_status", "model_reason", "value_status", "value_reason", "value_interval_status", "model", "model_version",
)  # fmt: skip
"""The same for all customers of a currency: how reliable their predictions are."""

VALUE_BANDS = (10, 25, 50, 100, 250, 500, 1000)
"""Upper ends, in currency units, of the bands of net sales to date; the last band has none."""

SILENCE_BANDS = (0.5, 1, 2, 3, 5, 10)
"""Upper ends, in multiples of the customer's mean gap, of the bands of silence."""


def _as_of(mart: str) -> dict[str, Any]:
    return {"as_of": state().as_of_date(mart)}


def value_summary() -> pd.DataFrame:
    """Return one row a currency: customers, their net sales, and what the model expects of them, if there is one."""
    optional = {
        "p_alive": "SUM(p_alive) AS expected_alive",
        "p_order_90": "SUM(p_order_90) AS expected_customers_90",
        **{
            f"expected_value_{h}": f"SUM(expected_value_{h}) AS expected_value_{h},"
            f" COUNT(expected_value_{h}) AS customers_with_expected_value_{h}"
            for h in (30, 90, 365)
        },
        **{name: f"MAX({name}) AS {name}" for name in STATUSES},
    }
    extra = "".join(f", {optional[name]}" for name in present(VALUE, optional))
    return load(
        VALUE,
        "SELECT currency, COUNT(*) AS customers, SUM(orders) AS orders, SUM(net_sales) AS net_sales,"
        " SUM(net_sales_last_365d) AS net_sales_last_365d, COUNT_IF(orders_last_90d > 0) AS customers_last_90d,"
        f" COUNT_IF(repeat_active_days > 0) AS returning_customers{extra}"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s GROUP BY currency ORDER BY customers DESC",
        _as_of(VALUE),
    )


def value_bands() -> pd.DataFrame:
    """Return customers and net sales by band of net sales to date, if that is known; `band` counts from 0."""
    cases = " ".join(f"WHEN net_sales < {upper} THEN {i}" for i, upper in enumerate(VALUE_BANDS))
    return load(
        VALUE,
        f"SELECT currency, CASE {cases} ELSE {len(VALUE_BANDS)} END AS band, COUNT(*) AS customers,"
        " SUM(net_sales) AS net_sales, SUM(orders) AS orders"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s AND net_sales IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(VALUE),
    )


def value_concentration() -> pd.DataFrame:
    """Return net sales by hundredth of the customers, most valuable first (equal amounts are in one hundredth)."""
    return load(
        VALUE,
        "WITH ranked AS (SELECT currency, net_sales, net_sales_rank, COUNT(*) OVER (PARTITION BY currency) AS everyone"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s AND net_sales IS NOT NULL)"
        " SELECT currency, CAST((net_sales_rank - 1) * 100 / everyone AS BIGINT) AS hundredth,"
        " COUNT(*) AS customers, SUM(net_sales) AS net_sales FROM ranked GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(VALUE),
    )


def value_cohorts() -> pd.DataFrame:
    """Return customers by the quarter of their first order: what they brought so far, how many still order."""
    return load(
        VALUE,
        "SELECT currency, DATE_TRUNC('quarter', first_order_date) AS cohort, COUNT(*) AS customers,"
        " SUM(net_sales) AS net_sales, SUM(orders) AS orders, COUNT_IF(repeat_active_days > 0) AS returning_customers,"
        " COUNT_IF(orders_last_90d > 0) AS customers_last_90d"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(VALUE),
    )


def value_deciles() -> pd.DataFrame:
    """Return customers by decile of expected value; no rows if this version of the mart has no prediction."""
    means = ("expected_value_365", "value_365_p10", "value_365_p90", "p_alive", "p_order_365")
    there = present(VALUE, ("ltv_decile", *means))
    if "ltv_decile" not in there:
        return pd.DataFrame({"currency": []})
    averaged = "".join(f", AVG({name}) AS {name}" for name in there if name in means)
    return load(
        VALUE,
        "SELECT currency, ltv_decile, COUNT(*) AS customers, SUM(net_sales) AS net_sales,"
        f" SUM(expected_value_365) AS expected_value_365_all{averaged}"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s AND ltv_decile IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2 DESC",
        _as_of(VALUE),
    )


def segments() -> pd.DataFrame:
    """Return customers, net sales and habits by segment."""
    return load(
        SEGMENTS,
        "SELECT currency, segment, COUNT(*) AS customers, SUM(orders) AS orders, SUM(net_sales) AS net_sales,"
        " AVG(CAST(days_since_last_order AS DOUBLE)) AS days_since_last_order,"
        " AVG(CAST(stores_visited AS DOUBLE)) AS stores_visited, AVG(weekend_order_share) AS weekend_order_share,"
        " AVG(favourite_restaurant_order_share) AS favourite_restaurant_order_share"
        f" FROM {SEGMENTS} WHERE as_of_date = %(as_of)s GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(SEGMENTS),
    )


def recency_by_frequency() -> pd.DataFrame:
    """Customers and net sales by recency and frequency score."""
    return load(
        SEGMENTS,
        "SELECT currency, r_score, f_score, COUNT(*) AS customers, SUM(net_sales) AS net_sales"
        f" FROM {SEGMENTS} WHERE as_of_date = %(as_of)s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        _as_of(SEGMENTS),
    )


def favourites(
    what: Literal["favourite_daypart", "favourite_item_category", "favourite_restaurant_id"],
) -> pd.DataFrame:
    """Customers by segment and by what they choose most often."""
    return load(
        SEGMENTS,
        f"SELECT currency, segment, {what} AS favourite, COUNT(*) AS customers, SUM(net_sales) AS net_sales"
        f" FROM {SEGMENTS} WHERE as_of_date = %(as_of)s AND {what} IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        _as_of(SEGMENTS),
    )


def transitions() -> pd.DataFrame:
    """Moves between segments from month's end to month's end; NotPublishedError where this version has none."""
    table = "gold_segment_transitions"
    return load(table, f"SELECT * FROM {table} WHERE as_of_date = %(as_of)s", _as_of(table))


def churn_summary() -> pd.DataFrame:
    """Customers by churn status (null where this version has none), with what they bought lately."""
    there = present(CHURN, ("churn_status", "value_at_risk", "p_order_90"))
    status = "churn_status" if "churn_status" in there else "CAST(NULL AS VARCHAR) AS churn_status"
    risk = ""
    if "value_at_risk" in there:
        risk = ", SUM(value_at_risk) AS value_at_risk, COUNT(value_at_risk) AS customers_with_value_at_risk"
    expected = ", SUM(p_order_90) AS expected_customers_90" if "p_order_90" in there else ""
    statuses = present(CHURN, ("churn_threshold_status", "churn_threshold_reason", *STATUSES))
    status += "".join(f", MAX({name}) AS {name}" for name in statuses)
    return load(
        CHURN,
        f"SELECT currency, {status}, COUNT(*) AS customers, SUM(net_sales) AS net_sales,"
        " SUM(net_sales_last_90d) AS net_sales_last_90d, SUM(net_sales_previous_90d) AS net_sales_previous_90d,"
        " COUNT_IF(orders_last_90d > 0) AS customers_last_90d,"
        " COUNT_IF(orders_previous_90d > 0) AS customers_previous_90d,"
        " COUNT_IF(orders_previous_90d > 0 AND orders_last_90d = 0) AS stopped,"
        " SUM(IF(orders_previous_90d > 0 AND orders_last_90d = 0, net_sales_previous_90d)) AS stopped_net_sales,"
        f" COUNT_IF(reference_rule_45_days_inactive) AS rule_45{risk}{expected}"
        f" FROM {CHURN} WHERE as_of_date = %(as_of)s GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(CHURN),
    )


def silence_bands() -> pd.DataFrame:
    """Return customers with two active days or more by days since the last order, in multiples of their mean gap."""
    ratio = "days_since_last_order_per_mean_gap"
    cases = " ".join(f"WHEN {ratio} < {upper} THEN {i}" for i, upper in enumerate(SILENCE_BANDS))
    return load(
        CHURN,
        f"SELECT currency, CASE WHEN {ratio} IS NULL THEN -1 {cases} ELSE {len(SILENCE_BANDS)} END AS band,"
        " COUNT(*) AS customers, SUM(net_sales) AS net_sales, COUNT_IF(reference_rule_45_days_inactive) AS rule_45"
        f" FROM {CHURN} WHERE as_of_date = %(as_of)s GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(CHURN),
    )


def quarter_changes() -> pd.DataFrame:
    """Return customers by how their orders of the last 90 days compare with the 90 days before."""
    return load(
        CHURN,
        "SELECT currency, CASE WHEN orders_last_90d = 0 AND orders_previous_90d = 0 THEN 'silent'"
        " WHEN orders_last_90d = 0 THEN 'stopped' WHEN orders_previous_90d = 0 THEN 'began'"
        " WHEN orders_last_90d < orders_previous_90d THEN 'fewer'"
        " WHEN orders_last_90d > orders_previous_90d THEN 'more'"
        " ELSE 'same' END AS moved, COUNT(*) AS customers, SUM(net_sales_last_90d) AS net_sales_last_90d,"
        " SUM(net_sales_previous_90d) AS net_sales_previous_90d"
        f" FROM {CHURN} WHERE as_of_date = %(as_of)s GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(CHURN),
    )


def scores(table: Literal["model_registry", "model_backtests", "churn_backtests"]) -> pd.DataFrame:
    """Return how reliable the predictions are, as of their newest date.

    Raises:
        NotPublishedError: this version of the lake has no such table.
    """
    return load(table, f"SELECT * FROM {table} WHERE as_of_date = %(as_of)s", _as_of(table))


def one_customer(mart: str, app_name: str, user_id: str) -> pd.DataFrame:
    """Return what a mart says about one customer; one row a currency."""
    return load(
        mart,
        f"SELECT * FROM {mart} WHERE as_of_date = %(as_of)s AND app_name = %(app_name)s AND user_id = %(user_id)s",
        {**_as_of(mart), "app_name": app_name, "user_id": user_id},
    )


def order_history(app_name: str, user_id: str) -> pd.DataFrame:
    """Return the days on which one customer ordered, oldest first, with the running total."""
    view = "v_customer_ltv_history"
    wanted = ("currency", "order_date", "active_day", "days_since_previous_order", "orders", "net_sales")
    return load(
        view,
        select(view, (*wanted, "running_orders", "running_net_sales"))
        + " WHERE app_name = %(app_name)s AND user_id = %(user_id)s AND order_date <= %(as_of)s"
        " ORDER BY currency, order_date",
        {"app_name": app_name, "user_id": user_id, "as_of": state().as_of},
    )


def customers_page(
    mart: str,
    columns: Sequence[str],
    order: str,
    *,
    where: Mapping[str, str],
    page: int,
    descending: bool = True,
) -> pd.DataFrame:
    """Return one page of single customers. The service makes the page, so the whole mart is never loaded.

    Args:
        columns: columns of the mart to show; those that it does not have are left out.
        order: column to sort by; equal values are sorted by the customer key, so that pages do not overlap.
        where: column → value that it must have.
        page: from 0, of `PAGE_ROWS` rows.

    Raises:
        ValueError: the mart has no such column.
    """
    keys = ("app_name", "user_id", "currency")
    there = present(mart, (*keys, *(name for name in columns if name not in keys)))
    unknown = [name for name in (order, *where) if name not in present(mart, (order, *where))]
    if unknown:
        raise ValueError(f"{mart} has no column {unknown[0]!r}")
    conditions = "".join(f" AND {name} = %(where_{name})s" for name in where)
    direction = "DESC NULLS LAST" if descending else "ASC NULLS LAST"
    return load(
        mart,
        f"SELECT {', '.join(there)} FROM {mart} WHERE as_of_date = %(as_of)s{conditions}"
        f" ORDER BY {order} {direction}, app_name, user_id, currency"
        f" OFFSET {int(page) * PAGE_ROWS} LIMIT {PAGE_ROWS}",
        {**_as_of(mart), **{f"where_{name}": value for name, value in where.items()}},
    )
