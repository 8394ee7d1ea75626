"""DAG runs on the small chain: the steps of the daily DAG in its order, each in a context of its own, as tasks are."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.lease import LEASE_KEY, LeaseHeldError, LeaseStore
from biz_insights.steps import bronze_steps, gold_steps, lake_access, release_steps, silver_steps
from biz_insights.steps.run_context import RunContext
from tests.protocol.aws_in_memory import Crash
from tests.protocol.small_chain import DATABASE, GOLD, SETTINGS, SmallChain

Memo = dict[str, Any]
"""What the tasks of a run have returned, by step: its XComs."""


class InMemoryRun(RunContext):
    """The context of a task on the small chain."""

    chain: SmallChain

    def catalog(self, database: str) -> Catalog:
        return Catalog(self.session.client("glue"), database)

    def reader(self, catalog: Catalog) -> Any:
        return Athena(self.chain)


class Athena:
    """Creates views, as Athena does: it puts them into the catalog."""

    def __init__(self, chain: SmallChain) -> None:
        self._tables = chain.session.glue.databases[DATABASE]

    def cursor(self) -> Athena:
        return self

    def execute(self, statement: str) -> None:
        name = statement.partition(f"VIEW {DATABASE}.")[2].partition(" ")[0]
        self._tables[name] = {
            "Name": name, "TableType": "VIRTUAL_VIEW", "VersionId": "1", "ViewOriginalText": statement,
            "StorageDescriptor": {"Columns": []}, "Parameters": {},
        }  # fmt: skip


@dataclass
class DagRun:
    """One run of the daily DAG.

    Attributes:
        day: its process date.
        go_back: the DAG parameter of this name.
        position: the step that comes next.
        leased: whether its set-up, `take_lease`, has succeeded.
        lease_until: when the lease ends that it last took or renewed.
        state: as Airflow has it.
    """

    name: str
    day: str
    go_back: bool = False
    position: int = 0
    leased: bool = False
    lease_until: str = ""
    state: str = "running"
    memo: Memo = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """Return the name of the next step."""
        return ORDER[self.position]


class Scheduler:
    """Performs the steps of runs, and decides what follows from their errors as the DAG and Airflow do."""

    def __init__(self, chain: SmallChain) -> None:
        self.chain = chain
        self.runs: list[DagRun] = []
        self.succeeded: Callable[[DagRun], None] = lambda _: None

    def add(self, day: str, go_back: bool = False) -> DagRun:
        """Create a run, as a trigger or the schedule does."""
        run = DagRun(f"manual__{len(self.runs) + 1}", day, go_back)
        self.runs.append(run)
        return run

    def context(self, run: DagRun, step: str) -> InMemoryRun:
        """Return the context of a new try of a task."""
        run.tries[step] = run.tries.get(step, 0) + 1
        made = InMemoryRun(SETTINGS, run.name, run.day, run.tries[step], go_back=run.go_back)
        made.chain = self.chain
        lease = LeaseStore(self.chain.session, SETTINGS.lake_uri(""), now=self.chain.clock)
        made.__dict__.update(session=self.chain.session, lease=lease)
        return made

    def has_ended(self, holder: str) -> bool:
        """Say what `lake_access.run_has_ended` asks Airflow."""
        return any(holder.endswith(f"/{run.name}") and run.state in lake_access.ENDED for run in self.runs)

    def perform(self, run: DagRun, step: str) -> Any:
        """Perform one step; its errors are raised."""
        self.chain.wait(1)
        return STEPS[step](self.context(run, step), run, self.chain)

    def advance(self, run: DagRun) -> None:
        """Perform the next step of a run, or take its lease first. A crashed step is the next one again."""
        if run.state != "running":
            return
        try:
            if not run.leased:
                run.leased = lake_access.take_lease(self.context(run, "take_lease"))
                self._note_lease(run)
                return
            run.memo[run.step] = self.perform(run, run.step)
        except LeaseHeldError:
            return
        except PermanentError as error:
            self.fail(run, error)
            return
        except Crash:
            return
        self._note_lease(run)
        run.position += 1
        if run.position == len(ORDER):
            self.succeeded(run)
            self._end(run, "success")

    def finish(self, run: DagRun) -> DagRun:
        """Perform all steps that are left."""
        for _ in range(3 * len(ORDER)):
            if run.state == "running":
                self.advance(run)
        return run

    def fail(self, run: DagRun, error: Exception | None = None) -> None:
        """End a run as failed; its tear-down gives the lease back."""
        run.memo["error"] = error
        self._end(run, "failed")

    def kill(self, run: DagRun) -> None:
        """End a run without its tear-down."""
        if run.state == "running":
            run.state, run.leased = "failed", False

    def clear(self, run: DagRun, position: int) -> None:
        """Clear a task with its downstream tasks, which clears the set-up too."""
        run.position, run.state, run.leased = min(position, run.position), "running", False

    def holds_lease(self, run: DagRun) -> bool:
        """Return whether the run would go on in the belief that nobody else writes."""
        return run.state == "running" and run.leased and self.chain.now.isoformat() < run.lease_until

    def _note_lease(self, run: DagRun) -> None:
        stored = json.loads(self.chain.session.s3.objects[SETTINGS.lake_bucket, LEASE_KEY])
        if run.leased and stored["holder"].endswith(f"/{run.name}"):
            run.lease_until = stored["expires_at"]

    def _end(self, run: DagRun, state: str) -> None:
        with suppress(Crash):
            release_steps.end_lease(self.context(run, "end_lease"))
        run.state, run.leased = state, False

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        """Let the steps use this scheduler, the small chain's tables, and one thread (a crash then is repeatable)."""
        from biz_insights.lake import file_sizes, slots
        from biz_insights.quality import checkpoint

        for module in (file_sizes, slots, release_steps):
            patch.setattr(module, "ThreadPoolExecutor", OneThread)
        patch.setattr(lake_access, "run_has_ended", self.has_ended)
        patch.setattr(gold_steps, "gold_tables", lambda: GOLD)
        patch.setattr(release_steps.score_steps, "are_outdated", lambda _: False)
        patch.setattr(silver_steps, "offset_changes", lambda _: {})
        patch.setattr(checkpoint, "audit", self.chain.audit)


