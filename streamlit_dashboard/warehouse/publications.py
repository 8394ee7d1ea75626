"""What is published, and since when: the versions by which results are stored, and how new the figures are.

The state is read again every half minute in the background. Pages show the earlier state until the new one is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from biz_insights.gold.definition import gold_tables
from biz_schema.severities import WEIGHTS
from streamlit_dashboard.warehouse import athena
from streamlit_dashboard.warehouse.athena import NotPublishedError, UnreachableError

CHECK_EVERY_SECONDS = 30.0

_PUBLISHED = """
WITH partitions AS (
    SELECT
        table_name,
        "partition" AS partition_value,
        MAX_BY(change, published_at) AS change,
        MAX(published_at) AS published_at,
        MAX_BY(run, published_at) AS run,
        MAX_BY(process_date, published_at) AS process_date
    FROM publish_history
    GROUP BY table_name, "partition"
)
SELECT
    table_name,
    MAX(partition_value) FILTER (WHERE change <> 'removed') AS latest_partition,
    MAX_BY(partition_value, published_at) AS newest_partition,
    MAX(published_at) AS published_at,
    MAX_BY(run, published_at) AS run,
    MAX_BY(process_date, published_at) AS process_date
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
GROUP BY run, severity, success
"""


@dataclass(frozen=True)
class Publication:
    """The latest publish of one table.

    `partition` is the greatest one (the newest as-of date of a mart), `newest_partition` the one that was published
    last (the current batch of the ledger).
    """

    table: str
    partition: str
    newest_partition: str
    published_at: datetime
    run: str
    process_date: str

    @property
    def version(self) -> str:
        return f"{self.partition}@{self.published_at.isoformat()}"


@dataclass(frozen=True)
class Audit:
    """What a run's checkpoints found.

    Attributes:
        failed: number of failed critical expectations and warnings; expectations for information do not count.
        blocked: at least one checkpoint blocked a publish.
    """

    run: str
    score: float
    expectations: int
    failed: int
    blocked: bool
    checked_at: datetime


@dataclass(frozen=True)
class State:
    """What is published at `read_at` (seconds since 1970); audits newest first."""

    tables: dict[str, Publication]
    audits: tuple[Audit, ...]
    read_at: float

    @property
    def newest(self) -> Publication:
        return max(self.tables.values(), key=lambda publication: publication.published_at)

    @property
    def as_of(self) -> date:
        """The last complete day counted by the newest marts."""
        days = [p.partition for name, p in self.tables.items() if name.startswith("mart_") and p.partition]
        return date.fromisoformat(max(days) if days else self.newest.process_date)

    def as_of_date(self, mart: str) -> date:
        """The newest as-of date of one mart.

        Raises:
            NotPublishedError: the mart was never published.
        """
        if mart not in self.tables or not self.tables[mart].partition:
            raise NotPublishedError(f"{mart} is not published yet")
        return date.fromisoformat(self.tables[mart].partition)

    def version(self, table: str) -> str:
        """Changes exactly when what the table shows changes; a view's is that of all tables under it."""
        if table in self.tables:
            return self.tables[table].version
        known = gold_tables()
        if table in known and known[table].kind == "views":
            return "|".join(self.version(read) for read in known[table].reads)
        return self.newest.version


def read_state(clock: Callable[[], float] = time.time) -> State:
    """The state as the operations tables tell it.

    Raises:
        NotPublishedError: nothing was published yet.
    """
    published = athena.frame(_PUBLISHED)
    if published.empty:
        raise NotPublishedError("publish_history holds no rows: nothing is published yet")
    rows: list[dict[str, Any]] = published.to_dict("records")  # type: ignore[assignment]
    tables = {
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
    try:
        audits = audits_of(athena.frame(_AUDITED))
    except NotPublishedError:
        audits = ()
    return State(tables, audits, clock())


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


class Watch:
    """The latest known state, read again behind the pages when it is older than `every` seconds."""

    def __init__(
        self,
        read: Callable[[], State] = read_state,
        every: float = CHECK_EVERY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._read = read
        self._every = every
        self._clock = clock
        self._lock = threading.Lock()
        self._state: State | None = None
        self._next_check = 0.0
        self._reading = False
        self.unreachable: str | None = None
        """Why the last attempt failed; None when it did not."""

    def state(self) -> State:
        """The state to show now.

        Raises:
            NotPublishedError: nothing is published. UnreachableError: no answer, and no state from before.
        """
        if self._state is None:
            with self._lock:
                if self._state is None:
                    self._refresh()
            assert self._state is not None
            return self._state
        if self._clock() >= self._next_check and not self._reading:
            self._reading = True
            threading.Thread(target=self._refresh_quietly, daemon=True).start()
        return self._state

    def _refresh(self) -> None:
        try:
            self._state = self._read()
            self.unreachable = None
        except UnreachableError as error:
            self.unreachable = str(error)
            raise
        finally:
            self._next_check = self._clock() + self._every

    def _refresh_quietly(self) -> None:
        try:
            self._refresh()
        except (UnreachableError, NotPublishedError, athena.QueryError) as error:
            self.unreachable = str(error)
        finally:
            self._reading = False
