"""DAG runs in Airflow's own metadata database, as a scheduler and an operator move them: started, retried, cleared."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest.mock import patch

DAILY = "business_insights_daily"
RETRIES = 3


def start(dag: Any, conf: dict[str, Any], retry_seconds: float = 0.0) -> tuple[str, str]:
    """Run a DAG to its end. Return its run id and state."""
    _set_retries(dag, retry_seconds)
    return _outcome(dag.test(run_conf=conf, use_executor=True))


def clear_and_continue(
    dag: Any, run_id: str, task_ids: list[str], downstream: bool, retry_seconds: float = 0.0
) -> tuple[str, str]:
    """Clear tasks of a run as the Airflow UI does, and run what is cleared. Return run id and state."""
    from airflow import settings
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    _set_retries(dag, retry_seconds)
    session = settings.Session()
    run = session.scalar(select(DagRun).where(DagRun.dag_id == dag.dag_id, DagRun.run_id == run_id))
    _clear(dag.dag_id, run, task_ids, downstream, session)
    run.state = DagRunState.RUNNING
    session.commit()

    def existing(*, dag: Any, session: Any, **_: Any) -> Any:
        found = session.scalar(select(DagRun).where(DagRun.dag_id == dag.dag_id, DagRun.run_id == run_id))
        found.dag = dag
        return found

    with ExitStack() as stack:
        # `dag.test` begins a run by deleting what there is of it. Here it continues one.
        stack.enter_context(patch("airflow.models.dagrun.get_or_create_dagrun", existing))
        stack.enter_context(patch("airflow.serialization.definitions.dag.SerializedDAG.clear_dags"))
        return _outcome(dag.test(use_executor=True))


def run_ids(dag_id: str) -> list[str]:
    """Return the ids of a DAG's runs, oldest first."""
    from airflow import settings
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    with settings.Session() as session:
        return list(session.scalars(select(DagRun.run_id).where(DagRun.dag_id == dag_id).order_by(DagRun.id)))


def failed_tasks(dag_id: str, run_id: str) -> list[str]:
    """Return the ids of a run's failed tasks."""
    from airflow import settings
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    failed = select(TaskInstance.task_id).where(
        TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id, TaskInstance.state == "failed"
    )
    with settings.Session() as session:
        return sorted(session.scalars(failed))


def _clear(dag_id: str, run: Any, task_ids: list[str], downstream: bool, session: Any) -> None:
    from airflow.models.dagbag import DBDagBag
    from airflow.models.taskinstance import clear_task_instances, find_relevant_relatives
    from airflow.utils.state import DagRunState

    stored = DBDagBag().get_dag_for_run(dag_run=run, session=session)
    assert stored is not None
    wanted = set(task_ids)
    if downstream:
        relatives = find_relevant_relatives(
            set(task_ids), set(), dag=stored, run_id=run.run_id, direction="downstream", session=session
        )
        wanted |= {found for found in relatives if isinstance(found, str)}
    found = stored.clear(dry_run=True, task_ids=sorted(wanted), run_id=run.run_id, session=session)
    clear_task_instances(list(found), session, DagRunState.QUEUED)


def _set_retries(dag: Any, seconds: float) -> None:
    dag.deadline = None
    for task in dag.task_dict.values():
        task.retries, task.retry_delay, task.retry_exponential_backoff = RETRIES, timedelta(seconds=seconds), False


def _outcome(run: Any) -> tuple[str, str]:
    return run.run_id, str(getattr(run.state, "value", run.state))