class OneThread:
    """A pool that does everything at once, in order."""

    def __init__(self, _size: int) -> None: ...

    def __enter__(self) -> OneThread:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, function: Callable[..., Any], items: Any) -> list[Any]:
        return [function(item) for item in items]


def _extract(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
    return chain.export(run.name, context.try_number)


def _audit_bronze(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
    job = run.memo["bronze.build"]
    if bronze_steps.is_left_alone(context):
        return None
    if bronze_steps.is_unchanged(context, job, run.memo["extract"][1]):
        return None
    return bronze_steps.audit_bronze(context, job)


def _publish_bronze(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
    audited = run.memo["bronze.audit"]
    return audited and bronze_steps.publish_bronze(context, run.memo["bronze.build"], audited)


def _plan_silver(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
    return silver_steps.plan_silver(context, run.memo["bronze.build"], run.memo["extract"][1], full_refresh=False)


def _audit_silver(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
    plan = run.memo["silver.plan"]
    return plan and silver_steps.audit_silver(context, run.memo["silver.build"], plan, accept_changes=True)


def _publish_silver(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
    plan, job = run.memo["silver.plan"], run.memo["silver.build"]
    return plan and silver_steps.publish_silver(context, job, plan, run.memo["silver.audit"])


def _gold_steps(table: str) -> dict[str, Callable[[RunContext, DagRun, SmallChain], Any]]:
    def plan(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
        found = gold_steps.plan_table(context, table, False)
        return None if found.is_empty else found.to_dict()

    def build(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
        planned = run.memo[f"{table}.plan"]
        return planned and chain.run_queries(run.name, context.try_number, planned)

    def audit(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
        planned = run.memo[f"{table}.plan"]
        return planned and gold_steps.audit_table(context, planned, run.memo[f"{table}.build"])

    def publish(context: RunContext, run: DagRun, chain: SmallChain) -> Any:
        planned, audited = run.memo[f"{table}.plan"], run.memo[f"{table}.audit"]
        return planned and gold_steps.publish_table(context, planned, run.memo[f"{table}.build"], audited)

    return {f"{table}.{function.__name__}": function for function in (plan, build, audit, publish)}


STEPS: dict[str, Callable[[RunContext, DagRun, SmallChain], Any]] = {
    "extract": _extract,
    "bronze.build": lambda _, run, chain: chain.run_bronze_job(run.memo["extract"][0]),
    "bronze.audit": _audit_bronze,
    "bronze.publish": _publish_bronze,
    "silver.plan": _plan_silver,
    "silver.build": lambda _, run, chain: run.memo["silver.plan"] and chain.run_silver_job(run.memo["silver.plan"]),
    "silver.audit": _audit_silver,
    "silver.publish": _publish_silver,
    **{name: step for table in GOLD for name, step in _gold_steps(table).items()},
    "create_reader_views": lambda context, *_: release_steps.create_reader_views(context),
    "switch_release": lambda context, run, _: release_steps.switch_release(context, snapshot_at=run.memo["extract"][1]),
}
ORDER = tuple(STEPS)
