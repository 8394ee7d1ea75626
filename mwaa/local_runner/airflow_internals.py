"""What local runs use of Airflow beyond its documented interface, so that tasks run in processes of this run.

On MWAA, Airflow's own executor and API server do this work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HOLDS_FOR = {"apache-airflow": ("3.3.1", "3.4"), "cadwyn": ("7", "8")}
"""By package: the first version that this was checked with, and the first version outside.

It covers the routes and versions of `airflow.api_fastapi.execution_api`, cadwyn's `_DELETED_ROUTE_TAG` and
`_cadwyn_initialize`, `run_task_in_process` and `in_process_api_server` of the task SDK's supervisor, and the sleep in
`dag.test`.
"""

SHORT_SECONDS = 0.02


def load_task_runner() -> None:
    """Load what Airflow needs to run a task in this process, which the first task would load otherwise."""
    from airflow.api_fastapi.execution_api import routes, versions
    from airflow.sdk.execution_time.supervisor import in_process_api_server
    from cadwyn import HeadVersion, Version, VersionBundle
    from cadwyn.route_generation import _DELETED_ROUTE_TAG
    from sqlalchemy.orm import configure_mappers

    # Client and server are of one release. Building the routes of all older API versions would take six seconds more.
    router = routes.execution_api_router
    router.routes[:] = [route for route in router.routes if _DELETED_ROUTE_TAG not in getattr(route, "tags", ())]
    versions.bundle = VersionBundle(HeadVersion(), Version(versions.bundle.versions[0].value))
    in_process_api_server().app._cadwyn_initialize()
    # Otherwise the first query does it, in each of the forked processes.
    configure_mappers()


def run_task(task_instance: Any, task: Any) -> None:
    """Run one task in this process, through Airflow's in-process API.

    Args:
        task_instance: the task instance of a workload.
        task: the operator of the DAG.
    """
    from airflow.sdk.api.datamodels._generated import TaskInstance
    from airflow.sdk.execution_time.supervisor import run_task_in_process

    wanted = TaskInstance(
        id=task_instance.id,
        task_id=task_instance.task_id,
        dag_id=task_instance.dag_id,
        run_id=task_instance.run_id,
        try_number=task_instance.try_number,
        map_index=task_instance.map_index,
        dag_version_id=task_instance.dag_version_id,
    )
    run_task_in_process(ti=wanted, task=task)


@contextmanager
def short_sleeps() -> Iterator[None]:
    """Make `time.sleep` short inside the block.

    `dag.test` sleeps for a second whenever it has nothing to start. Here the executor waits instead, for the end of a
    task.
    """
    sleep = time.sleep

    def short(seconds: float, /) -> None:
        sleep(min(seconds, SHORT_SECONDS))

    time.sleep = short  # type: ignore[assignment]
    try:
        yield
    finally:
        time.sleep = sleep
