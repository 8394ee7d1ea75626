"""The queries of the report: one statement for each subject, on published tables. None reads order lines.

Bound values: `as_of` is the day of the report, `week_from` and `fortnight_from` are the first of the 7 and of the 14
days that end with it, `week_before` is the day 7 days earlier, and `batch` is the published batch of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass

TOP_ITEMS = 10
LARGEST_MOVES = 10
FAILURES_SHOWN = 30


@dataclass(frozen=True)
class Query:
    """A statement with the table and the columns that it needs. It is not sent when one of them is missing."""

    table: str
    needs: tuple[str, ...]
    sql: str


SALES_DAYS = Query(
    "mart_sales_trends",
    (
        "refund_amount",
        "expected_net_sales",
        "expected_orders",
        "anomaly_z",
        "is_anomaly",
        "anomaly_status",
        "holiday_name",
    ),
    """
WITH days AS (
    SELECT
        currency, period_start, net_sales, refund_amount, orders, expected_net_sales, expected_orders, anomaly_z,
        is_anomaly, anomaly_status, holiday_name, MIN(period_start) OVER (PARTITION BY currency) AS first_day
    FROM mart_sales_trends
    WHERE as_of_date = %(as_of)s AND level = 'chain' AND period_type = 'day'
)
SELECT * FROM days WHERE period_start BETWEEN %(fortnight_from)s AND %(as_of)s ORDER BY currency, period_start
""",
)
"""The chain's last 14 days by currency. A day without sales has no row. `first_day` is the first day with data."""

STORE_WEEKS = Query(
    "mart_sales_trends",
    ("expected_net_sales", "expected_orders", "anomaly_z", "is_anomaly"),
    """
SELECT currency, level_key AS restaurant_id, period_start, period_end, net_sales, orders, expected_net_sales,
    expected_orders, anomaly_z, is_anomaly
FROM mart_sales_trends
WHERE as_of_date = %(as_of)s AND level = 'store' AND period_type = 'week' AND anomaly_status = 'judged'
    AND period_end BETWEEN %(week_from)s AND %(as_of)s
ORDER BY currency, ABS(anomaly_z) DESC, level_key
""",
)
"""Weeks of stores that ended in the last 7 days and have an anomaly status of judged."""

TOP_ITEMS_OF_WEEK = Query(
    "gold_item_sales_by_day",
    ("item_key", "item_name", "items", "net_sales"),
    f"""
WITH totals AS (
    SELECT
        currency, item_category, item_key,
        MAX_BY(item_name, CAST(order_date AS VARCHAR) || item_name) AS item_name,
        COALESCE(SUM(net_sales) FILTER (WHERE order_date >= %(week_from)s), 0) AS net_sales,
        SUM(net_sales) FILTER (WHERE order_date < %(week_from)s) AS net_sales_before,
        CAST(COALESCE(SUM(items) FILTER (WHERE order_date >= %(week_from)s), 0) AS BIGINT) AS items
    FROM gold_item_sales_by_day
    WHERE order_date BETWEEN %(fortnight_from)s AND %(as_of)s
    GROUP BY currency, item_category, item_key
),
ranked AS (
    SELECT
        *,
        RANK() OVER (PARTITION BY currency ORDER BY net_sales DESC) AS net_sales_rank,
        SUM(net_sales) OVER (PARTITION BY currency) AS all_net_sales
    FROM totals
    WHERE items <> 0 OR net_sales <> 0
)
SELECT * FROM ranked WHERE net_sales_rank <= {TOP_ITEMS} ORDER BY currency, net_sales_rank, item_category, item_key
""",
)
"""The items with the most net sales of the last 7 days in each currency, and their net sales of the 7 days before."""

STORES_OF_WEEK = Query(
    "gold_daily_sales_by_store",
    ("net_sales", "net_sales_squared", "orders"),
    """
SELECT
    currency, restaurant_id, SUM(net_sales) AS net_sales, CAST(SUM(orders) AS BIGINT) AS orders,
    COUNT(DISTINCT order_date) AS open_days,
    SUM(CAST(net_sales_squared AS DECIMAL(38, 4))) AS net_sales_squared
FROM gold_daily_sales_by_store
WHERE order_date BETWEEN %(week_from)s AND %(as_of)s
GROUP BY currency, restaurant_id
ORDER BY currency, net_sales DESC, restaurant_id
""",
)
"""The last 7 days of each store. A store without sales in them has no row."""

STORES_TO_DATE = Query(
    "mart_location_performance",
    ("aov_shrunk", "aov_low", "aov_high", "aov_rank_low", "aov_rank_high", "aov_status"),
    """
SELECT currency, restaurant_id, aov_shrunk, aov_low, aov_high, aov_rank_low, aov_rank_high, aov_status
FROM mart_location_performance
WHERE as_of_date = %(as_of)s AND period_type = 'all'
ORDER BY currency, restaurant_id
""",
)
"""The estimate of each store's lasting net sales per order, and its rank, both with intervals."""

