"""The table `publish_history`: every partition that a publish changed, with its old and its new location."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from biz_insights.lake.operations_tables import arrow_schema, record
from biz_insights.lake.publish import Change
from biz_schema.operations_tables import PUBLISH_HISTORY


def record_changes(
    table: str,
    changes: list[Change],
    *,
    run: str,
    process_date: str,
    database: str,
    ops_uri: str,
    session: Any,
) -> None:
    """Record what one publish of one table changed. Record nothing when nothing changed.

    Args:
        table: published table.
        changes: what `publish` returned.
        run: name of the run, valid as a path segment.
        process_date: the day the run was for, `YYYY-MM-DD`.
        database: Glue database that holds `publish_history`.
        ops_uri: `s3://…/ops/`, the prefix below which the rows are written.
        session: boto3 session.
    """
    if not changes:
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [{**asdict(change), "process_date": process_date, "published_at": now} for change in changes]
    record(
        PUBLISH_HISTORY.name,
        rows,
        arrow_schema(PUBLISH_HISTORY),
        {"run": run, "table_name": table},
        database=database,
        ops_uri=ops_uri,
        session=session,
    )
