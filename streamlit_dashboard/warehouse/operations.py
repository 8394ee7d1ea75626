"""What the pipeline did: ledger, quarantine, expectations, publish history."""

from __future__ import annotations

import pandas as pd

from streamlit_dashboard.warehouse.athena import NotPublishedError
from streamlit_dashboard.warehouse.loads import load, present, state

FAILED_SHOWN = 200
SAMPLES_SHOWN = 50
HISTORY_SHOWN = 200


def _current_batch(table: str) -> str:
    """Return the batch that was published last."""
    publication = state().tables.get(table)
    if publication is None:
        raise NotPublishedError(f"{table} is not published yet")
    return publication.newest_partition


def ledger() -> pd.DataFrame:
    """Return rows of the source, accepted and quarantined, by table, of the latest batch."""
    return load(
        "row_ledger",
        "SELECT * FROM row_ledger WHERE batch_id = %(batch)s ORDER BY source_table",
        {"batch": _current_batch("row_ledger")},
    )


def quarantine_by_reason() -> pd.DataFrame:
    """Return quarantined rows of the latest batch by table and reason; a row with two reasons counts for both."""
    return load(
        "row_ledger",
        "SELECT source_table, reason, COUNT(*) AS quarantined_rows FROM quarantine"
        " CROSS JOIN UNNEST(reasons) AS listed (reason)"
        " WHERE batch_id = %(batch)s GROUP BY source_table, reason ORDER BY quarantined_rows DESC, reason",
        {"batch": _current_batch("row_ledger")},
    )


def quarantine_samples() -> pd.DataFrame:
    """Return some quarantined rows of the latest batch: key and reasons, without the raw text (it may name people)."""
    return load(
        "row_ledger",
        "SELECT source_table, source_id, order_id, lineitem_id, ARRAY_JOIN(reasons, ', ') AS reasons FROM quarantine"
        f" WHERE batch_id = %(batch)s ORDER BY source_table, source_id LIMIT {SAMPLES_SHOWN}",
        {"batch": _current_batch("row_ledger")},
    )


def expectations() -> pd.DataFrame:
    """Return the newest result of every suite: expectations, failures by severity, score."""
    return load(
        "data_quality_results",
        "WITH newest AS (SELECT checkpoint, MAX_BY(run, checked_at) AS run FROM data_quality_results GROUP BY 1)"
        " SELECT results.checkpoint, results.table_name, results.run, MAX(results.checked_at) AS checked_at,"
        " COUNT(*) AS expectations, COUNT_IF(NOT results.success) AS failed,"
        " COUNT_IF(NOT results.success AND results.severity = 'critical') AS critical_failed,"
        " COUNT_IF(NOT results.success AND results.severity = 'warning') AS warning_failed,"
        " MAX(results.checkpoint_score) AS score, BOOL_OR(results.checkpoint_blocked) AS blocked"
        " FROM data_quality_results AS results"
        " INNER JOIN newest ON newest.checkpoint = results.checkpoint AND newest.run = results.run"
        " GROUP BY 1, 2, 3 ORDER BY 2",
    )


def failed_expectations() -> pd.DataFrame:
    """Return failed expectations, newest first."""
    wanted = ["checked_at", "run", "table_name", "rule_name", "column_name", "severity", "observed"]
    wanted += ["unexpected_count", "unexpected_percent", "why", "fix"]
    columns = ", ".join(present("data_quality_results", wanted))
    return load(
        "data_quality_results",
        f"SELECT {columns} FROM data_quality_results WHERE NOT success"
        f" ORDER BY checked_at DESC, severity, table_name LIMIT {FAILED_SHOWN}",
    )


def publish_history() -> pd.DataFrame:
    """Return what each run published, by table, newest first."""
    return load(
        "publish_history",
        "SELECT run, process_date, table_name, COUNT_IF(change = 'added') AS added,"
        " COUNT_IF(change = 'replaced') AS replaced, COUNT_IF(change = 'removed') AS removed,"
        " MAX(published_at) AS published_at"
        " FROM publish_history GROUP BY run, process_date, table_name"
        f" ORDER BY published_at DESC LIMIT {HISTORY_SHOWN}",
    )
