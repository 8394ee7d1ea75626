"""Run an operator as a worker does, and one that defers as worker, triggerer and worker do, one after the other."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from unittest.mock import MagicMock

from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.module_loading import import_string


def context(task_id: str = "silver.build", run_id: str = "manual__1", try_number: int = 1) -> dict[str, Any]:
    """Return what the operators read of a task's context."""
    ti = MagicMock(dag_id="daily", task_id=task_id, run_id=run_id, try_number=try_number, map_index=-1)
    return {"ti": ti, "task_instance": ti, "run_id": run_id}


def trigger_of(deferred: TaskDeferred) -> Any:
    """Return the trigger as the triggerer makes it: from what Airflow's database holds."""
    path, arguments = deferred.trigger.serialize()
    return import_string(path)(**json.loads(json.dumps(arguments)))


def run(operator: Any, given: dict[str, Any]) -> Any:
    """Run the operator to its end, through its deferral if it defers."""
    try:
        return operator.execute(given)
    except TaskDeferred as deferred:
        event = asyncio.run(_first_event(trigger_of(deferred)))
        return operator.resume_execution(deferred.method_name, {"event": event.payload}, given)


async def _first_event(trigger: Any) -> Any:
    return await anext(trigger.run())


def resume_after_failure(operator: Any, given: dict[str, Any], error: str) -> Any:
    """Resume the operator as Airflow does after a trigger failed or nothing ran it in time."""
    return operator.resume_execution(TRIGGER_FAIL_REPR, {"error": error, "traceback": ["Traceback …"]}, given)
