"""The tasks of maintenance: find what nothing needs, remove it if the parameter `apply` says so, and report."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from biz_insights.dag.defaults import AWS, NONE_FAILED

DRY_RUN = "dry run: trigger with apply = true to remove what the report lists"


@task(multiple_outputs=False)
def survey() -> dict[str, Any]:
    """Find what nothing needs any more. Nothing changes."""
    from biz_insights.steps import maintenance_steps
    from biz_insights.steps.run_context import current

    return maintenance_steps.survey(current(""))


@task
def remove_partitions(params: dict[str, Any]) -> str:
    """Remove old as-of dates and old batches through a release."""
    from biz_insights.steps import maintenance_steps
    from biz_insights.steps.run_context import current

    _require_apply(params)
    line = maintenance_steps.remove_expired_partitions(current(""))
    if line is None:
        raise AirflowSkipException("no partition is past its retention")
    return line


@task(multiple_outputs=False, trigger_rule=NONE_FAILED)
def tidy_operations(params: dict[str, Any]) -> dict[str, Any]:
    """Remove old check results and tables of failed tries, and compact old months of publish_history."""
    from biz_insights.steps import maintenance_steps
    from biz_insights.steps.run_context import current

    _require_apply(params)
    return maintenance_steps.tidy_operations(current(""))


@task(multiple_outputs=False)
def remove_files(params: dict[str, Any]) -> dict[str, Any]:
    """Delete the files that nothing needs. Return objects and bytes by kind."""
    from biz_insights.steps import maintenance_steps
    from biz_insights.steps.run_context import current

    _require_apply(params)
    return maintenance_steps.remove_files(current(""))


@task(multiple_outputs=False, trigger_rule=NONE_FAILED)
def write_report(
    found: dict[str, Any], tidied: dict[str, Any] | None, files: dict[str, Any] | None, params: dict[str, Any]
) -> dict[str, Any]:
    """Write the report, in bytes and objects by kind."""
    from biz_insights.steps import maintenance_steps
    from biz_insights.steps.run_context import current

    done = {**(tidied or {}), "files": files or {}} if params["apply"] else None
    return maintenance_steps.write_report(current(""), found, done)


def maintenance() -> tuple[Any, Any]:
    """Find, remove and report. Return the first task and the last one that needs the lease."""
    found = survey()
    tidied, files = tidy_operations(), remove_files()
    report = write_report(found, tidied, files)
    announce = SnsPublishOperator(
        task_id="announce",
        target_arn="{{ settings.notification_topic_arn }}",
        subject="Business Insights: maintenance of the lake",
        message="{{ ti.xcom_pull(task_ids='write_report')['message'] }}\n\n"
        "Report: {{ ti.xcom_pull(task_ids='write_report')['uri'] }}",
        trigger_rule=NONE_FAILED,
        **AWS,
    )
    found >> remove_partitions() >> tidied >> files
    report >> announce
    return found, report


def _require_apply(params: dict[str, Any]) -> None:
    if not params["apply"]:
        raise AirflowSkipException(DRY_RUN)
