"""Extract: which day a run is for, and whether an export contains all rows of the source."""

from __future__ import annotations

import logging
import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_schema.source_tables import SOURCE_TABLES

log = logging.getLogger(__name__)


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


def tables_to_export(database: str) -> list[str]:
    """Return the source tables as RDS names them in ExportOnly: `database.schema.table`."""
    return [f"{database}.{table.landing_folder}" for table in SOURCE_TABLES]


def check_export(session: Any, settings: Settings, export_id: str) -> str:
    """Check that every source table is in the export; return the address of the exported database's folder.

    RDS can skip tables and still say COMPLETE. It shows this in `WarningMessage`, in the tables-info file, or only by
    a missing folder. What it says of other tables does not count.

    Raises:
        PermanentError: the export skipped something of a source table, or lacks one.
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
    warning = task.get("WarningMessage") or ""
    if missing or any(_names(warning, table.name) for table in SOURCE_TABLES):
        raise _incomplete(export_id, f"{task['Status']} but lacks {', '.join(missing) or 'part of the data'}", warning)
    unknown = _tables_without_status(session, settings, export_id, files)
    if warning and unknown:
        raise _incomplete(export_id, f"{task['Status']} but does not say so of {', '.join(unknown)}", warning)
    if warning:
        log.warning("export %s: about other tables than the source tables, RDS says: %s", export_id, warning)
    return landing


def _names(warning: str, table: str) -> bool:
    """Return whether a warning names a table, and not only a longer name."""
    return re.search(rf"(?<!\w){re.escape(table)}(?!\w)", warning, re.IGNORECASE) is not None


def _incomplete(export_id: str, finding: str, warning: str) -> PermanentError:
    return PermanentError(
        f"export {export_id} says {finding}{f' (RDS: {warning})' if warning else ''}; "
        "fix the cause and clear extract.create_snapshot"
    )


def _tables_without_status(session: Any, settings: Settings, export_id: str, files: list[str]) -> list[str]:
    """Return the source tables that `export_tables_info_*.json` does not list.

    Raises:
        PermanentError: it lists a source table with another status than COMPLETE.
    """
    unlisted = set(tables_to_export(settings.source_database))
    for uri in files:
        if "/export_tables_info_" not in uri:
            continue
        for table in s3.get_json(session, uri).get("perTableStatus", ()):
            if table.get("target") not in tables_to_export(settings.source_database):
                continue
            unlisted.discard(table["target"])
            if table.get("status") != "COMPLETE":
                raise PermanentError(
                    f"export {export_id}: table {table['target']} is {table.get('status')} "
                    f"({table.get('warningMessage') or 'no reason given'}); clear extract.create_snapshot"
                )
    return sorted(unlisted)


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
