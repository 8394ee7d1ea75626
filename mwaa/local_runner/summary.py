"""The summary at the end of `make run`. Every figure in it is read from the published tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3

from biz_insights.gold.definition import tables_of
from biz_insights.identity import run_slug
from biz_insights.settings import Settings
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.silver_tables import ROW_LEDGER, SILVER_TABLES
from mwaa.local_runner.queries import Reader

STAGES = (
    "load_source_database",
    "extract",
    "bronze",
    "silver",
    "facts",
    "scores",
    "marts",
    "views",
    "release",
    "report",
)


@dataclass(frozen=True)
class Outcome:
    """A finished run.

    Attributes:
        run_id: the id of the daily DAG's run.
        process_date: its day, `YYYY-MM-DD`.
        rows: the rows of each table, see `row_counts`.
        seconds: seconds by stage; `all` is the wall time.
    """

    run_id: str
    process_date: str
    rows: dict[str, int]
    seconds: dict[str, float]


def row_counts(settings: Settings, process_date: str) -> dict[str, int]:
    """Return rows by table: the current batch in bronze, all of silver and facts, the day in marts."""
    day = f"as_of_date = DATE '{process_date}'"
    counted = {name: f" WHERE batch_id = ({_newest_batch(name)})" for name in BRONZE_TABLES}
    counted |= {name: "" for name in SILVER_TABLES if name != ROW_LEDGER.name}
    for table in (*tables_of("facts"), *tables_of("marts")):
        counted[table.name] = f" WHERE {day}" if table.partition == "as_of_date" else ""
    statement = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS row_count FROM {name}{where}" for name, where in counted.items()
    )
    found = dict(Reader(settings).rows(statement)[1])
    return {name: found[name] for name in counted}


def summarise(settings: Settings, outcome: Outcome) -> str:
    """Return the text that is printed at the end."""
    lake = Reader(settings)
    example, *_ = tables_of("marts")
    return "\n".join(
        [
            "",
            f"Published, as of {outcome.process_date}",
            *_published_lines(lake, outcome),
            "",
            *_ledger_lines(lake),
            *_quarantine_lines(lake),
            "",
            *_sales_lines(lake, outcome.process_date),
            *_quality_lines(settings, outcome),
            "",
            *_row_lines(outcome.rows),
            "",
            _seconds_line(outcome.seconds),
            "",
            "Next",
            "  make query SQL='select * from v_location_ranking limit 5'",
            f"  make query SQL='select count(*) from {example.name}'",
            "  make dashboard      the dashboards over what is published",
            "  make airflow        the Airflow UI: trigger, clear, look at each task",
            "  make run DATE=…     another day; a second run of the same day publishes nothing",
            "",
        ]
    )


def _newest_batch(table: str) -> str:
    """Return a query for the batch of a table's last publish; a batch's name does not tell its age."""
    return f"""SELECT max_by("partition", published_at) FROM publish_history WHERE table_name = '{table}'"""


def _row_lines(rows: dict[str, int]) -> list[str]:
    width = max(map(len, rows), default=0)
    return [f"  {name:<{width}}{count:>12,} rows" for name, count in rows.items()]


def _published_lines(lake: Reader, outcome: Outcome) -> list[str]:
    _, found = lake.rows(
        "SELECT count(DISTINCT table_name), count(*) FROM publish_history "
        f"WHERE run = '{run_slug(outcome.run_id)}' AND table_name <> 'row_ledger'",
    )
    tables, partitions = found[0]
    if not partitions:
        return ["  nothing new: the source, the code and the day have been published before"]
    return [f"  {partitions:,} partitions of {tables} tables are new or changed"]


def _ledger_lines(lake: Reader) -> list[str]:
    """Return the newest ledger: each source row, with its money, is accepted or quarantined."""
    newest = f"FROM row_ledger WHERE batch_id = ({_newest_batch('row_ledger')})"
    _, found = lake.rows(
        f"SELECT source_table, source_rows, accepted_rows, quarantined_rows, test_rows {newest} ORDER BY 1"
    )
    lines = [f"  {'ledger, rows':<22}{'source':>14} = {'accepted':>14} + {'quarantined':>13}"]
    for table, source_rows, accepted, quarantined, tests in found:
        note = f"   ({tests:,} of them test orders' lines)" if tests else ""
        lines.append(f"  {table:<22}{source_rows:>14,} = {accepted:>14,} + {quarantined:>13,}{note}")
    _, found = lake.rows(
        "SELECT source_table, source_amount, accepted_amount, quarantined_amount "
        f"{newest} AND source_amount IS NOT NULL ORDER BY 1"
    )
    lines.append("  ledger, money")
    for table, source, accepted, quarantined in found:
        lines.append(f"  {table:<22}{source:>14,.2f} = {accepted:>14,.2f} + {quarantined:>13,.2f}")
    _, found = lake.rows(
        "SELECT negative_lines, negative_lines_explained, negative_lines_rule "
        f"{newest} AND source_table = 'order_items'"
    )
    return [*lines, *(_negative_line(*row) for row in found if row[0])]


def _negative_line(count: int, explained: int, rule: str) -> str:
    treated = "counted as refunds" if rule == "refund" else "quarantined"
    return (
        f"  {count:,} negative lines are {treated}; {explained:,} belong to an item or order that was also sold\n"
        "  (the setting negative_lines decides: refund, quarantine, or auto)"
    )


def _quarantine_lines(lake: Reader) -> list[str]:
    """Return the quarantined rows by reason; a row with two reasons counts twice."""
    _, found = lake.rows(
        "SELECT source_table, entry.reason, count(*) FROM quarantine "
        "CROSS JOIN UNNEST(reasons) AS entry (reason) GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2",
    )
    lines = [f"  {table:<22}{rows:>14,}   {reason}" for table, reason, rows in found]
    return ["  quarantined rows by reason", *lines] if lines else []


def _sales_lines(lake: Reader, process_date: str) -> list[str]:
    _, found = lake.rows(
        "SELECT currency, sum(net_sales), sum(refund_amount), sum(orders), count(DISTINCT restaurant_id) "
        "FROM gold_daily_sales_by_store "
        f"WHERE order_date <= DATE '{process_date}' GROUP BY currency ORDER BY 2 DESC",
    )
    return [
        f"  net sales     {net:>16,.2f} {currency}   {_many(orders, 'order')}, {_many(stores, 'store')}"
        + (f", {refunds:,.2f} refunded" if refunds else "")
        for currency, net, refunds, orders, stores in found
    ]


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _quality_lines(settings: Settings, outcome: Outcome) -> list[str]:
    s3 = boto3.client("s3", region_name=settings.region)
    key = f"quality/run={run_slug(outcome.run_id)}/quality_report.json"
    report: dict[str, Any] = json.loads(s3.get_object(Bucket=settings.lake_bucket, Key=key)["Body"].read())
    if not report.get("checkpoints"):
        return ["  quality       nothing was built, so nothing was audited"]
    return [f"  quality       {report['score']:>16.1f} of 100   gate {settings.quality_gate:.0f}"]


def _seconds_line(seconds: dict[str, float]) -> str:
    stages = "  ".join(f"{stage} {seconds[stage]:.0f}" for stage in STAGES if stage in seconds)
    return f"  seconds       {stages}  all {seconds['all']:.0f}"
