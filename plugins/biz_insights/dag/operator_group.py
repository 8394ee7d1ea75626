"""What the DAGs for operators share: their arguments, and the day that they build for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import TaskGroup, task

from biz_insights.dag.alerts import tell_of_failed_run, tell_of_failed_task
from biz_insights.dag.defaults import ALLOWED_RUN_TYPES
from biz_insights.identity import attempt_name
from biz_insights.settings import TemplateSettings

OPERATOR_DAG: dict[str, Any] = {
    "schedule": None,
    "start_date": pendulum.datetime(2026, 11, 1, tz="UTC"),
    "catchup": False,
    "max_active_runs": 1,
    "allowed_run_types": ALLOWED_RUN_TYPES,
    "dagrun_timeout": timedelta(hours=20),
    "default_args": {
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": tell_of_failed_task,
    },
    "user_defined_macros": {"settings": TemplateSettings(), "attempt_name": attempt_name},
    "on_failure_callback": tell_of_failed_run,
    "tags": ["business-insights", "operator"],
}
"""Arguments of a DAG that a person starts."""


@task
def published_day() -> str:
    """Return the latest published day, for which everything is built again."""
    from biz_insights.steps import operator_runs
    from biz_insights.steps.run_context import current

    return operator_runs.published_day(current(""))


def resolve_published_day() -> Any:
    """Make the task from which the tasks of all layers take the process date. Return its result.

    It has the name that it has in the daily DAG, where the group also exports the source.
    """
    with TaskGroup("extract", tooltip="The day that is published; nothing is exported"):
        return published_day.override(task_id="resolve_process_date")()
