"""A script that lets Airflow's own parts call the alerts and start runs, and prints what came of it.

It is a process of its own, with a metadata database: the scheduler decides that a run is late or took too long, the
triggerer's code and the DAG processor's code call the callbacks.
"""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from mwaa.local_runner import dag_runs
from mwaa.local_runner.environment import State, airflow_environment

GREEN_DAG = """
from datetime import timedelta
from airflow.sdk import dag, task
from biz_insights.dag.alerts import tell_of_failed_run, tell_of_failed_task

@dag(
    schedule=None,
    default_args={"retries": 1, "retry_delay": timedelta(0), "on_failure_callback": tell_of_failed_task},
    on_failure_callback=tell_of_failed_run,
)
def green_run():
    @task
    def fails():
        raise ValueError("the disk is full; free some space")
    @task(trigger_rule="all_done")
    def leaf():
        pass
    fails() >> leaf()

green_run()
"""
DAILY = "business_insights_daily"


def green_run_with_a_failed_task(folder: Path) -> str:
    """Run a DAG whose task fails twice and whose leaf succeeds. Return the state of the run."""
    dags = dag_runs.load_dags(folder)
    return str(dags["green_run"].test().state.value)


def create_run(session: Any, run_type: str) -> Any:
    from airflow._shared.timezones import timezone
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    return trigger_dag(
        DAILY,
        triggered_by=DagRunTriggeredByType.TEST,
        run_type=DagRunType(run_type),
        run_id=f"{run_type}__1",
        logical_date=timezone.utcnow(),
    )


def cleared(session: Any) -> int:
    """Clear the tasks of the manual run, as the API does. Return how many there are."""
    from airflow.models.taskinstance import clear_task_instances

    (run,) = (run for run in runs(session) if run.run_type == "manual")
    tasks = run.get_task_instances(session=session)
    clear_task_instances(tasks, session)
    session.commit()
    return len(tasks)


def allowed(session: Any) -> dict[str, bool]:
    """Return which types of run can be started."""
    found = {}
    for run_type in ("manual", "asset_triggered", "operator_triggered"):
        try:
            create_run(session, run_type)
        except ValueError as error:
            assert "does not allow" in str(error), error
        found[run_type] = run_type in [run.run_type for run in runs(session)]
    return found


def backfill(session: Any) -> int:
    """Return the runs that a backfill of two days makes."""
    import pendulum
    from airflow.models.backfill import _create_backfill

    first = pendulum.datetime(2026, 11, 10, tz="UTC")
    _create_backfill(
        dag_id=DAILY,
        from_date=first,
        to_date=first.add(days=2),
        max_active_runs=1,
        reverse=False,
        triggering_user_name="test",
        dag_run_conf={},
    )
    return len([run for run in runs(session) if run.run_type == "backfill"])


def runs(session: Any) -> list[Any]:
    from airflow.models import DagRun
    from sqlalchemy import select

    session.expire_all()
    return list(session.scalars(select(DagRun).where(DagRun.dag_id == DAILY)))


def late_run(session: Any) -> None:
    """Let the manual run miss its deadline, and call what the triggerer then calls."""
    from airflow.models import Deadline
    from airflow.triggers.callback import CallbackTrigger
    from sqlalchemy import select

    (run,) = (run for run in runs(session) if run.run_type == "manual")
    deadline = session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id)).one()
    assert deadline.deadline_time - run.logical_date == timedelta(hours=5)
    run.queued_at = run.queued_at - timedelta(hours=5)
    session.commit()
    deadline.handle_miss(session)
    session.commit()
    trigger = CallbackTrigger(**deadline.callback.trigger.kwargs)

    async def events() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    states = [str(getattr(payload["state"], "value", payload["state"])) for payload in asyncio.run(events())]
    assert states == ["running", "success"], states


def run_that_takes_too_long(session: Any) -> None:
    """Let the scheduler end a run, and call what the DAG processor then calls."""
    import structlog
    from airflow._shared.timezones import timezone
    from airflow.dag_processing.dagbag import DagBag
    from airflow.dag_processing.processor import _execute_dag_callbacks
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.utils.state import DagRunState

    (run,) = (run for run in runs(session) if run.run_type == "manual")
    run.state, run.start_date = DagRunState.RUNNING, timezone.utcnow() - timedelta(days=1)
    session.commit()
    request = SchedulerJobRunner(Job())._schedule_dag_run(run, session)
    session.commit()
    assert request is not None and run.state == "failed"
    _execute_dag_callbacks(DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]), request, structlog.get_logger())


def main(folder: Path) -> None:
    state = State(folder / "state")
    os.environ.update({**airflow_environment(state), "BIZ_INSIGHTS_POLL_SECONDS": "0.2"})
    dag_runs.migrate_metadata(state)
    own = folder / "dags"
    own.mkdir()
    (own / "green_run.py").write_text(GREEN_DAG)

    from airflow import settings
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    session = settings.Session()
    manager = DagBundlesManager()
    manager.sync_bundles_to_db(session=session)
    session.commit()
    (bundle,) = manager.get_all_dag_bundles()
    for path in (bundle.path, own):
        bag = BundleDagBag(dag_folder=path, bundle_path=path, bundle_name=bundle.name)
        sync_bag_to_db(bag, bundle.name, bundle.version)
    found = {"allowed": allowed(session), "backfill_runs": backfill(session)}
    found["cleared"] = cleared(session)
    late_run(session)
    run_that_takes_too_long(session)
    found["green"] = green_run_with_a_failed_task(own)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
