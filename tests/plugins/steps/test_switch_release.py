"""The switch: what it does for a run of an earlier day, one that goes back, and one that has repaired lost files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.lease import LeaseHeldError
from biz_insights.lake.publish import publish
from biz_insights.lake.slots import StoredTable, read_slot
from biz_insights.steps import gold_steps, release_steps
from biz_schema.score_tables import SCORE_PUBLISH_ORDER
from tests.protocol.dag_runs import ORDER, InMemoryRun, Scheduler
from tests.protocol.observers import Observer, seen
from tests.protocol.small_chain import COLUMNS, FACT, GOLD, MART, SECOND_FACT, SmallChain

DAY, NEXT = "2026-02-28", "2026-03-01"
SCORES = SCORE_PUBLISH_ORDER[0]


def days_of(observer: Observer, table: str) -> set[str]:
    assert observer.latest is not None
    return set(observer.latest.tables[table])


@pytest.fixture
def two_days(chain: SmallChain, scheduler: Scheduler, observer: Observer) -> Observer:
    """Publish two days, one after the other."""
    scheduler.finish(scheduler.add(DAY))
    chain.days[NEXT] = "sold 1"
    assert scheduler.finish(scheduler.add(NEXT)).state == "success"
    return observer


def ready_to_switch(scheduler: Scheduler) -> InMemoryRun:
    """Return the context of a run that has done everything before its switch."""
    run = scheduler.add(DAY)
    while run.position < ORDER.index("switch_release"):
        scheduler.advance(run)
    return scheduler.context(run, "switch_release")


def test_a_run_that_goes_back_removes_what_was_built_for_later_days(scheduler: Scheduler, two_days: Observer) -> None:
    assert NEXT in days_of(two_days, FACT) & days_of(two_days, SECOND_FACT) & days_of(two_days, MART)
    run = scheduler.finish(scheduler.add(DAY, go_back=True))
    assert run.state == "success", run.memo.get("error")
    assert two_days.latest is not None and two_days.latest.release.process_date == DAY
    assert max(days_of(two_days, FACT) | days_of(two_days, SECOND_FACT) | days_of(two_days, MART)) == DAY


@pytest.mark.parametrize(
    ("table", "key", "stays", "goes"),
    [
        (SCORES, "as_of_date", DAY, NEXT),
        ("gold_totals", "cutoff_date", "2024-10-01", "2025-01-01"),
        ("gold_quarters", "quarter", "2025-10-01", "2026-01-01"),
        ("gold_years", "year", "2024-01-01", "2025-01-01"),
    ],
)
def test_each_kind_of_partition_has_a_latest_one_as_of_the_day(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch, table: str, key: str, stays: str, goes: str
) -> None:
    tables = {**GOLD, table: replace(GOLD[MART], name=table, partition=key)} if table != SCORES else GOLD
    monkeypatch.setattr(gold_steps, "gold_tables", lambda: tables)
    context = scheduler.context(scheduler.add(DAY, go_back=True), "switch_release")
    parts = tuple(PartitionBuild(value, f"s3://lake/{value}/", "f") for value in (stays, goes))
    publish(context.working, TableBuild(table, COLUMNS, Column(key, "date"), parts), "s3://lake/x/")
    gold_steps.remove_later_partitions(context)
    assert list(context.working.partitions(table)) == [stays]


def test_a_run_for_an_earlier_day_does_not_leave_a_later_mart_that_is_older_than_its_facts(
    scheduler: Scheduler, two_days: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SQL of a fact has changed: the facts are built again up to the newest day, and only the mart of one day."""
    changed = {**GOLD, FACT: replace(GOLD[FACT], sql_template=f"{GOLD[FACT].sql_template} -- 2")}
    monkeypatch.setattr(gold_steps, "gold_tables", lambda: changed)
    before = two_days.latest
    run = scheduler.finish(scheduler.add(DAY))
    assert (run.state, run.step) == ("failed", "switch_release")
    error = str(run.memo["error"])
    assert f"{MART} of {NEXT} would be older than the tables that they read, because code or settings have" in error
    assert two_days.latest == before
    # What the message says to do.
    assert f"trigger the DAG for {NEXT} first, then clear silver.plan of this run with its downstream" in error
    assert scheduler.finish(scheduler.add(NEXT)).state == "success"
    scheduler.clear(run, ORDER.index("silver.plan"))
    scheduler.finish(run)
    assert run.state == "success", run.memo.get("error")


def test_a_lease_that_is_lost_during_the_switch_ends_it(
    chain: SmallChain, scheduler: Scheduler, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ready_to_switch(scheduler)
    other = scheduler.context(scheduler.add(NEXT), "take_lease")

    def slow(*given: object) -> dict[str, StoredTable]:
        chain.wait(7 * 60)
        other.lease.acquire(other.holder)
        return read_slot(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(release_steps, "read_slot", slow)
    with pytest.raises(LeaseHeldError, match="lost its lease on the lake, now held by business_insights_daily/manual"):
        release_steps.switch_release(context)
    assert seen(chain) is None


def test_tables_with_lost_files_are_repaired_in_the_slot_before_too(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    """An engine that opens the files of both slots would fail on the lost ones."""
    scheduler.finish(scheduler.add(DAY))
    chain.days["2026-02-26"] = "corrected 2"
    context = ready_to_switch(scheduler)
    before = context.released
    observer_of_both = chain.session.faults.changed
    chain.session.faults.changed = lambda *_: None
    assert release_steps.switch_release(context, [FACT]) is not None
    chain.session.faults.changed = observer_of_both
    after, now = read_slot(before), read_slot(context.working)
    assert after[FACT] == now[FACT] and after[MART] != now[MART]
