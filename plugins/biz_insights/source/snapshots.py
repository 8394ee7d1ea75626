"""What the tries of a run leave in RDS: snapshots, which cost money while they exist, and unfinished exports."""

from __future__ import annotations

import logging
from typing import Any

from airflow.exceptions import AirflowException
from botocore.exceptions import BotoCoreError, ClientError

from biz_insights.identity import attempt_pattern

log = logging.getLogger(__name__)

UNFINISHED = ("STARTING", "IN_PROGRESS")


def cancel_exports(rds: Any, run_id: str) -> list[str]:
    """Cancel the unfinished exports of every try of a run. Return their names."""
    mine = attempt_pattern(run_id)
    pages = rds.get_paginator("describe_export_tasks").paginate()
    unfinished = [
        task["ExportTaskIdentifier"]
        for page in pages
        for task in page["ExportTasks"]
        if mine.fullmatch(task["ExportTaskIdentifier"]) and task["Status"] in UNFINISHED
    ]
    for name in unfinished:
        try:
            rds.cancel_export_task(ExportTaskIdentifier=name)
        except ClientError as error:
            # It ended between the two calls.
            if error.response["Error"]["Code"] not in ("InvalidExportTaskStateFault", "InvalidExportTaskState"):
                raise
        log.warning("export %s of an earlier try is cancelled", name)
    return unfinished


def delete_snapshots(rds: Any, instance: str, run_id: str) -> list[str]:
    """Delete the snapshots of every try of a run, however the try ended. Return their names.

    Raises:
        AirflowException: RDS refused to delete some of them; the others are deleted.
    """
    mine = attempt_pattern(run_id)
    pages = rds.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=instance, SnapshotType="manual")
    names = [
        snapshot["DBSnapshotIdentifier"]
        for page in pages
        for snapshot in page["DBSnapshots"]
        if mine.fullmatch(snapshot["DBSnapshotIdentifier"]) and snapshot["Status"].lower() != "deleting"
    ]
    refused: list[str] = []
    for name in names:
        try:
            rds.delete_db_snapshot(DBSnapshotIdentifier=name)
        except rds.exceptions.DBSnapshotNotFoundFault:
            log.info("snapshot %s is deleted already", name)
        except (ClientError, BotoCoreError) as error:
            refused.append(f"{name}: {error}")
    if refused:
        raise AirflowException(
            f"{len(refused)} snapshot(s) of this run could not be deleted and are billed until they are, first "
            f"{refused[0]}; clear extract.delete_snapshots, or delete them in RDS"
        )
    return names
