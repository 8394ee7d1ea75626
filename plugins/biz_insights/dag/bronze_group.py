"""The tasks of bronze: the export as text, with one partition for each batch."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from biz_insights.dag.defaults import AWS, NONE_FAILED
from biz_insights.dag.glue_build import GlueBuildOperator
from biz_insights.dag.templates import EXPORT_ID, FORGOTTEN_URI, SNAPSHOT_TIME


@task(trigger_rule=NONE_FAILED)
def audit_bronze(
    process_date: str,
    job_run_id: str,
    database_rows: dict[str, Any],
    export_id: str,
    snapshot_at: str,
) -> str:
    """Compare the row counts with the database, then run the checkpoint. Skip when the batch is published already."""
    from biz_insights.steps import bronze_steps
    from biz_insights.steps.run_context import current

    run = current(process_date)
    bronze_steps.require_exported_rows(run, job_run_id, database_rows, export_id)
    if bronze_steps.is_left_alone(run):
        raise AirflowSkipException(
            f"{run.newest_day} is published: the marts of {process_date} are built from the published rows; to take "
            "the rows of this run and remove the later days, trigger with go_back = true"
        )
    if bronze_steps.is_unchanged(run, job_run_id, snapshot_at):
        raise AirflowSkipException("the source has not changed: this batch equals the published one")
    return bronze_steps.audit_bronze(run, job_run_id)


@task
def publish_bronze(process_date: str, job_run_id: str, audit_uri: str) -> list[str]:
    """Point the bronze tables to the batch."""
    from biz_insights.steps import bronze_steps
    from biz_insights.steps.run_context import current

    return bronze_steps.publish_bronze(current(process_date), job_run_id, audit_uri)


def bronze(extracted: dict[str, Any]) -> str:
    """Build, audit and publish the export as text. Return the JobRunId."""
    build = GlueBuildOperator(
        task_id="build",
        job_name="{{ settings.bronze_job }}",
        script_args={
            "--landing_uri": "{{ ti.xcom_pull(task_ids='extract.check_export') }}",
            "--bronze_uri": "{{ settings.lake_uri('bronze/') }}",
            "--batch_id": EXPORT_ID,
            "--forgotten_uri": FORGOTTEN_URI,
        },
        **AWS,
    )
    day = extracted["process_date"]
    audited = audit_bronze.override(task_id="audit")(
        day, build.output, extracted["database_rows"], EXPORT_ID, SNAPSHOT_TIME
    )
    publish_bronze.override(task_id="publish")(day, build.output, audited)
    extracted["landing"] >> build
    return build.output
