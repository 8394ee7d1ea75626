"""`make maintenance` and `make forget`: the DAGs that remove something, run on the laptop's lake with progress."""

from __future__ import annotations

import os
from typing import Any

from biz_insights.settings import Settings, resolve
from mwaa.local_runner import botocore_loader, dag_runs
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State, airflow_environment, require_java
from mwaa.local_runner.run import load_airflow, console_and_log


def maintenance(state: State, apply: bool) -> int:
    """Run `lake_maintenance`, and print its report. Return the exit code."""
    return _run(state, "lake_maintenance", {"apply": apply}, _maintenance_message)


def _maintenance_message(session: Any, settings: Settings) -> str:
    """Return the message of the newest report of maintenance."""
    from biz_insights.aws import s3
    from biz_insights.lake.objects import listed_objects

    reports = [stored for stored in listed_objects(session, settings.lake_uri("ops/maintenance/"))]
    newest = max(reports, key=lambda stored: stored.modified)
    return str(s3.get_json(session, newest.uri)["message"])


def _run(state: State, dag_id: str, conf: dict[str, Any], message: Any, *, with_jobs: bool = False) -> int:
    """Run one DAG on the state's lake. Print its progress and its message, or the error of the task that failed."""
    if with_jobs:
        require_java()
    os.environ.update(airflow_environment(state))
    os.environ.update(dag_runs.executor_environment())
    botocore_loader.share_loader()
    dag_runs.migrate_metadata(state)
    with console_and_log(state) as (console, log_path):
        console.write(f"log     {log_path}\n")
        console.flush()
        dags = load_airflow()
        with endpoint(state, *(["--warm-spark"] if with_jobs else [])) as environment:
            os.environ.update(environment)
            settings = resolve(os.environ)
            import boto3

            if with_jobs:
                from mwaa.local_runner import source

                source.upload_jobs(boto3.client("s3", region_name=settings.region), settings.artefacts_bucket)
            run_id, outcome, failures = _run_dag(console, dags, dag_id, conf)
            if outcome != "success":
                task_id, error = failures[0] if failures else ("a task", "see the log")
                console.write(f"\n✗ {task_id}: {error}\n  run {run_id} failed; docs/runbook.md says what to do\n")
                return 1
            session = boto3.session.Session(region_name=settings.region)
            console.write(f"\n{message(session, settings)}\n")
            console.flush()
    return 0


def _run_dag(
    console: Any, dags: dict[str, Any], dag_id: str, conf: dict[str, Any]
) -> tuple[str, str, list[tuple[str, str]]]:
    from mwaa.local_runner.progress import Progress
    from mwaa.local_runner.task_processes import task_processes

    with Progress(console) as progress, task_processes(dags, progress.on_event, lambda: None, None):
        progress.begin(dag_id, "")
        run_id, outcome = dag_runs.run_dag(dags[dag_id], conf)
    return run_id, outcome, progress.failures
