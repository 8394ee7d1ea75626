"""What an operator does on a laptop: look at the quarantine and at a table's history, replay, roll back.

`make replay` and `make rollback` run the DAGs of these names, which do the same on MWAA.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import boto3

from biz_insights.aws import s3
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.current_release import slot_database
from biz_insights.lake.holds import read_hold
from biz_insights.lake.releases import Release, current_release
from biz_insights.reports.quarantine import read_figures, read_samples
from biz_insights.settings import Settings
from biz_insights.steps.operator_runs import outcome_uri
from biz_schema.quarantine_reasons import QUARANTINE_REASONS
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import LocalRunError, State
from mwaa.local_runner.operation_texts import history_text, quarantine_text
from mwaa.local_runner.operator_dag import OperatorDag, run_operator_dag
from mwaa.local_runner.queries import Reader, settings_of

HISTORY_SQL = """
SELECT release, MAX(published_at) AS published_at, MAX(run) AS run, MAX(process_date) AS process_date,
    COUNT_IF(change = 'added') AS added, COUNT_IF(change = 'replaced') AS replaced,
    COUNT_IF(change = 'removed') AS removed
FROM publish_history
WHERE table_name = '{table}' AND ("partition" = '{partition}' OR '{partition}' = '')
GROUP BY release ORDER BY release"""


def quarantine(state: State, arguments: argparse.Namespace) -> int:
    """Print what is in quarantine, by source table and reason, with samples and what to do."""
    reason = arguments.reason
    _require_reason(reason)
    with endpoint(state) as environment:
        settings = settings_of(environment)
        release = _require_release(settings)
        query = _Query(settings)
        figures = read_figures(query, settings.price_basis, release.batch_id, reason)
        samples = read_samples(query, reason) if figures else []
    sys.stdout.write(quarantine_text(figures, samples, reason))
    return 0


def history(state: State, arguments: argparse.Namespace) -> int:
    """Print the releases that changed a table, which of them readers see, and what is held."""
    table, partition = arguments.table, arguments.partition
    _require_table(table)
    _require_name(partition, "PARTITION")
    with endpoint(state) as environment:
        settings = settings_of(environment)
        release = _require_release(settings)
        rows = _Query(settings)(HISTORY_SQL.format(table=table, partition=partition))
        catalog = Catalog(_session(settings).client("glue"), slot_database(settings.published_database, release.slot))
        hold = read_hold(catalog, table)
    if not rows:
        what = f"partition {partition} of {table}" if partition else table
        raise LocalRunError(f"no release has changed {what}; make query SQL='show tables' lists what is published")
    sys.stdout.write(history_text(table, partition, rows, hold))
    return 0


def replay(state: State, arguments: argparse.Namespace) -> int:
    """Run `replay_quarantine`, and print what left or entered the quarantine."""
    _require_reason(arguments.reason)
    conf = {"reason": arguments.reason, "accept_changes": arguments.accept_changes}
    return run_operator_dag(state, OperatorDag("replay_quarantine", conf, _outcome))


def rollback(state: State, arguments: argparse.Namespace) -> int:
    """Run `rollback_table`, and print what went back, or which hold was lifted."""
    conf = rollback_conf(arguments)
    what = f"lift {arguments.table}" if arguments.lift else f"{arguments.table} to release {arguments.to}"
    return run_operator_dag(state, OperatorDag("rollback_table", conf, _outcome, about=f": {what}"))


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


def _outcome(session: boto3.session.Session, settings: Settings, run: str) -> str:
    """Return the text with which the last task of the run ends."""
    return str(s3.get_json(session, outcome_uri(settings.lake_uri(""), run))["text"])


class _Query:
    """Runs statements on the published tables and returns rows by column."""

    def __init__(self, settings: Settings) -> None:
        self._reader = Reader(settings)

    def __call__(self, sql: str) -> list[dict[str, Any]]:
        names, found = self._reader.rows(sql)
        return [dict(zip(names, row, strict=True)) for row in found]


def _session(settings: Settings) -> boto3.session.Session:
    return boto3.session.Session(region_name=settings.region)


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
