"""Extract: which day a run is for, and whether an export contains all rows of the source."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_schema.source_tables import SOURCE_TABLES


def resolve_process_date(wanted: str | None, run_after: datetime, business_timezone: str) -> str:
    """Return the last complete day that the run is for, `YYYY-MM-DD`.

    Args:
        wanted: the DAG parameter; None means the local day before the run.
        run_after: when the run may start (timezone-aware).
        business_timezone: IANA name.

    Raises:
        PermanentError: the text is not a date, or the day is not over yet.
    """
    today = run_after.astimezone(ZoneInfo(business_timezone)).date()
    if not wanted:
        return (today - timedelta(days=1)).isoformat()
    try:
        day = date.fromisoformat(wanted)
    except ValueError as error:
        raise PermanentError(f"process_date {wanted!r} is not a date; give it as YYYY-MM-DD") from error
    if day >= today:
        raise PermanentError(
            f"process_date {wanted} is not over yet in {business_timezone}; the last complete day is "
            f"{today - timedelta(days=1)}"
        )
    return day.isoformat()


def row_span(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Return the rows of each table before and after the snapshot, as (least, most).

    A source that is written to meanwhile may export any number between them; otherwise both are equal.
    """
    return {table: (min(before[table], after[table]), max(before[table], after[table])) for table in before}


def check_export(session: Any, settings: Settings, export_id: str) -> str:
    """Check that every table is in the export; return the address of the exported database's folder.

    RDS can skip tables and still say COMPLETE. It shows this in `WarningMessage`, or only by a missing folder.

    Raises:
        PermanentError: the export skipped something, or lacks a table.
    """
    task = session.client("rds").describe_export_tasks(ExportTaskIdentifier=export_id)["ExportTasks"][0]
    root = settings.lake_uri(f"landing/{export_id}/")
    landing = f"{root}{settings.source_database}/"
    files = list(s3.list_uris(session, root))
    # RDS writes no Parquet file for a part of a table without rows: an empty table has only its folder.
    missing = [
        table.name
        for table in SOURCE_TABLES
        if not any(
            uri.startswith(f"{landing}{table.landing_folder}/") and (uri.endswith(".parquet") or table.may_be_empty)
            for uri in files
        )
    ]
    warning = task.get("WarningMessage")
    if missing or warning:
        raise PermanentError(
            f"export {export_id} says {task['Status']} but lacks {', '.join(missing) or 'part of the data'}"
            f"{f' (RDS: {warning})' if warning else ''}; fix the cause and clear extract.create_snapshot"
        )
    _check_table_info(session, export_id, files)
    return landing


def _check_table_info(session: Any, export_id: str, files: list[str]) -> None:
    """Check every table's own status in `export_tables_info_*.json`."""
    for uri in files:
        if "/export_tables_info_" not in uri:
            continue
        for table in s3.get_json(session, uri).get("perTableStatus", ()):
            if table.get("status") != "COMPLETE":
                raise PermanentError(
                    f"export {export_id}: table {table.get('target')} is {table.get('status')} "
                    f"({table.get('warningMessage') or 'no reason given'}); clear extract.create_snapshot"
                )


def check_rows(exported: dict[str, int], database: dict[str, tuple[int, int]], export_id: str) -> None:
    """Check that an export contains as many rows as the database counted.

    Raises:
        PermanentError: names the table and both counts.
    """
    for table, (least, most) in database.items():
        rows = exported[table]
        if not least <= rows <= most:
            span = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            raise PermanentError(
                f"export {export_id} carries {rows:,} rows of public.{table}, the database counted {span}; "
                "nothing is published; clear extract.create_snapshot to export again"
            )
