"""What the pipeline did: ledger, quarantine, expectations, publish history."""

from __future__ import annotations

import pandas as pd

from biz_insights.reports.quarantine import figures_sql, samples_sql
from streamlit_dashboard.warehouse import recent
from streamlit_dashboard.warehouse.athena import settings
from streamlit_dashboard.warehouse.loads import load, present, state

FAILED_SHOWN = 200
HISTORY_SHOWN = 200


def ledger() -> pd.DataFrame:
    """Return rows of the source, accepted and quarantined, by table, of the latest batch."""
    return load(
        "row_ledger",
        "SELECT * FROM row_ledger WHERE batch_id = %(batch)s ORDER BY source_table",
        {"batch": state().batch},
    )


def quarantine_by_reason() -> pd.DataFrame:
    """Return quarantined rows, their money and their days by table and reason; a row with two reasons counts for both.

    The rows are those of the present silver. They may have been built from an earlier batch and not have changed since.
    """
    return load("row_ledger", figures_sql(settings().price_basis, with_silver=False))


def quarantine_samples() -> pd.DataFrame:
    """Return up to five rows of each table and reason: their keys, without the raw text (it may name people)."""
    found = load("row_ledger", samples_sql())
    return found[["source_table", "reason", "source_id", "order_id", "lineitem_id"]]


def results_version() -> str:
    """Return what identifies the newest check results: runs that publish nothing add results, too."""
    return max((f"{audit.checked_at.isoformat()} {audit.run}" for audit in state().audits), default="")


def expectations() -> pd.DataFrame:
    """Return the newest result of every suite that was checked lately: expectations, failures by severity, score."""
    condition, parameters = recent.runs(state().recent_since, state().newest.run)
    return load(
        "data_quality_results",
        f"WITH lately AS (SELECT * FROM data_quality_results WHERE {condition}),"
        " newest AS (SELECT checkpoint, MAX_BY(run, checked_at) AS run FROM lately GROUP BY 1)"
        " SELECT results.checkpoint, results.table_name, results.run, MAX(results.checked_at) AS checked_at,"
        " COUNT(*) AS expectations, COUNT_IF(NOT results.success) AS failed,"
        " COUNT_IF(NOT results.success AND results.severity = 'critical') AS critical_failed,"
        " COUNT_IF(NOT results.success AND results.severity = 'warning') AS warning_failed,"
        " MAX(results.checkpoint_score) AS score, BOOL_OR(results.checkpoint_blocked) AS blocked"
        " FROM lately AS results"
        " INNER JOIN newest ON newest.checkpoint = results.checkpoint AND newest.run = results.run"
        " GROUP BY 1, 2, 3 ORDER BY 2",
        parameters,
        results_version(),
    )


def failed_expectations() -> pd.DataFrame:
    """Return the failed expectations of recent runs, newest first."""
    wanted = ["checked_at", "run", "table_name", "rule_name", "column_name", "severity", "observed"]
    wanted += ["unexpected_count", "unexpected_percent", "why", "fix"]
    columns = ", ".join(present("data_quality_results", wanted))
    condition, parameters = recent.runs(state().recent_since, state().newest.run)
    return load(
        "data_quality_results",
        f"SELECT {columns} FROM data_quality_results WHERE NOT success AND {condition}"
        f" ORDER BY checked_at DESC, severity, table_name LIMIT {FAILED_SHOWN}",
        parameters,
        results_version(),
    )


def publish_history() -> pd.DataFrame:
    """Return what each recent run published, by table, newest first."""
    first = state().recent_since
    by_run = state().release is None
    condition, parameters = recent.runs(first, state().newest.run) if by_run else recent.months(first)
    return load(
        "publish_history",
        "SELECT run, process_date, table_name, COUNT_IF(change = 'added') AS added,"
        " COUNT_IF(change = 'replaced') AS replaced, COUNT_IF(change = 'removed') AS removed,"
        " MAX(published_at) AS published_at"
        f" FROM publish_history WHERE {condition} GROUP BY run, process_date, table_name"
        f" ORDER BY published_at DESC LIMIT {HISTORY_SHOWN}",
        parameters,
    )
