"""`make run`: source files through both DAGs to published marts, with progress and a summary."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from biz_insights.settings import Settings, resolve
from mwaa.local_aws.frozen_imports import loaded_for_good
from mwaa.local_runner import dag_runs, service_descriptions, source
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import LaptopError, State, airflow_environment, require_java

if TYPE_CHECKING:
    from biz_insights.source.database import SourceCount


def run(state: State, source_path: str | None, process_date: str | None) -> int:
    """Run the whole pipeline.

    Args:
        state: where the laptop keeps its things.
        source_path: folder with the CSV files; None for the generated sample.
        process_date: ``YYYY-MM-DD``; None for the last complete local day in the source.

    Returns:
        Exit code: 0 when everything is published, 1 when a task failed.

    Raises:
        LaptopError: something to mend before a run makes sense.
    """
    began = time.monotonic()
    require_java()
    _check_date(process_date)
    if source_path is None and not state.sample.exists():
        print("generating the sample source files (once) …", flush=True)
    folder = source.source_folder(state, source_path)
    print(f"source  {folder}", flush=True)
    os.environ.update(airflow_environment(state))
    os.environ.update(dag_runs.executor_environment())
    service_descriptions.share()
    dag_runs.migrate_metadata(state)
    with _console(state) as (console, log_path), ThreadPoolExecutor(max_workers=1) as loading:
        console.write(f"log     {log_path}\n")
        console.flush()
        # Takes as long as the start of the endpoint, beside which it runs.
        dags = loading.submit(_load_airflow)
        with endpoint(state, "--warm-spark") as environment:
            os.environ.update(environment)
            settings = resolve(os.environ)
            upload(settings, folder)
            return _run_dags(console, state, settings, dags.result(), process_date, began)


def upload(settings: Settings, folder: Path) -> None:
    """Put the source files and the jobs where a deployment and the source's owner put them."""
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
        raise LaptopError(f"DATE={process_date} is no date; give it as YYYY-MM-DD") from error


def _run_dags(
    console: IO[str],
    state: State,
    settings: Settings,
    dags: dict[str, Any],
    process_date: str | None,
    began: float,
) -> int:
    from mwaa.local_runner.progress import Progress
    from mwaa.local_runner.summary import Outcome, row_counts, summarise
    from mwaa.local_runner.task_processes import Event, task_processes

    counting: Future[dict[str, int]] | None = None

    def tell(event: Event) -> None:
        nonlocal counting
        progress.tell(event)
        # What a report is written of is published: its rows are counted meanwhile.
        if counting is None and event[0] == "running" and event[1].startswith("report."):
            counting = aside.submit(row_counts, settings, day)

    with ThreadPoolExecutor(1) as aside, Progress(console) as progress, task_processes(dags, tell, _preload):
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
            run_id, outcome = dag_runs.run_dag(dags["business_insights_daily"], {"process_date": day})
    _record(state, run_id, outcome, progress.spans)
    if outcome != "success":
        console.write(_failure(progress.failures, run_id))
        return 1
    assert counting is not None, "a run that succeeded has reported"
    rows = counting.result()
    seconds = {**progress.seconds, "all": time.monotonic() - began}
    console.write(summarise(settings, Outcome(run_id, day, rows, seconds)))
    # To be read while the endpoint stops.
    console.flush()
    return 0


def _load_airflow() -> dict[str, Any]:
    """The DAGs, and what runs their tasks.

    To be waited for before a DAG runs: Airflow's models cannot be imported by one thread while another uses them
    (each would wait for the other's lock).
    """
    with loaded_for_good():
        dags = dag_runs.load_dags()
        dag_runs.load_task_runner()
    return dags


def _preload() -> None:
    """What tasks take longest to import, while the export and the bronze job run elsewhere."""
    from biz_insights.quality.engine import great_expectations

    with loaded_for_good():
        great_expectations()


def _record(state: State, run_id: str, outcome: str, spans: list[tuple[str, float, float]]) -> None:
    """What the benchmark reads: when each stage ran."""
    state.last_run.write_text(json.dumps({"run_id": run_id, "state": outcome, "spans": spans}))


def load_notes(settings: Settings) -> list[str]:
    """What the load ignored, generated or assumed in the files that the source database now holds."""
    from biz_insights.source.csv_files.load import last_notes
    from biz_insights.source.database import connect

    with connect(settings) as connection:
        return last_notes(connection)


def source_count(settings: Settings) -> SourceCount:
    """What the source database holds now."""
    from biz_insights.source.database import connect, count_source

    with connect(settings) as connection:
        return count_source(connection, settings.business_timezone)


def last_complete_day(count: SourceCount) -> str:
    """The day before the last local day that the source has orders for (that one may go on).

    Raises:
        LaptopError: the source has no orders up to now.
    """
    if count.last_day is None or count.first_day is None:
        ignored = "".join(f"; {finding}" for finding in count.findings)
        raise LaptopError(f"order_items.csv has no line with an id, a quantity and a time up to now{ignored}")
    return max(count.first_day, count.last_day - timedelta(days=1)).isoformat()


def _failure(failures: list[tuple[str, str]], run_id: str) -> str:
    task, error = failures[0] if failures else ("a task", "see the log")
    return (
        f"\n✗ {task}: {error}\n"
        f"  run {run_id} failed; nothing of what it built is published past that task, "
        "and docs/runbook.md says what to do\n"
    )


@contextmanager
def _console(state: State) -> Iterator[tuple[IO[str], Path]]:
    """The terminal for progress, while everything that Airflow and its tasks print goes to a log file."""
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
