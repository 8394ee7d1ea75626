"""The tasks of a replay: silver from the published bronze batch, and what that changed in the quarantine."""

from __future__ import annotations

from typing import Any

from airflow.sdk import TaskGroup, task

from biz_insights.dag.defaults import NONE_FAILED
from biz_insights.dag.silver_group import silver_from_plan


@task(multiple_outputs=False)
def plan_replay(process_date: str) -> dict[str, Any]:
    """Return what the silver job must read: the published bronze batch. Every day is compared."""
    from biz_insights.steps import replay_steps
    from biz_insights.steps.run_context import current

    return replay_steps.plan_replay(current(process_date))


@task(multiple_outputs=False)
def compare_quarantine(process_date: str) -> dict[str, Any]:
    """Compare the new quarantine and ledger with those that readers still see."""
    from biz_insights.steps import replay_steps
    from biz_insights.steps.run_context import current

    return replay_steps.compare_quarantine(current(process_date))


@task(trigger_rule=NONE_FAILED)
def report_replay(process_date: str, compared: dict[str, Any], params: dict[str, Any]) -> str:
    """Report the ledger before and after, and the rows that left or entered the quarantine by reason."""
    from biz_insights.steps import replay_steps
    from biz_insights.steps.run_context import current

    return replay_steps.report_replay(current(process_date), compared, params["reason"])


def silver_again(day: Any) -> TaskGroup:
    """Return the group that builds silver from the published batch with the present code and settings."""
    with TaskGroup("silver", tooltip="Typed rows by day, quarantine and ledger, from the published batch") as group:
        plan = plan_replay.override(task_id="plan")(day)
        silver_from_plan(day, plan, "{{ ti.xcom_pull(task_ids='silver.plan')['database_rows'] | tojson }}")
    return group
