"""`make run`: run both DAGs, from source files to published marts, with progress and a summary."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from biz_insights.settings import Settings
from mwaa.local_aws.frozen_imports import excluded_from_garbage_collection
from mwaa.local_runner import airflow_internals, botocore_loader, dag_runs, source
from mwaa.local_runner.dag_parameters import check_parameters
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import LocalRunError, State, airflow_environment, require_java
from mwaa.local_runner.failures import full_disk
from mwaa.local_runner.metadata_check import check_metadata
from mwaa.local_runner.ownership import forks_end_with_this_process
from mwaa.local_runner.queries import settings_of
from mwaa.local_runner.triggerer import triggerer

if TYPE_CHECKING:
    from biz_insights.source.database import SourceCount


def run(
    state: State,
    source_path: str | None,
    process_date: str | None,
    parameters: dict[str, Any] | None = None,
    deferrable: bool = False,
) -> int:
    """Run the whole pipeline.

    Args:
        state: the folder of everything that is not code.
        source_path: folder with the CSV files; None uses the generated sample.
        process_date: `YYYY-MM-DD`; None uses the last complete local day in the source.
        parameters: other parameters of the daily DAG, by name.
        deferrable: whether operators wait in a triggerer, as on MWAA.

    Returns:
        Exit code: 0 when everything is published, 1 when a task failed.

    Raises:
        LocalRunError: something must be fixed before a run; the message says what.
    """
    began = time.monotonic()
    require_java()
    _check_date(process_date)
    if source_path is None and not state.sample.exists():
        print("generating the sample source files (once) …", flush=True)
    folder = source.source_folder(state, source_path)
    print(f"source  {folder}", flush=True)
    os.environ.update(airflow_environment(state))
    os.environ.update(dag_runs.executor_environment(deferrable))
    prepare(state)
    with console_and_log(state) as (console, log_path), ThreadPoolExecutor(max_workers=1) as loading:
        console.write(f"log     {log_path}\n")
        console.flush()
        # This takes as long as the endpoint's start, and runs at the same time.
        dags = loading.submit(load_airflow)
        with endpoint(state, "--warm-spark") as environment:
            settings = settings_of(environment)
            loaded = dags.result()
            check_parameters(loaded["business_insights_daily"], parameters or {})
            upload(settings, folder)
            waiting = partial(triggerer, state) if deferrable else None
            return _run_dags(console, state, settings, loaded, process_date, parameters or {}, began, waiting)


def prepare(state: State) -> None:
    """Make this process and Airflow's metadata database ready for a run of DAGs.

    Raises:
        LocalRunError: the database is damaged or cannot be created.
    """
    botocore_loader.share_loader()
    forks_end_with_this_process()
    check_metadata(state)
    dag_runs.migrate_metadata(state)
    dag_runs.fail_interrupted_runs(state)


def upload(settings: Settings, folder: Path) -> None:
    """Upload the jobs, as a deployment does, and the source files, as the source's owner does."""
    import boto3

    s3 = boto3.client("s3", region_name=settings.region)
    source.upload_jobs(s3, settings.artefacts_bucket)
    source.upload_source(s3, settings.source_bucket, settings.source_prefix, folder)


def _check_date(process_date: str | None) -> None:
    if process_date is None:
        return
    try:
        date.fromisoformat(process_date)
    except ValueError as error:
        raise LocalRunError(f"DATE={process_date} is not a date; write it as YYYY-MM-DD") from error