CHURN = Query(
    "mart_churn_indicators",
    (
        "churn_status",
        "churn_threshold_status",
        "churn_threshold_reason",
        "model_status",
        "model_reason",
        "p_alive_status",
        "value_status",
        "value_reason",
        "value_at_risk",
    ),
    """
SELECT
    as_of_date, currency, churn_status, churn_threshold_status, model_status, value_status, churn_threshold_reason,
    model_reason, p_alive_status, value_reason, COUNT(*) AS customers,
    SUM(CAST(value_at_risk AS DECIMAL(38, 6))) AS value_at_risk
FROM mart_churn_indicators
WHERE as_of_date IN (%(as_of)s, %(week_before)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6
""",
)
"""Customers by churn status on the day, and 7 days earlier if that day was published."""

SEGMENT_MOVES = Query(
    "gold_segment_transitions",
    ("from_customers", "transition_rate", "transition_rate_low", "transition_rate_high"),
    """
WITH moves AS (
    SELECT *, MAX(to_month_end) OVER (PARTITION BY currency) AS last_month_end
    FROM gold_segment_transitions
    WHERE as_of_date = %(as_of)s
)
SELECT
    currency, from_month_end, to_month_end, from_segment, to_segment, customers, from_customers, transition_rate,
    transition_rate_low, transition_rate_high
FROM moves
WHERE to_month_end = last_month_end AND customers > 0
ORDER BY currency, customers DESC, from_segment, to_segment
""",
)
"""Moves between segments over the last whole month, including customers who stayed and new customers."""

CHECKPOINTS = Query(
    "data_quality_results",
    ("severity", "success", "checkpoint_score", "checkpoint_blocked"),
    """
WITH newest AS (
    SELECT checkpoint, MAX_BY(run, checked_at) AS run
    FROM data_quality_results
    WHERE process_date <= %(as_of)s AND NOT checkpoint_blocked
    GROUP BY checkpoint
)
SELECT
    results.checkpoint, MAX(results.process_date) AS process_date, MAX(results.checkpoint_score) AS score,
    results.severity, COUNT(*) AS expectations, COUNT_IF(NOT results.success) AS failed
FROM data_quality_results AS results
INNER JOIN newest ON newest.checkpoint = results.checkpoint AND newest.run = results.run
GROUP BY results.checkpoint, results.severity
ORDER BY results.checkpoint, results.severity
""",
)
"""The newest run of each checkpoint that did not block: the published data passed it."""

FAILED_EXPECTATIONS = Query(
    "data_quality_results",
    ("table_name", "rule_name", "severity", "observed", "unexpected_count", "why", "fix", "checkpoint_blocked"),
    f"""
WITH newest AS (
    SELECT checkpoint, MAX_BY(run, checked_at) AS run
    FROM data_quality_results
    WHERE process_date <= %(as_of)s AND NOT checkpoint_blocked
    GROUP BY checkpoint
)
SELECT results.checkpoint, results.table_name, results.rule_name, results.severity, results.observed,
    results.unexpected_count, results.why, results.fix
FROM data_quality_results AS results
INNER JOIN newest ON newest.checkpoint = results.checkpoint AND newest.run = results.run
WHERE NOT results.success
ORDER BY CASE results.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, results.checkpoint,
    results.table_name, results.rule_name
LIMIT {FAILURES_SHOWN}
""",
)
"""Expectations that failed in those runs without blocking them, the most severe first."""

LEDGER = Query(
    "row_ledger",
    (
        "source_rows",
        "accepted_rows",
        "quarantined_rows",
        "source_amount",
        "accepted_amount",
        "quarantined_amount",
        "negative_lines_rule",
        "negative_lines",
        "negative_lines_explained",
    ),
    """
SELECT source_table, source_rows, accepted_rows, quarantined_rows, source_amount, accepted_amount, quarantined_amount,
    negative_lines_rule, negative_lines, negative_lines_explained
FROM row_ledger WHERE batch_id = %(batch)s ORDER BY source_table
""",
)
"""Source rows of the published batch by table, and their amounts of money (null for a table without money)."""

QUARANTINE = Query(
    "quarantine",
    ("reasons",),
    """
SELECT source_table, reason, COUNT(*) AS quarantined_rows
FROM quarantine
CROSS JOIN UNNEST(reasons) AS listed (reason)
WHERE batch_id = %(batch)s
GROUP BY source_table, reason
ORDER BY quarantined_rows DESC, source_table, reason
""",
)
"""Quarantined rows of that batch by reason. A row with two reasons counts for both."""

QUERIES: dict[str, Query] = {
    "sales_days": SALES_DAYS,
    "store_weeks": STORE_WEEKS,
    "top_items": TOP_ITEMS_OF_WEEK,
    "stores": STORES_OF_WEEK,
    "stores_to_date": STORES_TO_DATE,
    "churn": CHURN,
    "segment_moves": SEGMENT_MOVES,
    "checkpoints": CHECKPOINTS,
    "failed_expectations": FAILED_EXPECTATIONS,
    "ledger": LEDGER,
    "quarantine": QUARANTINE,
}
