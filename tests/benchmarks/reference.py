"""The reference: the work of one first load as plain DuckDB SQL over the same exported Parquet files.

It types, quarantines and sums what the silver job does, then runs the gold SQL itself, all days at once.
No fingerprints, no audit, no publish: what is left is the arithmetic. The scores, which no SQL could give, are
left empty.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from biz_insights.gold.definition import date_literal, gold_tables
from biz_insights.gold.plan import select
from biz_schema.score_tables import LOYALTY_EFFECTS, PREDICTIONS
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb
from tests.dags.gold.harness import SILVER as TABLES_OF_JOBS
from tests.dags.gold.harness import partition_values

SILVER = """
CREATE TABLE raw_lines AS
SELECT *, trim(order_id) AS oid, trim(lineitem_id) AS lid,
    try_cast(item_price AS DECIMAL(18, 4)) AS price,
    (price < 0 OR item_quantity < 0) AS is_refund,
    (creation_time_utc::TIMESTAMPTZ AT TIME ZONE 'UTC') AS created_at,
    (creation_time_utc::TIMESTAMPTZ AT TIME ZONE 'America/Chicago') AS local_time
FROM read_parquet('{landing}/public.order_items/**/*.parquet');
CREATE TABLE accepted AS
SELECT * FROM raw_lines
WHERE lid IS NOT NULL AND oid IS NOT NULL AND item_quantity <> 0 AND (price <> 0 OR item_quantity > 0)
QUALIFY row_number() OVER (PARTITION BY oid, lid ORDER BY id DESC) = 1;
CREATE TABLE option_lines AS
SELECT o.*, o.option_price::DECIMAL(18, 4) * o.option_quantity AS option_amount
FROM read_parquet('{landing}/public.order_item_options/**/*.parquet') o
SEMI JOIN accepted a ON a.oid = o.order_id AND a.lid = o.lineitem_id;
CREATE TABLE option_sums AS
SELECT order_id, lineitem_id,
    coalesce(sum(option_amount) FILTER (WHERE option_amount > 0), 0) AS revenue,
    -coalesce(sum(option_amount) FILTER (WHERE option_amount < 0), 0) AS discount
FROM option_lines GROUP BY 1, 2;
CREATE TABLE biz_insights.silver_order_items AS
SELECT a.id AS source_id, app_name, restaurant_id, created_at, hour(local_time)::INTEGER AS order_hour,
    oid AS order_id, lid AS lineitem_id, user_id, printed_card_number, is_loyalty, upper(currency) AS currency,
    item_category, item_category AS item_category_source, trim(item_name) AS item_name,
    lower(trim(item_name)) AS item_key, price AS item_price,
    if(is_refund, -abs(item_quantity), item_quantity)::BIGINT AS item_quantity,
    if(is_refund, -abs(price), price) AS item_amount,
    if(is_refund, 0, coalesce(s.revenue, 0))::DECIMAL(18, 4) AS options_revenue,
    if(is_refund, 0, price + coalesce(s.revenue, 0))::DECIMAL(18, 4) AS gross_sales,
    if(is_refund, 0, coalesce(s.discount, 0))::DECIMAL(18, 4) AS discount_amount,
    if(is_refund, abs(price) + coalesce(s.revenue, 0) - coalesce(s.discount, 0), 0)::DECIMAL(18, 4) AS refund_amount,
    (gross_sales - discount_amount - refund_amount)::DECIMAL(18, 4) AS net_sales,
    is_refund, app_name ILIKE '%DEVELOPMENT%' AS is_test, 'b' AS batch_id, local_time::DATE AS order_date
FROM accepted a LEFT JOIN option_sums s ON s.order_id = a.oid AND s.lineitem_id = a.lid;
CREATE TABLE biz_insights.silver_order_item_options AS
SELECT o.id AS source_id, o.order_id, o.lineitem_id, option_group_name, option_name,
    option_price::DECIMAL(18, 4) AS option_price, option_quantity::BIGINT AS option_quantity, option_amount,
    'b' AS batch_id, i.order_date
FROM option_lines o JOIN biz_insights.silver_order_items i USING (order_id, lineitem_id);
CREATE TABLE biz_insights.silver_date_dim AS
SELECT d AS calendar_date, year(d)::INTEGER AS year, month(d)::INTEGER AS month, week(d)::INTEGER AS week,
    dayname(d) AS day_of_week, isodow(d) >= 6 AS is_weekend, is_holiday, holiday_name,
    false AS is_generated, 'b' AS batch_id
FROM (SELECT *, strptime(date_key, '%d-%m-%Y')::DATE AS d
      FROM read_parquet('{landing}/public.date_dim/**/*.parquet'));
"""


def run(landing: Path, process_date: str, output: Path) -> dict[str, float]:
    """Run the reference; return seconds by stage (silver, facts, marts) and net sales.

    Args:
        landing: folder of the exported database (`public.<table>` below it).
        process_date: as-of date of the marts.
        output: folder for the Parquet files that it writes, as the pipeline does.
    """
    output.mkdir(parents=True, exist_ok=True)
    connection = macros.connect()
    connection.execute("SET TimeZone = 'UTC'; SET threads = 2")
    seconds = {}
    connection.execute("CREATE SCHEMA biz_insights")
    for scores in (PREDICTIONS, LOYALTY_EFFECTS):
        columns = ", ".join(f"{name} {kind}" for name, kind in TABLES_OF_JOBS[scores.name].items())
        connection.execute(f"CREATE TABLE biz_insights.{scores.name} ({columns})")
    began = time.monotonic()
    connection.execute(SILVER.format(landing=landing))
    for table in ("silver_order_items", "silver_order_item_options"):
        connection.execute(
            f"COPY biz_insights.{table} TO '{output / table}' (FORMAT parquet, PARTITION_BY (order_date))"
        )
    seconds["silver"] = time.monotonic() - began
    found = connection.execute(
        f"SELECT DISTINCT order_date::VARCHAR FROM biz_insights.silver_order_items "
        f"WHERE order_date <= {date_literal(process_date)}"
    ).fetchall()
    days = sorted(day for (day,) in found)
    for kind in ("facts", "marts"):
        began = time.monotonic()
        for table in gold_tables().values():
            if table.kind == kind:
                values = partition_values(table.partition, process_date, days)
                query = select(table, values, "biz_insights")
                connection.execute(to_duckdb(f"CREATE TABLE biz_insights.{table.name} AS {query}"))
                connection.execute(
                    f"COPY biz_insights.{table.name} TO '{output / table.name}' "
                    f"(FORMAT parquet, PARTITION_BY ({table.partition}))"
                )
        seconds[kind] = time.monotonic() - began
    ((net,),) = connection.execute("SELECT sum(net_sales) FROM biz_insights.gold_daily_sales_by_store").fetchall()
    return {**seconds, "net_sales": float(net)}


if __name__ == "__main__":
    import json

    result = run(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
    # Kilobytes on Linux.
    result["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(result))
