"""Several daily runs on the same lake: deliver silver, then plan, build and publish gold as the daily DAG does.

The planners are those of the DAG, and silver is compared with the function of the job. Only the I/O is replaced: a
publish replaces rows in DuckDB, and the scores are sums of the published customer days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from biz_insights.gold.definition import gold_tables
from biz_insights.gold.plan import GoldPlan
from biz_insights.lake.catalog import PublishedPartition
from biz_insights.lake.current_release import Release
from biz_insights.settings import Settings
from biz_insights.steps.gold_steps import plan_table
from biz_insights.steps.run_context import RunContext
from biz_insights.steps.score_steps import plan_scores
from biz_schema.score_tables import SCORE_TABLES
from spark_jobs.partitions import Fingerprint
from spark_jobs.transforms.fingerprints import LINEAGE_COLUMNS, compare, to_write
from tests.dags.gold.harness import DATABASE, Lake, Row, translated
from tests.dags.gold.score_sums import write_scores

LINES, CALENDAR = "silver_order_items", "silver_date_dim"
SCORES = "scores"


def build_order() -> list[str]:
    """Return what a run builds, in the order of the DAG: facts, scores, marts."""
    facts, marts = (
        [table.name for table in gold_tables().values() if table.kind == kind] for kind in ("facts", "marts")
    )
    return [*facts, SCORES, *marts]


@dataclass
class Published:
    """The slot that a run builds on, as the planners read it: fingerprints by table and partition value."""

    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    database: str = DATABASE

    def fingerprints(self, name: str) -> dict[str, str]:
        return dict(self.tables.get(name, {}))

    def partitions(self, name: str) -> dict[str, PublishedPartition]:
        digests = self.fingerprints(name)
        return {value: PublishedPartition(value, f"s3://lake/{name}/{value}/", digests[value]) for value in digests}

    def parameter(self, _name: str, _key: str) -> str | None:
        return None

    def partition_key(self, name: str) -> str | None:
        if name in gold_tables():
            return gold_tables()[name].partition
        return {LINES: "order_date", CALENDAR: None}.get(name, "as_of_date")


class S3:
    """A session for which the code of the job never changes and a plan can be written."""

    def client(self, _service: str) -> S3:
        return self

    def head_object(self, **_where: str) -> dict[str, str]:
        return {"ETag": "code"}

    def put_object(self, **_what: Any) -> None:
        return


@dataclass(frozen=True)
class OpenedLake:
    """The lease and the releases of a lake whose working slot is the run's already."""

    process_date: str

    def acquire(self, *_: Any, **__: Any) -> None:
        return

    def prepare(self) -> None:
        return

    def slot_base(self, _slot: str) -> dict[str, Any]:
        return {"release": 1, "process_date": self.process_date}

    def complete(self, _release: Release) -> bool:
        return False


FIRST = Release(1, "000001", "b", "scheduled-0", "0001-01-01", "2024-01-01T00:00:00+00:00")
"""The release that readers see: it is before every day of a run."""


@dataclass(frozen=True)
class Work:
    """Partition values of one table that a run built and removed."""

    built: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


class DailyRuns:
    """A lake and the runs that fill it."""

    def __init__(self) -> None:
        self.lake = Lake([])
        self.published = Published()

    def deliver(self, lines: Iterable[Row], calendar: Sequence[Row]) -> None:
        """Deliver a batch that is complete for all dates. The days of silver that differ from it are replaced."""
        days: dict[str, list[Row]] = {}
        for row in lines:
            days.setdefault(row["order_date"].isoformat(), []).append(row)
        self._replace(LINES, {day: (rows, f"order_date = DATE '{day}'") for day, rows in days.items()})
        self._replace(CALENDAR, {"": (calendar, "TRUE")})

    def run(self, as_of: str, tables: Sequence[str]) -> dict[str, Work]:
        """Plan, build and publish these tables of `build_order`. Return the work by table."""
        context = RunContext(Settings(), "scheduled__1", as_of)
        opened = OpenedLake(as_of)
        context.__dict__.update(session=S3(), lease=opened, releases=opened, current=FIRST, working=self.published)
        return {
            name: self._score(context)
            if name == SCORES
            else self._publish(plan_table(context, name, full_refresh=False))
            for name in tables
        }

    def _replace(self, name: str, partitions: Mapping[str, tuple[Sequence[Row], str]]) -> None:
        current = {value: fingerprint(rows) for value, (rows, _) in partitions.items()}
        known = self.published.tables.setdefault(name, {})
        changes = compare(current, known)
        for value in to_write(changes):
            rows, where = partitions[value]
            self.lake.connection.execute(f"DELETE FROM {DATABASE}.{name} WHERE {where}")
            self.lake.insert(name, rows)
            known[value] = current[value].text
        for value in [value for value, part in changes.items() if part.change == "deleted"]:
            self.lake.connection.execute(f"DELETE FROM {DATABASE}.{name} WHERE order_date = DATE '{value}'")
            del known[value]

    def _publish(self, plan: GoldPlan) -> Work:
        """Run the SELECTs of the plan and publish their rows, as the build and publish tasks do."""
        run, published = self.lake.connection.execute, f"{DATABASE}.{plan.table}"
        known = self.published.tables.setdefault(plan.table, {})
        for value in [*plan.fingerprints, *plan.removed]:
            if known:
                run(f"DELETE FROM {published} WHERE {plan.partition} = DATE '{value}'")
        for select in plan.selects:
            run(f"CREATE OR REPLACE TEMP TABLE candidate AS {translated(select)}")
            found = {str(value) for (value,) in run(f"SELECT DISTINCT {plan.partition} FROM candidate").fetchall()}
            assert found <= plan.fingerprints.keys(), f"{plan.table} built partitions that are not in the plan: {found}"
            run(f"CREATE TABLE IF NOT EXISTS {published} AS SELECT * FROM candidate LIMIT 0")
            run(f"INSERT INTO {published} SELECT * FROM candidate")
        known.update(plan.fingerprints)
        for value in plan.removed:
            del known[value]
        return Work(frozenset(plan.fingerprints), frozenset(plan.removed))

    def _score(self, context: RunContext) -> Work:
        plan = plan_scores(context, full_refresh=False)
        if plan is None:
            return Work()
        write_scores(self.lake, context.process_date)
        for name in SCORE_TABLES:
            self.published.tables.setdefault(name, {})[context.process_date] = plan["input_fingerprint"]
        return Work(frozenset({context.process_date}))


def fingerprint(rows: Sequence[Row]) -> Fingerprint:
    """Return the fingerprint that the silver job computes: row count and sum of hashes, without batch."""
    contents = [sorted((name, repr(row[name])) for name in row if name not in LINEAGE_COLUMNS) for row in rows]
    hashes = [hashlib.blake2b(repr(row).encode(), digest_size=8).digest() for row in contents]
    return Fingerprint(len(rows), sum(int.from_bytes(digest, "big", signed=True) for digest in hashes))


def built_at_once(lines: Iterable[Row], calendar: Sequence[Row], as_of: str) -> Lake:
    """Build every gold table from these rows once, up to the as-of date, without planner or earlier runs."""
    lake = Lake(lines, calendar)
    days = [day for day in lake.days() if day <= as_of]
    lake.build("gold_customer_day", as_of, days)
    write_scores(lake, as_of)
    for name in build_order():
        if name != SCORES:
            lake.build(name, as_of, days)
    return lake
