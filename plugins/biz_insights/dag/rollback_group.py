"""The tasks of a rollback: find the earlier state, audit it, publish it and hold it; or lift such a hold."""

from __future__ import annotations

from typing import Any

from airflow.sdk import TaskGroup, task
from airflow.sdk.exceptions import AirflowSkipException

from biz_insights.dag.defaults import NONE_FAILED


@task
def plan_rollback(process_date: str, params: dict[str, Any]) -> str:
    """Find the state to go back to, and check that its files are complete. Skip when a hold is to be lifted."""
    from biz_insights.steps import rollback_steps
    from biz_insights.steps.run_context import current

    if params["lift"]:
        raise AirflowSkipException("a hold is lifted: nothing is rolled back")
    return rollback_steps.plan_rollback(
        current(process_date), params["table"], params["release"], params["partition"], params["reason"]
    )


@task
def audit_rollback(process_date: str, plan_uri: str) -> list[str]:
    """Run the table's checkpoint on the partitions that go back."""
    from biz_insights.steps import rollback_steps
    from biz_insights.steps.run_context import current

    return rollback_steps.audit_rollback(current(process_date), plan_uri)


@task
def publish_rollback(process_date: str, plan_uri: str, audits: list[str]) -> list[str]:
    """Point the partitions to their earlier files, and hold them."""
    from biz_insights.steps import rollback_steps
    from biz_insights.steps.run_context import current

    return rollback_steps.publish_rollback(current(process_date), plan_uri, audits)


@task
def lift(process_date: str, params: dict[str, Any]) -> list[str]:
    """Lift the hold of the table. Skip when a table is rolled back."""
    from biz_insights.steps import rollback_steps
    from biz_insights.steps.run_context import current

    if not params["lift"]:
        raise AirflowSkipException("a table is rolled back: no hold is lifted")
    return [rollback_steps.lift_rollback(current(process_date), params["table"])]


@task(trigger_rule=NONE_FAILED)
def report_rollback(
    process_date: str, published: list[str] | None, lifted: list[str] | None, switched: str | None
) -> str:
    """Report what the run did."""
    from biz_insights.steps import rollback_steps
    from biz_insights.steps.run_context import current

    return rollback_steps.report_rollback(current(process_date), published or lifted or [], switched)


def rollback(day: Any) -> tuple[TaskGroup, Any, Any]:
    """Return the group, the result of the publish and that of the lift; one of the two is skipped."""
    with TaskGroup("rollback", tooltip="The earlier state: found, audited, published and held") as group:
        plan = plan_rollback.override(task_id="plan")(day)
        audits = audit_rollback.override(task_id="audit")(day, plan)
        published = publish_rollback.override(task_id="publish")(day, plan, audits)
        lifted = lift(day)
    return group, published, lifted
