"""The tasks of the extract: export the source database to S3, and count its rows before and after the snapshot."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.rds import RdsCreateDbSnapshotOperator
from airflow.sdk import task

from biz_insights.dag.defaults import AWS
from biz_insights.dag.rds_waits import AwaitRdsExport, AwaitRdsSnapshot, StartRdsExport
from biz_insights.dag.templates import ATTEMPT, EXPORT_ID, SNAPSHOT_ARN, SNAPSHOT_ID

log = logging.getLogger(__name__)


@task
def resolve_process_date(params: dict[str, Any], dag_run: Any) -> str:
    """Return the day that this run is for."""
    from biz_insights.settings import load_settings
    from biz_insights.source.export import resolve_process_date as resolve

    return resolve(params["process_date"], dag_run.run_after, load_settings().business_timezone)


@task(multiple_outputs=False)
def count_source(process_date: str, params: dict[str, Any]) -> dict[str, int]:
    """Return the row count of each source table now. Fail when the source is not up to date for the day."""
    from biz_insights.settings import load_settings
    from biz_insights.source import database, freshness

    settings = load_settings()
    with database.connect(settings) as connection:
        count = database.count_source(connection, settings.business_timezone)
        found = database.days_with_orders(connection, count, process_date, settings.business_timezone)
    for finding in count.findings:
        log.warning(finding)
    database.require_day(count, process_date)
    freshness.require_orders(found, process_date, settings, accept_no_orders=bool(params["accept_no_orders"]))
    return count.rows


@task
def check_export(export_id: str) -> str:
    """Check that every table is in the export, and return the export's address."""
    from biz_insights.aws import session
    from biz_insights.settings import load_settings
    from biz_insights.source import export

    settings = load_settings()
    return export.check_export(session.session(settings), settings, export_id)


@task(multiple_outputs=False, trigger_rule="all_done")
def delete_snapshots(dag_run: Any) -> list[str]:
    """Cancel the unfinished exports of this run and delete its snapshots, those of failed tries, too.

    It also runs after a failure. The data is in the export by then, or a new try takes another snapshot.
    """
    from biz_insights.aws import session
    from biz_insights.settings import load_settings
    from biz_insights.source import snapshots

    settings = load_settings()
    rds = session.client("rds", settings)
    snapshots.cancel_exports(rds, dag_run.run_id)
    return snapshots.delete_snapshots(rds, settings.rds_instance, dag_run.run_id)


@task(multiple_outputs=False)
def row_span(before: dict[str, int], after: dict[str, int]) -> dict[str, list[int]]:
    """Return the least and the most rows that each table had around the snapshot."""
    from biz_insights.source.export import row_span as span

    return {table: list(rows) for table, rows in span(before, after).items()}


def extract() -> dict[str, Any]:
    """Export a snapshot of the source. Return what bronze needs: process date, address and row counts."""
    process_date = resolve_process_date()
    before = count_source.override(task_id="count_before")(process_date)
    after = count_source.override(task_id="count_after")(process_date)
    snapshot = RdsCreateDbSnapshotOperator(
        task_id="create_snapshot",
        db_type="instance",
        db_identifier="{{ settings.rds_instance }}",
        db_snapshot_identifier=ATTEMPT,
        # The provider's hook waits twenty minutes at most, and holds a worker.
        wait_for_completion=False,
        **AWS,
    )
    available = AwaitRdsSnapshot(
        task_id="await_snapshot",
        db_snapshot_identifier=SNAPSHOT_ID,
        timeout=timedelta(hours=6).total_seconds(),
        **AWS,
    )
    export = StartRdsExport(
        task_id="start_export",
        export_task_identifier=ATTEMPT,
        source_arn=SNAPSHOT_ARN,
        s3_bucket_name="{{ settings.lake_bucket }}",
        s3_prefix="landing",
        iam_role_arn="{{ settings.export_role_arn }}",
        kms_key_id="{{ settings.kms_key_id }}",
        **AWS,
    )
    exported = AwaitRdsExport(
        task_id="await_export",
        export_task_identifier=EXPORT_ID,
        timeout=timedelta(hours=6).total_seconds(),
        **AWS,
    )
    landing = check_export(EXPORT_ID)
    # The snapshot is complete when it is available: rows that are written later are not in it.
    before >> snapshot >> available >> after
    available >> export >> exported >> landing >> delete_snapshots()
    return {"process_date": process_date, "landing": landing, "database_rows": row_span(before, after)}
