"""Run after run over the same lake: silver as delivered, gold as planned, built and published by the daily DAG.

What is due is what the DAG's own planners say; silver is compared by the job's own `compare`. Only the I/O is replaced:
a partition is published by replacing its rows in DuckDB, and the scores job by sums of the published customer days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from biz_insights.gold.definition import gold_tables
from biz_insights.gold.plan import GoldPlan
from biz_insights.lake.catalog import PublishedPartition
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
    """What a run builds, in the DAG's order: facts, scores, marts."""
    facts, marts = (
        [table.name for table in gold_tables().values() if table.kind == kind] for kind in ("facts", "marts")
    )
    return [*facts, SCORES, *marts]


@dataclass
class Published:
    """The published database as the planners ask for it: fingerprint by partition value and table."""

    tables: dict[str, dict[str, str]] = field(default_factory=dict)

    def fingerprints(self, name: str) -> dict[str, str]:
        return dict(self.tables.get(name, {}))

    def partitions(self, name: str) -> dict[str, PublishedPartition]:
        digests = self.fingerprints(name)
        return {value: PublishedPartition(value, f"s3://lake/{name}/{value}/", digests[value]) for value in digests}

    def partition_key(self, name: str) -> str | None:
        if name in gold_tables():
            return gold_tables()[name].partition
        return {LINES: "order_date", CALENDAR: None}.get(name, "as_of_date")


class S3:
    """The session of a run whose job's code never changes, and which may write a plan."""

    def client(self, _service: str) -> S3:
        return self

    def head_object(self, **_where: str) -> dict[str, str]:
        return {"ETag": "code"}

    def put_object(self, **_what: Any) -> None:
        return


@dataclass(frozen=True)
class Work:
    """Partition values that a run built and took away in one table."""

    built: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


class DailyRuns:
    """A lake, and the runs that fill it."""

    def __init__(self) -> None:
        self.lake = Lake([])
        self.published = Published()

    def deliver(self, lines: Iterable[Row], calendar: Sequence[Row]) -> None:
        """A batch that is complete for all dates: the days of silver that differ from it are replaced."""
        days: dict[str, list[Row]] = {}
        for row in lines:
            days.setdefault(row["order_date"].isoformat(), []).append(row)
        self._replace(LINES, {day: (rows, f"order_date = DATE '{day}'") for day, rows in days.items()})
        self._replace(CALENDAR, {"": (calendar, "TRUE")})

    def run(self, as_of: str, tables: Sequence[str]) -> dict[str, Work]:
        """Plan, build and publish these tables of `build_order`, all or those before a failure; returns the work."""
        context = RunContext(Settings(), "scheduled__1", as_of)
        context.__dict__.update(session=S3(), published=self.published)
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
        """Build the plan's SELECTs and point the table to what they gave, as tasks.gold and lake.publish do."""
        run, published = self.lake.connection.execute, f"{DATABASE}.{plan.table}"
        known = self.published.tables.setdefault(plan.table, {})
        for value in [*plan.fingerprints, *plan.removed]:
            if known:
                run(f"DELETE FROM {published} WHERE {plan.partition} = DATE '{value}'")
        for select in plan.selects:
            run(f"CREATE OR REPLACE TEMP TABLE candidate AS {translated(select)}")
            found = {str(value) for (value,) in run(f"SELECT DISTINCT {plan.partition} FROM candidate").fetchall()}
            assert found <= plan.fingerprints.keys(), f"{plan.table} gave partitions that nobody asked for: {found}"
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
    """What the silver job makes of a partition: rows and the sum of their hashes, whatever batch they came in."""
    says = [sorted((name, repr(row[name])) for name in row if name not in LINEAGE_COLUMNS) for row in rows]
    hashes = [hashlib.blake2b(repr(row).encode(), digest_size=8).digest() for row in says]
    return Fingerprint(len(rows), sum(int.from_bytes(digest, "big", signed=True) for digest in hashes))


def made_at_once(lines: Iterable[Row], calendar: Sequence[Row], as_of: str) -> Lake:
    """Every gold table built from these rows in one go, without planner or history, up to the as-of date."""
    lake = Lake(lines, calendar)
    days = [day for day in lake.days() if day <= as_of]
    lake.build("gold_customer_day", as_of, days)
    write_scores(lake, as_of)
    for name in build_order():
        if name != SCORES:
            lake.build(name, as_of, days)
    return lake
