"""Run one of the DAGs that a person starts, as `make` does: progress, then what the run reports, then the exit code."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3

from biz_insights.identity import run_slug
from biz_insights.settings import Settings
from mwaa.local_runner import dag_runs, source
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import State, require_java
from mwaa.local_runner.failures import full_disk
from mwaa.local_runner.queries import settings_of
from mwaa.local_runner.run import NOTHING_PUBLISHED, console_and_log, failure_text, load_airflow, preload, prepare

Message = Callable[[boto3.session.Session, Settings, str], str]
"""Returns what to print at the end. It gets a session, the settings and the name of the run (`identity.run_slug`)."""


@dataclass(frozen=True)
class OperatorDag:
    """One run of a DAG, and what the command shows of it.

    Attributes:
        dag_id: the DAG.
        conf: its parameters.
        message: returns what to print at the end of a run that succeeded.
        about: what stands behind the name of the DAG at the start.
        has_jobs: whether the run starts Glue jobs.
        is_secret: whether Airflow must forget the run, because its parameters name a person.
        after_failure: what a failure means for readers; follows `run … failed`.
    """

    dag_id: str
    conf: dict[str, Any]
    message: Message
    about: str = ""
    has_jobs: bool = True
    is_secret: bool = False
    after_failure: str = NOTHING_PUBLISHED


def run_operator_dag(state: State, dag: OperatorDag) -> int:
    """Run the DAG on the lake of a state folder. Return the exit code: 1 when a task failed.

    The environment is that of `operation_arguments.run_operation_command`.
    """
    from mwaa.local_runner.progress import Progress
    from mwaa.local_runner.task_processes import task_processes

    if dag.has_jobs:
        require_java()
    prepare(state)
    with console_and_log(state) as (console, log_path), ThreadPoolExecutor(max_workers=1) as loading:
        console.write(f"log     {log_path}\n")
        console.flush()
        loaded = loading.submit(load_airflow)
        with endpoint(state, *(["--warm-spark"] if dag.has_jobs else [])) as environment:
            settings = settings_of(environment)
            session = boto3.session.Session(region_name=settings.region)
            if dag.has_jobs:
                # As a deployment does: the job that runs is the one that was fixed.
                source.upload_jobs(session.client("s3"), settings.artefacts_bucket)
            dags = loaded.result()
            preloaded = preload if dag.has_jobs else _nothing
            with Progress(console) as progress, task_processes(dags, progress.on_event, preloaded):
                progress.begin(dag.dag_id, dag.about)
                run_id, outcome = dag_runs.run_dag(dags[dag.dag_id], dag.conf)
            if dag.is_secret:
                dag_runs.forget_run(dag.dag_id, run_id)
            if outcome != "success":
                cause = full_disk(state, str(progress.failures))
                console.write(failure_text(progress.failures, run_id, cause, dag.after_failure))
                return 1
            console.write(f"\n{dag.message(session, settings, run_slug(run_id))}\n")
            # Show it before the endpoint stops.
            console.flush()
    return 0


def _nothing() -> None:
    """Import nothing ahead: the tasks of a DAG without jobs need only what Airflow has loaded."""
