"""`make maintenance` and `make forget`: the DAGs that remove something, run on the laptop's lake with progress."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any

from biz_insights.settings import Settings, resolve
from mwaa.local_runner import botocore_loader, dag_runs
from mwaa.local_runner.endpoint_process import endpoint, running
from mwaa.local_runner.environment import LocalRunError, State, airflow_environment, require_java
from mwaa.local_runner.metadata_check import check_metadata
from mwaa.local_runner.ownership import forks_end_with_this_process
from mwaa.local_runner.run import console_and_log, load_airflow

Message = Callable[[Any, Settings], str]


def maintenance(state: State, apply: bool) -> int:
    """Run `lake_maintenance`, and print its report. Return the exit code."""
    return _run(state, "lake_maintenance", {"apply": apply}, _maintenance_message)


def forget(state: State, customer: str, app_name: str, confirm: str) -> int:
    """Run `forget_customer`, and print what it found, or the receipt. Return the exit code.

    Raises:
        LocalRunError: there is no id, or the confirmation is another text.
    """
    if not customer.strip():
        raise LocalRunError("CUSTOMER is empty; try make forget CUSTOMER=<user id>")
    if confirm and confirm.strip() != customer.strip():
        raise LocalRunError("CONFIRM is not the same text as CUSTOMER, so nothing was changed; repeat the user id")
    conf = {"customer": customer, "app_name": app_name, "confirm": confirm}
    code = _run(state, "forget_customer", conf, _forget_message, with_jobs=bool(confirm), secret=True)
    if confirm and code == 0:
        _forget_cached_rows(state)
    return code


def _forget_cached_rows(state: State) -> None:
    """Delete the rows that the endpoint's Athena has cached. They are of files that no longer exist."""
    if running(state):
        print("The endpoint is still in use. When it has stopped, delete the folder athena/ of the state.")
        return
    shutil.rmtree(state.root / "athena", ignore_errors=True)


def _maintenance_message(session: Any, settings: Settings) -> str:
    return _newest_message(session, settings.lake_uri("ops/maintenance/"))


def _forget_message(session: Any, settings: Settings) -> str:
    return _newest_message(session, settings.lake_uri("erasure/surveys/"), settings.lake_uri("erasure/receipts/"))


def _newest_message(session: Any, *prefixes: str) -> str:
    """Return the message of the document that was written last below some prefixes."""
    from biz_insights.aws import s3
    from biz_insights.lake.objects import listed_objects

    documents = [stored for prefix in prefixes for stored in listed_objects(session, prefix)]
    newest = max(documents, key=lambda stored: stored.modified)
    return str(s3.get_json(session, newest.uri)["message"])


def _run(
    state: State, dag_id: str, conf: dict[str, Any], message: Message, *, with_jobs: bool = False, secret: bool = False
) -> int:
    """Run one DAG on the state's lake. Print its progress and its message, or the error of the task that failed.

    Args:
        state: the folder of everything that is not code.
        dag_id: the DAG.
        conf: its parameters.
        message: returns what to print at the end.
        with_jobs: whether the DAG runs Glue jobs.
        secret: whether Airflow must forget the run, because its parameters name a person.
    """
    if with_jobs:
        require_java()
    os.environ.update(airflow_environment(state))
    os.environ.update(dag_runs.executor_environment())
    botocore_loader.share_loader()
    forks_end_with_this_process()
    check_metadata(state)
    dag_runs.migrate_metadata(state)
    dag_runs.fail_interrupted_runs(state)
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
            if secret:
                dag_runs.forget_run(dag_id, run_id)
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
