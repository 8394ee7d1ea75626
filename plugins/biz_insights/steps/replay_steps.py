"""Replay: silver is built again from the published bronze batch, and what that changes in the quarantine is reported.

Between the publish of silver and the release, one slot holds the quarantine that readers see and the other the new one.
So the two are compared there, row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.table_parameters import CURRENT_RUN, SNAPSHOT_AT
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.operator_runs import require_release, write_outcome
from biz_insights.steps.report_steps import current_batch
from biz_insights.steps.run_context import RunContext, rows
from biz_insights.steps.silver_steps import plan_silver
from biz_schema.silver_tables import QUARANTINE, ROW_LEDGER, SILVER_ORDER_ITEMS
from biz_schema.source_tables import SOURCE_TABLES

ROWS = ("source_rows", "accepted_rows", "quarantined_rows")
MONEY = ("source_amount", "accepted_amount", "quarantined_amount")

_CHANGE_SQL = """
WITH seen AS (
    SELECT source_table, source_id, reasons FROM {released}.{quarantine}
),
built AS (
    SELECT source_table, source_id, reasons FROM {working}.{quarantine}
),
listed_seen AS (
    SELECT DISTINCT source_table, source_id, entry.reason
    FROM seen CROSS JOIN UNNEST(reasons) AS entry (reason)
    UNION ALL
    SELECT source_table, source_id, '' FROM seen
),
listed_built AS (
    SELECT DISTINCT source_table, source_id, entry.reason
    FROM built CROSS JOIN UNNEST(reasons) AS entry (reason)
    UNION ALL
    SELECT source_table, source_id, '' FROM built
)
SELECT
    COALESCE(s.source_table, b.source_table) AS source_table,
    COALESCE(s.reason, b.reason) AS reason,
    COUNT_IF(b.source_id IS NULL) AS rows_left,
    COUNT_IF(s.source_id IS NULL) AS rows_entered
FROM listed_seen AS s
FULL OUTER JOIN listed_built AS b
    ON s.source_table = b.source_table AND s.source_id = b.source_id AND s.reason = b.reason
WHERE s.source_id IS NULL OR b.source_id IS NULL
GROUP BY 1, 2
ORDER BY 1, 2
"""


def plan_replay(run: RunContext) -> dict[str, Any]:
    """Return the arguments of the silver job: the published batch, compared with every published day.

    Raises:
        PermanentError: nothing is published.
    """
    require_release(run)
    open_lake(run)
    bronze_run = run.working.parameter(SOURCE_TABLES[0].bronze_name, CURRENT_RUN)
    snapshot_at = run.working.parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT)
    if not bronze_run or not snapshot_at:
        raise PermanentError(
            "the published tables do not say which bronze batch silver was built from, because an earlier version "
            "published them; run business_insights_daily once, then replay"
        )
    plan = plan_silver(run, bronze_run, snapshot_at, full_refresh=False, always=True)
    assert plan is not None, "a plan that is always made is made"
    counted = _ledger(run, run.working)
    bounds = {row["source_table"]: [row["database_rows_min"], row["database_rows_max"]] for row in counted}
    return {**plan, "database_rows": bounds}


def compare_quarantine(run: RunContext) -> dict[str, Any]:
    """Return the ledger that readers see, the new one, and the rows that left or entered the quarantine by reason.

    The reason of a row as a whole is empty: such an entry counts rows that left or entered for good.
    """
    open_lake(run)
    changed = rows(run.reader(run.working), change_sql(run.released.database, run.working.database))
    return {"before": _ledger(run, run.released), "after": _ledger(run, run.working), "changed": changed}


def change_sql(released: str, working: str) -> str:
    """Return the statement that counts the rows which left or entered the quarantine, between two databases."""
    return _CHANGE_SQL.format(released=released, working=working, quarantine=QUARANTINE.name)


def report_replay(run: RunContext, compared: Mapping[str, Any], reason: str = "") -> str:
    """Write and return the report of the replay: the ledger before and after, and what left or entered the quarantine.

    Args:
        run: the run.
        compared: what `compare_quarantine` returned.
        reason: report the changes of this reason only; empty reports all.

    Raises:
        PermanentError: a ledger does not add up, or the source rows are not those of before.
    """
    _require_balance(compared["before"], compared["after"])
    return write_outcome(run, replay_text(compared, reason))


def replay_text(compared: Mapping[str, Any], reason: str = "") -> str:
    """Return the report of the replay as text."""
    lines = [
        *_ledger_lines("before", compared["before"]),
        *_ledger_lines("after", compared["after"]),
    ]
    changed = [row for row in compared["changed"] if not reason or row["reason"] == reason]
    if not changed:
        return "\n".join([*lines, "  no row left or entered the quarantine"])
    lines.append(f"  {'rows of the quarantine':<24}{'left':>14}   {'entered':>14}   reason")
    for row in changed:
        what = row["reason"] or "(all together)"
        lines.append(f"  {row['source_table']:<24}{row['rows_left']:>14,}   {row['rows_entered']:>14,}   {what}")
    return "\n".join(lines)


def _ledger(run: RunContext, catalog: Catalog) -> list[dict[str, Any]]:
    """Return the ledger of the batch that silver holds, in JSON types: decimals are texts."""
    names = ("source_table", "database_rows_min", "database_rows_max", *ROWS, *MONEY)
    sql = f"SELECT {', '.join(names)} FROM {ROW_LEDGER.name} WHERE batch_id = %(batch)s ORDER BY source_table"
    found = rows(run.reader(catalog), sql, {"batch": current_batch(catalog)})
    return [{name: str(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in found]


def _require_balance(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> None:
    for when, ledger in (("before", before), ("after", after)):
        for row in ledger:
            source, accepted, quarantined = (row[name] for name in ROWS)
            money = [Decimal(row[name] or 0) for name in MONEY]
            if source != accepted + quarantined or money[0] != money[1] + money[2]:
                raise PermanentError(
                    f"the ledger of {row['source_table']} {when} the replay does not add up: {source} rows are not "
                    f"{accepted} accepted + {quarantined} quarantined, or their money differs; look at row_ledger, "
                    "and at spark_jobs/transforms/ledger.py"
                )
    rows_before = {row["source_table"]: row["source_rows"] for row in before}
    rows_after = {row["source_table"]: row["source_rows"] for row in after}
    if rows_before != rows_after:
        raise PermanentError(
            f"the replay read other source rows ({rows_after}) than were published before ({rows_before}); "
            "clear silver.plan with its downstream tasks"
        )


def _ledger_lines(when: str, ledger: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"  {f'ledger {when}':<24}{'source':>14} = {'accepted':>14} + {'quarantined':>14}"]
    for row in ledger:
        source, accepted, quarantined = (row[name] for name in ROWS)
        lines.append(f"  {row['source_table']:<24}{source:>14,} = {accepted:>14,} + {quarantined:>14,}")
        if row[MONEY[0]] is not None:
            source, accepted, quarantined = (Decimal(row[name]) for name in MONEY)
            lines.append(f"  {'  money':<24}{source:>14,.2f} = {accepted:>14,.2f} + {quarantined:>14,.2f}")
    return lines
