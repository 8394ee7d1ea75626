"""The tasks of silver: typed rows by day, quarantine and row ledger, for the days that changed."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from biz_insights.dag.defaults import AWS, NONE_FAILED
from biz_insights.dag.glue_build import GlueBuildOperator
from biz_insights.dag.templates import ROW_SPAN, SNAPSHOT_TIME


@task(multiple_outputs=False, trigger_rule=NONE_FAILED)
def plan_silver(process_date: str, bronze_run: str, snapshot_at: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return what the job must compare with. Skip when silver was built from the same batch, code and settings."""
    from biz_insights.steps import silver_steps
    from biz_insights.steps.run_context import current

    plan = silver_steps.plan_silver(
        current(process_date),
        bronze_run,
        snapshot_at,
        full_refresh=params["full_refresh"],
    )
    if plan is None:
        raise AirflowSkipException("silver is up to date: batch, code and settings have not changed")
    return plan


@task
def audit_silver(process_date: str, job_run_id: str, plan: dict[str, Any], params: dict[str, Any]) -> str:
    """Run the checkpoint on the changed days, the quarantine and the row ledger."""
    from biz_insights.steps import silver_steps
    from biz_insights.steps.run_context import current

    return silver_steps.audit_silver(current(process_date), job_run_id, plan, accept_changes=params["accept_changes"])


@task
def publish_silver(process_date: str, job_run_id: str, plan: dict[str, Any], audit_uri: str) -> list[str]:
    """Point the changed days to what was built."""
    from biz_insights.steps import silver_steps
    from biz_insights.steps.run_context import current

    return silver_steps.publish_silver(current(process_date), job_run_id, plan, audit_uri)


def silver(
    extracted: dict[str, Any], bronze_run: str, snapshot_at: str = SNAPSHOT_TIME, database_rows: str = ROW_SPAN
) -> None:
    """Build, audit and publish the days that changed.

    Args:
        extracted: what the extract returned; `process_date` is read.
        bronze_run: the JobRunId of the batch's bronze run.
        snapshot_at: template of the time of the batch's snapshot.
        database_rows: template of the rows that the database counted around it, as JSON.
    """
    day = extracted["process_date"]
    plan = plan_silver.override(task_id="plan")(day, bronze_run, snapshot_at)
    silver_from_plan(day, plan, database_rows)


def silver_from_plan(day: Any, plan: Any, database_rows: str) -> None:
    """Build, audit and publish the days that differ from those of the plan.

    Args:
        day: the process date.
        plan: the result of the task `silver.plan`.
        database_rows: template of the fewest and the most rows that each source table had around the snapshot, as JSON.
    """
    build = GlueBuildOperator(
        task_id="build",
        job_name="{{ settings.silver_job }}",
        script_args={
            "--bronze_uri": "{{ settings.lake_uri('bronze/') }}",
            "--bronze_run": "{{ ti.xcom_pull(task_ids='silver.plan')['bronze_run'] }}",
            "--batch_id": "{{ ti.xcom_pull(task_ids='silver.plan')['batch_id'] }}",
            "--silver_uri": "{{ settings.lake_uri('silver/') }}",
            "--known_uri": "{{ ti.xcom_pull(task_ids='silver.plan')['known_uri'] }}",
            "--business_timezone": "{{ settings.business_timezone }}",
            "--zone_offsets_uri": "{{ ti.xcom_pull(task_ids='silver.plan')['zone_offsets_uri'] }}",
            "--price_basis": "{{ settings.price_basis }}",
            "--test_app_names": "{{ settings.test_app_names }}",
            "--negative_lines": "{{ settings.negative_lines }}",
            "--missing_marks": "{{ settings.missing_marks }}",
            "--holiday_country": "{{ settings.holiday_country }}",
            "--holiday_subdivision": "{{ settings.holiday_subdivision }}",
            "--database_rows": database_rows,
        },
        **AWS,
    )
    audited = audit_silver.override(task_id="audit")(day, build.output, plan)
    publish_silver.override(task_id="publish")(day, build.output, plan, audited)
    plan >> build
