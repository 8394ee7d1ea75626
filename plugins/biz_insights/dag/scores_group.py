"""The tasks of the scores: predictions for each customer, with back-tests."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from biz_insights.dag.defaults import AWS, NONE_FAILED
from biz_insights.dag.glue_build import GlueBuildOperator
from biz_insights.dag.templates import PROCESS_DATE


@task(multiple_outputs=False, trigger_rule=NONE_FAILED)
def plan_scores(process_date: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return what the job must read. Skip when the published scores were made from the same data, code and settings."""
    from biz_insights.steps import score_steps
    from biz_insights.steps.run_context import current

    plan = score_steps.plan_scores(current(process_date), bool(params.get("full_refresh")))
    if plan is None:
        raise AirflowSkipException("scores are up to date: customer days, code and settings have not changed")
    return plan


@task
def audit_scores(process_date: str, job_run_id: str, plan: dict[str, Any]) -> str:
    """Run the checkpoint on the predictions, the model registry and the back-tests."""
    from biz_insights.steps import score_steps
    from biz_insights.steps.run_context import current

    return score_steps.audit_scores(current(process_date), job_run_id, plan)


@task
def publish_scores(process_date: str, job_run_id: str, plan: dict[str, Any], audit_uri: str) -> list[str]:
    """Point the day's scores to what was built."""
    from biz_insights.steps import score_steps
    from biz_insights.steps.run_context import current

    return score_steps.publish_scores(current(process_date), job_run_id, plan, audit_uri)


def scores() -> None:
    """Build, audit and publish the predictions for each customer."""
    plan = plan_scores.override(task_id="plan")(PROCESS_DATE)
    build = GlueBuildOperator(
        task_id="build",
        job_name="{{ settings.scores_job }}",
        # This is the longest task. Where slots are few, it and the tasks before it must start first.
        priority_weight=20,
        script_args={
            "--as_of_date": PROCESS_DATE,
            "--inputs_uri": "{{ ti.xcom_pull(task_ids='scores.plan')['inputs_uri'] }}",
            "--input_fingerprint": "{{ ti.xcom_pull(task_ids='scores.plan')['input_fingerprint'] }}",
            "--scores_uri": "{{ settings.lake_uri('scores/') }}",
            "--annual_discount_rate": "{{ settings.annual_discount_rate }}",
            "--margin_rate": "{{ '' if settings.margin_rate is none else settings.margin_rate }}",
        },
        **AWS,
    )
    audited = audit_scores.override(task_id="audit")(PROCESS_DATE, build.output, plan)
    publish_scores.override(task_id="publish")(PROCESS_DATE, build.output, plan, audited)
    plan >> build
