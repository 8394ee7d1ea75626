"""Read the state of the published tables from the operations tables."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from biz_insights.gold.definition import gold_tables
from biz_schema.severities import WEIGHTS
from streamlit_dashboard.warehouse import athena, recent
from streamlit_dashboard.warehouse.athena import NotPublishedError
from streamlit_dashboard.warehouse.publications import Audit, Publication, State
from streamlit_dashboard.warehouse.release import Release

LEDGER = "row_ledger"

_PUBLISHED = """
WITH partitions AS (
    SELECT
        table_name,
        "partition" AS partition_value,
        MAX_BY(change, published_at) AS change,
        MAX(published_at) AS published_at,
        MAX_BY(run, published_at) AS run,
        MAX_BY(process_date, published_at) AS process_date,
        {release} AS newest_release
    FROM publish_history
    WHERE {recent}
    GROUP BY table_name, "partition"
)
SELECT
    table_name,
    MAX(partition_value) FILTER (WHERE change <> 'removed') AS latest_partition,
    MAX_BY(partition_value, published_at) AS newest_partition,
    MAX(published_at) AS published_at,
    MAX_BY(run, published_at) AS run,
    MAX_BY(process_date, published_at) AS process_date,
    MAX(newest_release) AS newest_release
FROM partitions
GROUP BY table_name
"""

_AUDITED = """
SELECT
    run,
    severity,
    success,
    COUNT(*) AS expectations,
    MAX(checked_at) AS checked_at,
    BOOL_OR(checkpoint_blocked) AS blocked
FROM data_quality_results
WHERE {recent}
GROUP BY run, severity, success
"""


def read_state(release: Release | None = None, clock: Callable[[], float] = time.time) -> State:
    """Return the state as the operations tables tell it; with a release, from their recent partitions.

    Args:
        release: the release to describe; None in a lake without releases.

    Raises:
        NotPublishedError: nothing was published yet.
    """
    tables, known_release = _published(release)
    complete = release is None or known_release >= release.number
    state = State(tables, (), clock(), release, complete)
    if not tables and release is None:
        raise NotPublishedError("publish_history holds no rows: nothing is published yet")
    condition, parameters = recent.runs(state.recent_since, state.newest.run)
    try:
        audits = audits_of(athena.frame(_AUDITED.format(recent=condition), parameters))
    except NotPublishedError:
        audits = ()
    return replace(state, audits=audits)


def _published(release: Release | None) -> tuple[dict[str, Publication], int]:
    """Return the latest publish of each table, and the newest release that the history describes.

    The recent part of the history is enough when it knows the latest day of every mart. Otherwise, and in a lake
    without releases, which does not say what its latest day is, the whole history is read.
    """
    if release is not None:
        condition, parameters = recent.months(recent.since(release.released.date()))
        found = athena.frame(_PUBLISHED.format(recent=condition, release="MAX(release)"), parameters)
        tables = _publications(found)
        if all(_is_known(tables.get(name), name, release) for name in _wanted()):
            return tables, int(found["newest_release"].max())
    found = athena.frame(_PUBLISHED.format(recent="TRUE", release="0" if release is None else "MAX(release)"))
    return _publications(found), int(found["newest_release"].max()) if len(found) else 0


def _wanted() -> list[str]:
    return [*(name for name, table in gold_tables().items() if table.kind == "marts"), LEDGER]


def _is_known(publication: Publication | None, table: str, release: Release) -> bool:
    """Return whether the recent history says where the table stands: a backfill alone changes older days."""
    if publication is None:
        return table == LEDGER and bool(release.batch_id)
    return table == LEDGER or publication.partition >= release.process_date


def _publications(published: pd.DataFrame) -> dict[str, Publication]:
    rows: list[dict[str, Any]] = published.to_dict("records")  # type: ignore[assignment]
    return {
        row["table_name"]: Publication(
            row["table_name"],
            row["latest_partition"] if isinstance(row["latest_partition"], str) else "",
            row["newest_partition"],
            row["published_at"].to_pydatetime(),
            row["run"],
            row["process_date"],
        )
        for row in rows
    }


def audits_of(results: pd.DataFrame) -> tuple[Audit, ...]:
    """One audit a run, newest first; the score is the share of weighted expectations that passed, rounded down."""
    audits = []
    for run, rows in results.groupby("run"):
        weights = rows["severity"].map(WEIGHTS).fillna(WEIGHTS["critical"]) * rows["expectations"]
        total = int(weights.sum())
        passed = int(weights[rows["success"].astype(bool)].sum())
        failed = int(rows.loc[~rows["success"].astype(bool) & (weights > 0), "expectations"].sum())
        score = 100.0 if total == 0 else (passed * 1000 // total) / 10
        blocked, checked_at = bool(rows["blocked"].any()), rows["checked_at"].max().to_pydatetime()
        audits.append(Audit(str(run), score, int(rows["expectations"].sum()), failed, blocked, checked_at))
    return tuple(sorted(audits, key=lambda audit: audit.checked_at, reverse=True))
