"""What is published, and since when: the versions by which results are stored, and how new the figures are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from biz_insights.gold.definition import gold_tables
from streamlit_dashboard.warehouse import recent
from streamlit_dashboard.warehouse.athena import NotPublishedError
from streamlit_dashboard.warehouse.release import TABLE, Release


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
    """What is published.

    Attributes:
        tables: the latest publish of each table, at least of those published lately.
        audits: newest first.
        read_at: seconds since 1970.
        release: the release that the tables belong to; None in a lake without releases.
        is_complete: the history already says what the release changed.
    """

    tables: dict[str, Publication]
    audits: tuple[Audit, ...]
    read_at: float
    release: Release | None = None
    is_complete: bool = True

    @property
    def newest(self) -> Publication:
        """The latest publish: with releases, that of the release."""
        if self.release is not None:
            day = self.release.process_date
            return Publication(TABLE, "", "", self.release.released, self.release.run, day)
        return max(self.tables.values(), key=lambda publication: publication.published_at)

    @property
    def recent_since(self) -> date:
        """The first day of what pages show of the operations tables."""
        return recent.since(self.newest.published_at.date())

    @property
    def batch(self) -> str:
        """The source batch that silver and the ledger hold.

        Raises:
            NotPublishedError: none was published.
        """
        if self.release is not None and self.release.batch_id:
            return self.release.batch_id
        if "row_ledger" not in self.tables:
            raise NotPublishedError("row_ledger is not published yet")
        return self.tables["row_ledger"].newest_partition

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
        """Changes whenever what the table shows may have changed; a view's is that of all tables under it."""
        if self.release is not None:
            return f"release {self.release.number}"
        if table in self.tables:
            return self.tables[table].version
        known = gold_tables()
        if table in known and known[table].kind == "views":
            return "|".join(self.version(read) for read in known[table].reads)
        return self.newest.version
