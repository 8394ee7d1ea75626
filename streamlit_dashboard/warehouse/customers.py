"""Customers: aggregates over the customer marts, and pages of single customers. Never a whole customer mart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from streamlit_dashboard.warehouse.loads import load, present, state

VALUE = "mart_customer_lifetime_value"
SEGMENTS = "mart_customer_segments"
CHURN = "mart_churn_indicators"
PAGE_ROWS = 50

VALUE_BANDS = (10, 25, 50, 100, 250, 500, 1000)
"""Upper ends, in currency units, of the bands of historical value; the last band has none."""


def _as_of(mart: str) -> dict[str, Any]:
    return {"as_of": state().as_of_date(mart)}


def value_summary() -> pd.DataFrame:
    """One row a currency: customers, their net sales, and what the model expects of them where it is there."""
    optional = {
        "p_alive": "SUM(p_alive) AS expected_alive",
        "p_order_90": "SUM(p_order_90) AS expected_customers_90",
        **{f"expected_value_{h}": f"SUM(expected_value_{h}) AS expected_value_{h}" for h in (30, 90, 365)},
        "model_status": "MAX(model_status) AS model_status",
        "model_version": "MAX(model_version) AS model_version",
    }
    extra = "".join(f", {optional[name]}" for name in present(VALUE, optional))
    return load(
        VALUE,
        "SELECT currency, COUNT(*) AS customers, SUM(orders) AS orders, SUM(net_sales) AS net_sales,"
        " SUM(net_sales_last_365d) AS net_sales_last_365d, COUNT_IF(orders_last_90d > 0) AS customers_last_90d,"
        f" COUNT_IF(x > 0) AS returning_customers{extra}"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s GROUP BY currency ORDER BY customers DESC",
        _as_of(VALUE),
    )


def value_bands() -> pd.DataFrame:
    """Customers and net sales by band of historical value; ``band`` counts from 0."""
    cases = " ".join(f"WHEN net_sales < {upper} THEN {i}" for i, upper in enumerate(VALUE_BANDS))
    return load(
        VALUE,
        f"SELECT currency, CASE {cases} ELSE {len(VALUE_BANDS)} END AS band, COUNT(*) AS customers,"
        " SUM(net_sales) AS net_sales, SUM(orders) AS orders"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(VALUE),
    )


def value_concentration() -> pd.DataFrame:
    """Net sales by hundredth of the customers, most valuable first (equal amounts are in one hundredth)."""
    return load(
        VALUE,
        "WITH ranked AS (SELECT currency, net_sales, net_sales_rank, COUNT(*) OVER (PARTITION BY currency) AS everyone"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s)"
        " SELECT currency, CAST((net_sales_rank - 1) * 100 / everyone AS BIGINT) AS hundredth,"
        " COUNT(*) AS customers, SUM(net_sales) AS net_sales FROM ranked GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(VALUE),
    )


def value_cohorts() -> pd.DataFrame:
    """Customers by the quarter of their first order: what they brought so far, how many still come."""
    return load(
        VALUE,
        "SELECT currency, DATE_TRUNC('quarter', first_order_date) AS cohort, COUNT(*) AS customers,"
        " SUM(net_sales) AS net_sales, SUM(orders) AS orders, COUNT_IF(x > 0) AS returning_customers,"
        " COUNT_IF(orders_last_90d > 0) AS customers_last_90d"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(VALUE),
    )


def value_deciles() -> pd.DataFrame:
    """Customers by decile of expected value; empty columns where this version of the mart has no prediction."""
    wanted = ("ltv_decile", "expected_value_365", "value_365_p10", "value_365_p90", "p_alive")
    there = present(VALUE, wanted)
    if "ltv_decile" not in there:
        return pd.DataFrame({"currency": []})
    sums = "".join(f", SUM({name}) AS {name}" for name in there if name not in ("ltv_decile", "p_alive"))
    alive = ", AVG(p_alive) AS p_alive" if "p_alive" in there else ""
    return load(
        VALUE,
        f"SELECT currency, ltv_decile, COUNT(*) AS customers, SUM(net_sales) AS net_sales{sums}{alive}"
        f" FROM {VALUE} WHERE as_of_date = %(as_of)s AND ltv_decile IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
        _as_of(VALUE),
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
    """One page of single customers, paged by the service: the mart itself never comes here.

    Args:
        columns: those of the mart that are shown; the ones it lacks are left out.
        order: column to sort by; the customer key breaks ties, so that pages do not overlap.
        where: column → value that it must have.
        page: from 0, of ``PAGE_ROWS`` rows.

    Raises:
        ValueError: a column is none of the mart's.
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
