"""Operations tables: what the pipeline checked and what it published."""

from __future__ import annotations

from biz_schema.lake_tables import LakeColumn, LakeTable
from biz_schema.severities import SEVERITIES

DATA_QUALITY_RESULTS = LakeTable(
    name="data_quality_results",
    about="One row for each expectation of every checkpoint.",
    grain=("run", "checkpoint", "table_name", "rule_name"),
    columns={
        "process_date": LakeColumn("date", "the day the run was for"),
        "checked_at": LakeColumn("timestamp", "when the checkpoint ran, UTC"),
        "table_name": LakeColumn("string", "table (and suite) that was audited"),
        "candidate": LakeColumn("string", "name of the build in the build database"),
        "rule_name": LakeColumn("string", "name of the expectation in its suite"),
        "expectation": LakeColumn("string", "Great Expectations type"),
        "column_name": LakeColumn("string", "column or columns it looks at"),
        "severity": LakeColumn("string", f"{', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}"),
        "success": LakeColumn("boolean", "whether the expectation passed"),
        "observed": LakeColumn("string", "observed value, as JSON"),
        "unexpected_count": LakeColumn("bigint", "rows that break it"),
        "unexpected_percent": LakeColumn("double", "the same in per cent"),
        "samples": LakeColumn("array<string>", "up to five offending rows or values, as JSON"),
        "error": LakeColumn("string", "why it could not be evaluated; counts as a critical failure"),
        "why": LakeColumn("string", "why the expectation is there"),
        "fix": LakeColumn("string", "who fixes a failure, and how"),
        "checkpoint_score": LakeColumn("double", "score of the whole checkpoint, 0 to 100"),
        "checkpoint_blocked": LakeColumn("boolean", "whether the publish was blocked"),
        "run": LakeColumn("string", "partition: the DAG run"),
        "checkpoint": LakeColumn("string", "partition: bronze, silver or the gold table"),
    },
    partition_keys=("run", "checkpoint"),
)

PUBLISH_HISTORY = LakeTable(
    name="publish_history",
    about="Every partition that a release changed. Rows are only added.",
    grain=("release", "table_name", "partition"),
    columns={
        "release": LakeColumn("bigint", "number of the release"),
        "table_name": LakeColumn("string", "the table"),
        "partition": LakeColumn("string", "partition value; empty for a table without partitions"),
        "change": LakeColumn("string", "added, replaced or removed"),
        "old_location": LakeColumn("string", "prefix it pointed to before; empty when added"),
        "new_location": LakeColumn("string", "prefix it points to since; empty when removed"),
        "fingerprint": LakeColumn("string", "fingerprint of what was published (of what was removed)"),
        "process_date": LakeColumn("string", "the latest published day at that time"),
        "published_at": LakeColumn("timestamp", "when readers were switched to it, UTC"),
        "run": LakeColumn("string", "the DAG run"),
        "month": LakeColumn("string", "partition: the month of the release, UTC, YYYY-MM"),
    },
    partition_keys=("month",),
)

CURRENT_RELEASE = LakeTable(
    name="current_release",
    about="The release that readers see: one row.",
    grain=("release",),
    columns={
        "release": LakeColumn("bigint", "number of the release"),
        "slot": LakeColumn("string", "a or b: the database that holds its tables"),
        "run": LakeColumn("string", "the DAG run that made it"),
        "process_date": LakeColumn("date", "the latest published day"),
        "released_at": LakeColumn("timestamp", "when readers were switched to it, UTC"),
        "batch_id": LakeColumn("string", "the source batch that silver was built from"),
        "snapshot_at": LakeColumn("timestamp", "when the snapshot of that batch was taken, UTC"),
    },
)

OPERATIONS_TABLES = {table.name: table for table in (DATA_QUALITY_RESULTS, PUBLISH_HISTORY, CURRENT_RELEASE)}
