"""The publish of an audited build: what it reports of new columns and renamed tables, and when it does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from biz_insights.lake.audits import PassedAudit
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.lease import LeaseHeldError
from biz_insights.lake.publish import publish as publish_build
from biz_insights.lake.slots import differences, read_slot
from biz_insights.steps.audited_publish import is_released, publish_audited, retire_table
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


def test_nothing_is_published_when_the_lease_was_lost_during_the_step(run: InMemoryRun) -> None:
    run.lease.release(run.holder)
    run.lease.acquire("lake_maintenance/1")
    with pytest.raises(LeaseHeldError, match="lost its lease on the lake, now held by lake_maintenance/1"):
        publish(run, FACTS, "2024-02-17")
    assert run.working.table(FACTS) is None


def test_a_build_is_released_when_readers_see_its_partitions_and_none_that_it_removes(run: InMemoryRun) -> None:
    part = PartitionBuild("2024-02-17", "s3://lake/build/new/", "f")
    old = PartitionBuild("2024-02-16", "s3://lake/build/old/", "f")
    both = TableBuild(FACTS, COLUMNS, Column("as_of_date", "date"), (part, old))
    build = replace(both, partitions=(part,), removed=(old.value,))
    passed = PassedAudit(FACTS, run.run, "q1", (build,), ())
    assert is_released(run, passed) is False
    publish_build(run.released, both, "s3://lake/x/")
    assert is_released(run, passed) is False
    publish_build(run.released, build, "s3://lake/x/")
    assert is_released(run, passed) is True
    publish_build(run.released, replace(build, partitions=(replace(part, fingerprint="g"),)), "s3://lake/x/")
    assert is_released(run, passed) is False


def test_a_removal_is_released_when_neither_readers_nor_the_working_slot_have_the_partition(run: InMemoryRun) -> None:
    """A build that only removes has no location by which readers could see it."""
    part = PartitionBuild("2024-02-16", "s3://lake/build/old/", "f")
    whole = TableBuild(FACTS, COLUMNS, Column("as_of_date", "date"), (part,))
    removal = replace(whole, partitions=(), removed=(part.value,))
    passed = PassedAudit(FACTS, run.run, "q1", (removal,), ())
    publish_build(run.working, whole, "s3://lake/x/")
    assert is_released(run, passed) is False
    publish_build(run.working, removal, "s3://lake/x/")
    assert is_released(run, passed) is True
