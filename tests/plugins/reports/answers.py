"""Rows as the queries return them, for a chain with two stores. The totals can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from biz_insights.reports.queries import QUERIES
from biz_insights.reports.reading import Answer

Row = dict[str, Any]

AS_OF = date(2024, 2, 15)
FIRST_DAY = date(2020, 4, 1)


def back(days: int) -> date:
    """Return the day `days` days before the day of the report."""
    return AS_OF - timedelta(days=days)


def sales_day(days_back: int, net_sales: str, orders: int, currency: str = "USD", **fields: Any) -> Row:
    """Return one row of SALES_DAYS: an ordinary day."""
    row: Row = {
        "currency": currency,
        "period_start": back(days_back),
        "net_sales": Decimal(net_sales),
        "refund_amount": Decimal(0),
        "orders": orders,
        "expected_net_sales": 95.5,
        "expected_orders": 9.5,
        "anomaly_z": 0.4,
        "is_anomaly": False,
        "anomaly_status": "judged",
        "holiday_name": None,
        "first_day": FIRST_DAY,
    }
    return row | fields


def item(name: str, net_sales: str, before: str = "0", currency: str = "USD", **fields: Any) -> Row:
    """Return one row of TOP_ITEMS_OF_WEEK."""
    row: Row = {
        "currency": currency,
        "item_category": "Breakfast",
        "item_key": name.casefold(),
        "item_name": name,
        "net_sales": Decimal(net_sales),
        "net_sales_before": Decimal(before),
        "items": 3,
        "net_sales_rank": 1,
        "all_net_sales": Decimal("400"),
    }
    return row | fields


def store_week(restaurant_id: str, amounts: Sequence[int], currency: str = "USD") -> Row:
    """Return one row of STORES_OF_WEEK for a store with these orders."""
    return {
        "currency": currency,
        "restaurant_id": restaurant_id,
        "net_sales": Decimal(sum(amounts)),
        "orders": len(amounts),
        "open_days": 6,
        "net_sales_squared": Decimal(sum(amount * amount for amount in amounts)),
    }


def store_to_date(restaurant_id: str, **fields: Any) -> Row:
    """Return one row of STORES_TO_DATE."""
    row: Row = {
        "currency": "USD",
        "restaurant_id": restaurant_id,
        "aov_shrunk": 12.5,
        "aov_low": 11.0,
        "aov_high": 14.0,
        "aov_rank_low": 1,
        "aov_rank_high": 2,
        "aov_status": "estimated",
    }
    return row | fields


def churn(status: str | None, customers: int, days_back: int = 0, **fields: Any) -> Row:
    """Return one row of CHURN."""
    row: Row = {
        "as_of_date": back(days_back),
        "currency": "USD",
        "churn_status": status,
        "churn_threshold_status": "backtested",
        "churn_threshold_reason": "the threshold was chosen on 2023-05-01",
        "model_status": "validated",
        "model_reason": "Geometric/NBD is used: it missed by less. MBG/NBD is not: dropout does not differ.",
        "p_alive_status": "estimated",
        "value_status": "validated",
        "value_reason": "it missed by less",
        "customers": customers,
        "value_at_risk": None if status == "churned" else Decimal("12.345678"),
    }
    return row | fields


def move(from_segment: str, to_segment: str, customers: int, of: int | None) -> Row:
    """Return one row of SEGMENT_MOVES."""
    known = of is not None
    return {
        "currency": "USD",
        "from_month_end": date(2023, 12, 31),
        "to_month_end": date(2024, 1, 31),
        "from_segment": from_segment,
        "to_segment": to_segment,
        "customers": customers,
        "from_customers": of,
        "transition_rate": customers / of if of else None,
        "transition_rate_low": 0.1 if known else None,
        "transition_rate_high": 0.4 if known else None,
    }


def checked(checkpoint: str, severity: str, expectations: int, failed: int = 0, score: float = 100.0) -> Row:
    """Return one row of CHECKPOINTS."""
    return {
        "checkpoint": checkpoint,
        "process_date": AS_OF,
        "score": score,
        "severity": severity,
        "expectations": expectations,
        "failed": failed,
    }


def failure(**fields: Any) -> Row:
    """Return one row of FAILED_EXPECTATIONS."""
    row: Row = {
        "checkpoint": "silver",
        "table_name": "silver_order_items",
        "rule_name": "prices_are_not_negative",
        "severity": "warning",
        "observed": None,
        "unexpected_count": 1234,
        "why": "a negative price may be a refund",
        "fix": "data engineer: ask the store",
    }
    return row | fields


def fortnight(currency: str = "USD", step: str = "1.11") -> list[Row]:
    """Return fourteen days: 100 + n × step for the n-th day back, with ten orders each."""
    return [sales_day(n, str(100 + n * Decimal(step)), 10, currency) for n in reversed(range(14))]


def answers(**rows: Sequence[Row] | Answer) -> dict[str, Answer]:
    """Return the answers of all queries: the given rows by name of the query, and no rows for the others."""
    assert rows.keys() <= QUERIES.keys()
    found = {name: rows.get(name, ()) for name in QUERIES}
    return {name: given if isinstance(given, Answer) else Answer(tuple(given)) for name, given in found.items()}


def full(**rows: Sequence[Row] | Answer) -> dict[str, Answer]:
    """Return the answers of a report with rows in every section; `rows` replaces some of them."""
    given: dict[str, Sequence[Row] | Answer] = {
        "sales_days": fortnight(),
        "store_weeks": [],
        "top_items": [item("Bagel", "120.50", "100.00"), item("Tea", "80.00", net_sales_rank=2)],
        "stores": [store_week("5f3214a8cc0a5e0017ab77e1", [10, 14] * 20), store_week("store-b", [8, 12] * 10)],
        "stores_to_date": [store_to_date("5f3214a8cc0a5e0017ab77e1"), store_to_date("store-b")],
        "churn": [churn("active", 60), churn("at_risk", 10), churn("new", 5), churn("churned", 25)],
        "segment_moves": [
            move("Loyal", "Loyal", 50, 60),
            move("Loyal", "At risk", 10, 60),
            move("No order yet", "New", 7, None),
        ],
        "checkpoints": [checked("silver", "critical", 9), checked("silver", "warning", 3, 1, 96.6)],
        "failed_expectations": [failure()],
        "ledger": [
            {
                "source_table": "order_items",
                "source_rows": 903,
                "accepted_rows": 900,
                "quarantined_rows": 3,
                "source_amount": Decimal("9030.50"),
                "accepted_amount": Decimal("9000.25"),
                "quarantined_amount": Decimal("30.25"),
                "negative_lines_rule": "refund",
                "negative_lines": 12,
                "negative_lines_explained": 11,
            },
        ],
        "quarantine": [{"source_table": "order_items", "reason": "duplicate_line", "quarantined_rows": 3}],
    }
    return answers(**(given | rows))
