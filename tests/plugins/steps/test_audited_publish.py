"""New columns and renamed tables: what a publish reports about them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from biz_insights.lake.audits import PassedAudit
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.slots import differences, read_slot
from biz_insights.steps.audited_publish import publish_audited, retire_table
from tests.protocol.dag_runs import InMemoryRun, Scheduler
from tests.protocol.small_chain import SmallChain

COLUMNS = (Column("user_id", "string"),)
WIDER = (*COLUMNS, Column("repeat_active_days", "bigint"))
FACTS, OLD, NEW = "gold_customer_facts", "gold_customer_history", "gold_customer_day_by_quarter"


@pytest.fixture
def run(chain: SmallChain, scheduler: Scheduler) -> Iterator[InMemoryRun]:
    """The context of a task of a run that holds the lease."""
    context = scheduler.context(scheduler.add("2024-02-17"), "publish")
    context.lease.acquire(context.holder)
    return context


def publish(run: InMemoryRun, table: str, value: str, columns: tuple[Column, ...] = COLUMNS) -> list[str]:
    """Publish one audited partition; return the lines of the publish."""
    part = PartitionBuild(value, f"s3://lake/build/{table}/as_of_date={value}/", "f", files=0, size=0)
    build = TableBuild(table, columns, Column("as_of_date", "date"), (part,))
    return publish_audited(run, PassedAudit(table, run.run, "q1", (build,), ()))


def test_a_publish_reports_new_columns_that_are_null_in_older_partitions(run: InMemoryRun) -> None:
    assert publish(run, FACTS, "2024-02-16") == [f"{FACTS}: 1 added"]
    nulls, counts = publish(run, FACTS, "2024-02-17", WIDER)
    assert nulls == (
        f"{FACTS}: repeat_active_days are new columns and null in 1 older partitions; to fill them, run the DAG for "
        "those dates with full_refresh"
    )
    assert counts == f"{FACTS}: 1 added"
    assert publish(run, FACTS, "2024-02-17", WIDER) == []


def test_a_publish_without_older_partitions_reports_no_new_columns(run: InMemoryRun) -> None:
    publish(run, FACTS, "2024-02-17")
    assert publish(run, FACTS, "2024-02-17", WIDER) == []
    assert run.working.columns(FACTS) == WIDER


def test_a_renamed_table_retires_the_old_one_and_the_release_has_its_locations(run: InMemoryRun) -> None:
    publish(run, OLD, "2023-10-01")
    before = read_slot(run.working)
    publish(run, NEW, "2023-10-01")
    (line,) = retire_table(run, OLD, NEW)
    assert line == f"{OLD}: is now called {NEW} and was removed from the catalog; queries must use the new name"
    assert run.working.table(OLD) is None and run.working.table(NEW) is not None
    (removed,) = [change for change in differences(before, read_slot(run.working)) if change.change == "removed"]
    assert (removed.table, removed.old_location) == (OLD, f"s3://lake/build/{OLD}/as_of_date=2023-10-01/")
    # A repeated publish has nothing to report.
    assert retire_table(run, OLD, NEW) == []
