"""The tasks of facts, marts and views: one task group for each table, each after the tables that its SQL reads."""

from __future__ import annotations

from typing import Any

from airflow.sdk import TaskGroup, task
from airflow.sdk.exceptions import AirflowSkipException

from biz_insights.dag.athena_build import AthenaBuildOperator, AthenaViewOperator
from biz_insights.dag.defaults import AWS, NONE_FAILED
from biz_insights.dag.templates import PROCESS_DATE
from biz_insights.gold.definition import GoldTable, tables_of


@task(multiple_outputs=False, trigger_rule=NONE_FAILED)
def plan_gold(process_date: str, table: str, params: dict[str, Any]) -> dict[str, Any]:
    """Return the partitions of a gold table to build. Skip when its inputs and its SQL are unchanged."""
    from biz_insights.steps import gold_steps
    from biz_insights.steps.run_context import current

    plan = gold_steps.plan_table(current(process_date), table, bool(params.get("full_refresh")))
    if plan.is_empty:
        raise AirflowSkipException(f"{table} is up to date")
    return plan.to_dict()


@task
def audit_gold(process_date: str, plan: dict[str, Any], parts: list[str]) -> str:
    """Run the checkpoint on the new partitions of a gold table."""
    from biz_insights.steps import gold_steps
    from biz_insights.steps.run_context import current

    return gold_steps.audit_table(current(process_date), plan, parts)


@task
def publish_gold(process_date: str, plan: dict[str, Any], parts: list[str], audit_uri: str) -> list[str]:
    """Point the partitions of a gold table to what was built."""
    from biz_insights.steps import gold_steps
    from biz_insights.steps.run_context import current

    return gold_steps.publish_table(current(process_date), plan, parts, audit_uri)


def gold_table(table: GoldTable) -> TaskGroup:
    """Return the task group of one gold table: plan → build (a CTAS per 100 partitions) → audit → publish."""
    with TaskGroup(table.name, tooltip=table.about) as group:
        plan = plan_gold.override(task_id="plan")(PROCESS_DATE, table.name)
        build = AthenaBuildOperator(
            task_id="build",
            table=table.name,
            partition=table.partition,
            plan=plan,
            database="{{ settings.build_database }}",
            workgroup="{{ settings.build_workgroup }}",
            **AWS,
        )
        audited = audit_gold.override(task_id="audit")(PROCESS_DATE, plan, build.output)
        publish_gold.override(task_id="publish")(PROCESS_DATE, plan, build.output, audited)
    return group


def gold_layer(tables: list[GoldTable], built: dict[str, TaskGroup]) -> dict[str, TaskGroup]:
    """Return the task groups of one layer by table.

    Each group comes after the groups of the tables that it reads, in `built` or in its own layer.
    """
    groups: dict[str, TaskGroup] = {}
    for table in tables:
        groups[table.name] = gold_table(table)
        for upstream in table.reads:
            if group := {**built, **groups}.get(upstream):
                group >> groups[table.name]
    return groups


def views() -> None:
    """Create or replace every view in each run, each view after the views that it reads.

    They read the tables through the views of readers, so those must exist.
    """
    created: dict[str, AthenaViewOperator] = {}
    for view in tables_of("views"):
        created[view.name] = AthenaViewOperator(
            task_id=view.name,
            view=view.name,
            query=f"CREATE OR REPLACE VIEW {view.name} AS\n"
            + view.select(database="{{ settings.published_database }}"),
            database="{{ settings.published_database }}",
            workgroup="{{ settings.read_workgroup }}",
            sleep_time=2,
            trigger_rule=NONE_FAILED,
            **AWS,
        )
        for upstream in view.reads:
            if before := created.get(upstream):
                before >> created[view.name]
