"""An export task: a snapshot's tables as Parquet files and two info files in S3, in RDS's layout.

<prefix>/<task>/<database>/<schema.table>/1/part-00000-<uuid>.gz.parquet
<prefix>/<task>/export_info_<task>.json
<prefix>/<task>/export_tables_info_<task>_from_1_to_<n>.json
"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.rds.rds_snapshot import TableCopy, read_manifest

_GIB = 1024**3


@dataclass
class ExportTask:
    """One task: what DescribeExportTasks answers from. It is plain data, so that it survives a restart."""

    identifier: str
    source_arn: str
    snapshot_time: datetime
    bucket: str
    prefix: str
    iam_role_arn: str
    kms_key_arn: str
    export_only: list[str]
    status: str = "STARTING"
    percent_progress: int = 0
    extracted_bytes: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    failure_cause: str | None = None
    warning_message: str | None = None

    @property
    def finished(self) -> bool:
        """Whether the task has ended."""
        return self.status in ("COMPLETE", "FAILED", "CANCELED")

    def as_response(self) -> dict[str, Any]:
        """Return RDS's ExportTask structure. TotalExtractedDataInGB is a whole number, so small exports show 0."""
        shown = {
            "ExportTaskIdentifier": self.identifier,
            "SourceArn": self.source_arn,
            "SourceType": "SNAPSHOT",
            "ExportOnly": self.export_only or None,
            "SnapshotTime": self.snapshot_time,
            "TaskStartTime": self.started,
            "TaskEndTime": self.ended,
            "S3Bucket": self.bucket,
            "S3Prefix": self.prefix,
            "IamRoleArn": self.iam_role_arn,
            "KmsKeyId": self.kms_key_arn,
            "Status": self.status,
            "PercentProgress": self.percent_progress,
            "TotalExtractedDataInGB": self.extracted_bytes // _GIB,
            "FailureCause": self.failure_cause,
            "WarningMessage": self.warning_message,
        }
        return {key: value for key, value in shown.items() if value is not None}


@dataclass
class ExportRun:
    """Runs one task; setting `cancelled` stops it before its next file."""

    task: ExportTask
    layout: StateLayout
    snapshot_folder: Path
    cancelled: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Write the export; the task's status is then COMPLETE, FAILED or CANCELED."""
        task = self.task
        task.started = datetime.now(UTC)
        task.status = "IN_PROGRESS"
        try:
            self._export()
        except InterruptedError:
            task.status = "CANCELED"
        except (OSError, ValueError) as error:
            task.failure_cause = f"{error}"
            task.status = "FAILED"
        finally:
            task.ended = datetime.now(UTC)

    def _export(self) -> None:
        task = self.task
        database, tables = read_manifest(self.snapshot_folder)
        wanted = select_tables(database, tables, task.export_only)
        skipped = self._tables_to_skip() & {table.name for table in wanted}
        folder = self.layout.s3 / task.bucket / task.prefix / task.identifier
        if folder.exists():
            raise ValueError(
                f"s3://{task.bucket}/{task.prefix}/{task.identifier}/ is not empty: use another export task identifier"
            )
        total = sum(table.bytes for table in wanted) or 1
        statuses = []
        for table in wanted:
            if table.name in skipped:
                statuses.append(_table_status(database, table, "SKIPPED", datetime.now(UTC)))
                continue
            begun = datetime.now(UTC)
            self._copy(table, folder / database / table.name / "1")
            task.extracted_bytes += table.bytes
            task.percent_progress = min(99, 100 * task.extracted_bytes // total)
            statuses.append(_table_status(database, table, "COMPLETE", begun))
        if skipped:
            task.warning_message = f"The following tables were skipped: {', '.join(sorted(skipped))}"
        tables_info = folder / f"export_tables_info_{task.identifier}_from_1_to_{len(statuses)}.json"
        _write_json(tables_info, {"perTableStatus": statuses})
        task.percent_progress = 100
        _write_json(folder / f"export_info_{task.identifier}.json", self._export_info())
        task.status = "COMPLETE"

    def _copy(self, table: TableCopy, target: Path) -> None:
        target.mkdir(parents=True)
        for number, part in enumerate(table.parts):
            if self.cancelled.is_set():
                raise InterruptedError
            name = f"part-{number:05d}-{uuid.uuid4()}.gz.parquet"
            shutil.copyfile(self.snapshot_folder / table.name / part, target / name)
        (target / "_success").touch()

    def _tables_to_skip(self) -> set[str]:
        listing = self.layout.skipped_export_tables
        return set(listing.read_text().split()) if listing.exists() else set()

    def _export_info(self) -> dict[str, Any]:
        task = self.task
        return {
            "exportTaskIdentifier": task.identifier,
            "sourceArn": task.source_arn,
            "exportOnly": task.export_only,
            "snapshotTime": _text(task.snapshot_time),
            "taskStartTime": _text(task.started),
            "taskEndTime": _text(datetime.now(UTC)),
            "s3Bucket": task.bucket,
            "s3Prefix": task.prefix,
            "exportedFilesPath": f"{task.prefix}/{task.identifier}".lstrip("/"),
            "iamRoleArn": task.iam_role_arn,
            "kmsKeyId": task.kms_key_arn,
            "status": "COMPLETE",
            "percentProgress": 0,
            "totalExportedDataInGB": task.extracted_bytes / _GIB,
            "warningMessage": task.warning_message,
        }


def select_tables(database: str, tables: list[TableCopy], export_only: list[str]) -> list[TableCopy]:
    """Return the tables that ExportOnly names; all tables without it.

    An entry of ExportOnly is `database`, `database.schema` or `database.schema.table`.

    Raises:
        ValueError: an entry matches no table.
    """
    if not export_only:
        return tables
    chosen: dict[str, TableCopy] = {}
    for entry in export_only:
        matching = [t for t in tables if f"{database}.{t.name}.".startswith(f"{entry}.")]
        if not matching:
            raise ValueError(
                f"ExportOnly '{entry}' matches no table of the snapshot; its tables are "
                + ", ".join(f"{database}.{table.name}" for table in tables)
            )
        chosen.update({table.name: table for table in matching})
    return list(chosen.values())


def _table_status(database: str, table: TableCopy, status: str, begun: datetime) -> dict[str, Any]:
    mappings = [
        {
            "columnName": column.name,
            "originalType": column.original_type,
            "expectedExportedType": column.exported_type,
            "originalCharMaxLength": 0,
            "originalNumPrecision": 0,
            "originalDateTimePrecision": 0,
        }
        for column in table.columns
    ]
    result: dict[str, Any] = {
        "tableStatistics": {
            "extractionStartTimeMillis": int(begun.timestamp() * 1000),
            "extractionEndTimeMillis": int(datetime.now(UTC).timestamp() * 1000),
            "partitioningInfo": {"numberOfPartitions": 1, "numberOfCompletedPartitions": int(status == "COMPLETE")},
        },
        "schemaMetadata": {"originalTypeMappings": mappings},
        "status": status,
        "sizeGB": table.bytes / _GIB if status == "COMPLETE" else 0.0,
        "target": f"{database}.{table.name}",
    }
    if status == "SKIPPED":
        result["warningMessage"] = "The table could not be exported and was skipped"
    return result


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(sep=" ", timespec="milliseconds") if moment else None
