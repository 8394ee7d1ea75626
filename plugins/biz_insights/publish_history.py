"""The table ``publish_history``: every partition that a publish changed, from where to where."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from biz_insights.lake.publish import Change
from biz_insights.oplog import record

if TYPE_CHECKING:
    from biz_insights.tasks.context import RunContext


def record_changes(run: RunContext, table: str, changes: list[Change]) -> None:
    """Keep what one publish of one table changed; a publish that changed nothing leaves no trace."""
    if not changes:
        return
    import pyarrow as pa

    schema = pa.schema(
        [
            ("partition", pa.string()),
            ("change", pa.string()),
            ("old_location", pa.string()),
            ("new_location", pa.string()),
            ("fingerprint", pa.string()),
            ("process_date", pa.string()),
            ("published_at", pa.timestamp("us")),
        ]
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [{**asdict(change), "process_date": run.process_date, "published_at": now} for change in changes]
    record(
        "publish_history",
        rows,
        schema,
        {"run": run.run, "table_name": table},
        database=run.settings.published_database,
        ops_uri=run.settings.lake_uri("ops/"),
        session=run.session,
    )
