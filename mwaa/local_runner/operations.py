"""What an operator does on a laptop: look at the quarantine and at a table's history, replay, roll back.

`make replay` and `make rollback` run the DAGs of these names, which do the same on MWAA.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

from biz_insights.aws import s3
from biz_insights.identity import run_slug
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.current_release import slot_database
from biz_insights.lake.holds import read_hold
from biz_insights.lake.releases import Release, current_release
from biz_insights.reports.quarantine import read_figures, read_samples
from biz_insights.settings import Settings, resolve
from biz_insights.steps.operator_runs import outcome_uri
from biz_schema.quarantine_reasons import QUARANTINE_REASONS
from mwaa.local_runner import botocore_loader, dag_runs, source
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import LocalRunError, State, require_java
from mwaa.local_runner.failures import full_disk
from mwaa.local_runner.metadata_check import check_metadata
from mwaa.local_runner.operation_texts import history_text, quarantine_text
from mwaa.local_runner.ownership import forks_end_with_this_process
from mwaa.local_runner.queries import Reader
from mwaa.local_runner.run import console_and_log, failure_text, load_airflow, preload

HISTORY_SQL = """
SELECT release, MAX(published_at) AS published_at, MAX(run) AS run, MAX(process_date) AS process_date,
    COUNT_IF(change = 'added') AS added, COUNT_IF(change = 'replaced') AS replaced,
    COUNT_IF(change = 'removed') AS removed
FROM publish_history
WHERE table_name = '{table}' AND ("partition" = '{partition}' OR '{partition}' = '')
GROUP BY release ORDER BY release"""


def run_command(state: State, arguments: argparse.Namespace) -> int:
    """Run one of the commands. Return the exit code.

    The environment is that of `operation_arguments.run_operation_command`.
    """
    # Standard output is for the report.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    logging.getLogger("airflow").setLevel(logging.WARNING)
    if arguments.command == "quarantine":
        return quarantine(state, arguments.reason)
    if arguments.command == "history":
        return history(state, arguments.table, arguments.partition)
    if arguments.command == "replay":
        _require_reason(arguments.reason)
        conf = {"reason": arguments.reason, "accept_changes": arguments.accept_changes}
        return run_operation(state, "replay_quarantine", conf, "")
    conf = rollback_conf(arguments)
    what = f"lift {arguments.table}" if arguments.lift else f"{arguments.table} to release {arguments.to}"
    return run_operation(state, "rollback_table", conf, f": {what}")


def quarantine(state: State, reason: str) -> int:
    """Print what is in quarantine, by source table and reason, with samples and what to do."""
    _require_reason(reason)
    with endpoint(state) as environment:
        settings = _settings(environment)
        release = _require_release(settings)
        query = _Query(settings)
        figures = read_figures(query, settings.price_basis, release.batch_id, reason)
        samples = read_samples(query, reason) if figures else []
    sys.stdout.write(quarantine_text(figures, samples, reason))
    return 0


def history(state: State, table: str, partition: str) -> int:
    """Print the releases that changed a table, which of them readers see, and what is held."""
    _require_table(table)
    _require_name(partition, "PARTITION")
    with endpoint(state) as environment:
        settings = _settings(environment)
        release = _require_release(settings)
        rows = _Query(settings)(HISTORY_SQL.format(table=table, partition=partition))
        catalog = Catalog(_session(settings).client("glue"), slot_database(settings.published_database, release.slot))
        hold = read_hold(catalog, table)
    if not rows:
        what = f"partition {partition} of {table}" if partition else table
        raise LocalRunError(f"no release has changed {what}; make query SQL='show tables' lists what is published")
    sys.stdout.write(history_text(table, partition, rows, hold))
    return 0


def rollback_conf(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters of the DAG `rollback_table`.

    Raises:
        LocalRunError: the release is missing or not a number, or is given together with LIFT.
    """
    _require_table(arguments.table)
    if arguments.lift and (arguments.to or arguments.partition):
        raise LocalRunError("LIFT=1 lifts the hold of the whole table; give it without TO and PARTITION")
    if not arguments.lift and not arguments.to.isdigit():
        raise LocalRunError(
            f"TO={arguments.to} is not the number of a release; make history TABLE={arguments.table} lists them"
        )
    return {
        "table": arguments.table,
        "release": int(arguments.to or 0),
        "partition": arguments.partition,
        "reason": arguments.reason,
        "lift": arguments.lift,
    }


def run_operation(state: State, dag_id: str, conf: dict[str, Any], about: str) -> int:
    """Run one DAG with progress, and print what its last task reports. Return 1 when a task failed."""
    from mwaa.local_runner.progress import Progress
    from mwaa.local_runner.task_processes import task_processes

    require_java()
    botocore_loader.share_loader()
    forks_end_with_this_process()
    check_metadata(state)
    dag_runs.migrate_metadata(state)
    dag_runs.fail_interrupted_runs(state)
    with console_and_log(state) as (console, log_path), ThreadPoolExecutor(max_workers=1) as loading:
        console.write(f"log     {log_path}\n")
        console.flush()
        loaded = loading.submit(load_airflow)
        with endpoint(state, "--warm-spark") as environment:
            settings = _settings(environment)
            # As a deployment does: the job that runs is the one that was fixed.
            source.upload_jobs(_session(settings).client("s3"), settings.artefacts_bucket)
            dags = loaded.result()
            with Progress(console) as progress, task_processes(dags, progress.on_event, preload, None):
                progress.begin(dag_id, about)
                run_id, outcome = dag_runs.run_dag(dags[dag_id], conf)
            if outcome != "success":
                console.write(failure_text(progress.failures, run_id, full_disk(state, str(progress.failures))))
                return 1
            uri = outcome_uri(settings.lake_uri(""), run_slug(run_id))
            console.write(f"\n{s3.get_json(_session(settings), uri)['text']}\n")
            # Show it before the endpoint stops.
            console.flush()
    return 0


class _Query:
    """Runs statements on the published tables and returns rows by column."""

    def __init__(self, settings: Settings) -> None:
        self._reader = Reader(settings)

    def __call__(self, sql: str) -> list[dict[str, Any]]:
        names, found = self._reader.rows(sql)
        return [dict(zip(names, row, strict=True)) for row in found]


def _session(settings: Settings) -> boto3.session.Session:
    return boto3.session.Session(region_name=settings.region)


def _settings(environment: dict[str, str]) -> Settings:
    os.environ.update(environment)
    return resolve(os.environ)


def _require_release(settings: Settings) -> Release:
    release = current_release(_session(settings).client("glue"), settings.published_database)
    if release is None:
        raise LocalRunError("nothing is published yet; run `make run` first")
    return release


def _require_reason(reason: str) -> None:
    if reason and reason not in QUARANTINE_REASONS:
        raise LocalRunError(f"REASON={reason} is not known; choose one of {', '.join(QUARANTINE_REASONS)}")


def _require_table(table: str) -> None:
    if not table:
        raise LocalRunError("TABLE= is missing; give the name of a table, for example TABLE=mart_sales_trends")
    _require_name(table, "TABLE")


def _require_name(text: str, argument: str) -> None:
    """Check that a name can stand in a statement as it is."""
    if not all(character.isalnum() or character in "_-=" for character in text):
        raise LocalRunError(f"{argument}={text} has characters that no table and no partition has; correct it")