def _run_dags(
    console: IO[str],
    state: State,
    settings: Settings,
    dags: dict[str, Any],
    process_date: str | None,
    parameters: dict[str, Any],
    began: float,
    waiting: Callable[[], AbstractContextManager[Callable[[], None]]] | None,
) -> int:
    from mwaa.local_runner.progress import Progress
    from mwaa.local_runner.summary import Outcome, row_counts, summarise
    from mwaa.local_runner.task_processes import Event, task_processes

    counting: Future[dict[str, int]] | None = None

    def on_event(event: Event) -> None:
        nonlocal counting
        progress.on_event(event)
        # When the report begins, all tables are published: count their rows while it runs.
        if counting is None and event[0] == "running" and event[1].startswith("report."):
            counting = counter.submit(row_counts, settings, day)

    with (
        ThreadPoolExecutor(1) as counter,
        Progress(console) as progress,
        task_processes(dags, on_event, preload, waiting),
    ):
        progress.begin("load_source_database", "")
        run_id, outcome = dag_runs.run_dag(dags["load_source_database"], {})
        if outcome == "success":
            for note in load_notes(settings):
                progress.say(f"  note  {note}")
            count = source_count(settings)
            for finding in count.findings:
                progress.say(f"  note  {finding}")
            day = process_date or last_complete_day(count)
            progress.begin("business_insights_daily", f" for {day}")
            run_id, outcome = dag_runs.run_dag(dags["business_insights_daily"], {**parameters, "process_date": day})
    _record(state, run_id, outcome, progress.spans)
    if outcome != "success":
        console.write(failure_text(progress.failures, run_id, full_disk(state, str(progress.failures))))
        return 1
    assert counting is not None, "a run that succeeded has a report"
    rows = counting.result()
    seconds = {**progress.seconds, "all": time.monotonic() - began}
    console.write(summarise(settings, Outcome(run_id, day, rows, seconds)))
    # Show it before the endpoint stops.
    console.flush()
    return 0


def load_airflow() -> dict[str, Any]:
    """Load the DAGs and what runs their tasks; returns the DAGs.

    Wait for it before a DAG runs: one thread cannot import Airflow's models while another uses them (each would wait
    for the other's lock).
    """
    with excluded_from_garbage_collection():
        dags = dag_runs.load_dags()
        airflow_internals.load_task_runner()
    return dags


def preload() -> None:
    """Import what takes longest, while the export and the bronze job run in other processes."""
    from biz_insights.quality.engine import great_expectations

    with excluded_from_garbage_collection():
        great_expectations()


def _record(state: State, run_id: str, outcome: str, spans: list[tuple[str, float, float]]) -> None:
    """Write when each stage ran, for the benchmark."""
    state.last_run.write_text(json.dumps({"run_id": run_id, "state": outcome, "spans": spans}))


def load_notes(settings: Settings) -> list[str]:
    """Return what the load ignored, generated or assumed in the files of the source database."""
    from biz_insights.source.csv_files.load import last_notes
    from biz_insights.source.database import connect

    with connect(settings) as connection:
        return last_notes(connection)


def source_count(settings: Settings) -> SourceCount:
    """Return the counts of the source database."""
    from biz_insights.source.database import connect, count_source

    with connect(settings) as connection:
        return count_source(connection, settings.business_timezone)


def last_complete_day(count: SourceCount) -> str:
    """Return the last day with orders before the newest one, which may be incomplete; the newest if it is the only one.

    Raises:
        LocalRunError: the source has no orders before now.
    """
    if count.last_day is None or count.first_day is None:
        ignored = "".join(f"; {finding}" for finding in count.findings)
        raise LocalRunError(f"order_items.csv has no line with an id, a quantity and a time up to now{ignored}")
    return (count.day_before_last or count.last_day).isoformat()


ACCEPT = "  here: make run PARAMS='accept_changes=true', with the same SOURCE and DATE\n"

NOTHING_PUBLISHED = ": nothing that depends on this task is published"
"""What the failure of a run that publishes means for readers."""


def failure_text(
    failures: list[tuple[str, str]], run_id: str, cause: str, after_failure: str = NOTHING_PUBLISHED
) -> str:
    """Return the task that failed, its error, the cause if it is known, and what the failure means for readers."""
    task, error = failures[0] if failures else ("a task", "see the log")
    return (
        f"\n✗ {task}: {error}\n"
        + (ACCEPT if "accept_changes" in error else "")
        + (f"  cause: {cause}\n" if cause else "")
        + f"  run {run_id} failed{after_failure}; docs/runbook.md says what to do\n"
    )


@contextmanager
def console_and_log(state: State) -> Iterator[tuple[IO[str], Path]]:
    """Return a console for progress, and a log file for everything that Airflow and its tasks print."""
    state.logs.mkdir(parents=True, exist_ok=True)
    path = state.logs / f"run-{time.strftime('%Y%m%d-%H%M%S')}.log"
    sys.stdout.flush()
    sys.stderr.flush()
    terminal, errors = os.dup(1), os.dup(2)
    console = os.fdopen(os.dup(terminal), "w", encoding="utf-8")
    with path.open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        yield console, path
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        console.close()
        os.dup2(terminal, 1)
        os.dup2(errors, 2)
        os.close(terminal)
        os.close(errors)
