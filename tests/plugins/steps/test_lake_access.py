"""The working slot: whose work is in it, and when a run starts again from what readers see."""

from __future__ import annotations

import pytest

from biz_insights.lake.lease import LeaseHeldError
from biz_insights.lake.slots import read_slot
from biz_insights.steps.lake_access import open_lake
from tests.protocol.aws_in_memory import Crash
from tests.protocol.dag_runs import ORDER, DagRun, Scheduler
from tests.protocol.observers import Observer, seen
from tests.protocol.small_chain import FACT, ITEMS, MART, OPTIONS, SmallChain

DAY, NEXT = "2026-02-28", "2026-03-01"


def advance(scheduler: Scheduler, run: DagRun, last: str) -> None:
    """Perform the steps of a run up to this one, and take the lease first."""
    while run.position <= ORDER.index(last):
        before = (run.position, run.leased)
        scheduler.advance(run)
        assert (run.position, run.leased) != before, run.memo.get("error")


def released(observer: Observer, table: str) -> dict[str, str | None]:
    assert observer.latest is not None
    return {value: text for value, (_, text) in observer.latest.tables[table].items()}


def test_a_run_goes_on_where_a_failed_run_for_the_same_day_stopped(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    first = scheduler.add(DAY)
    advance(scheduler, first, "silver.publish")
    scheduler.kill(first)
    second = scheduler.finish(scheduler.add(DAY))
    assert second.state == "success" and second.memo["bronze.audit"] is None and second.memo["silver.plan"] is None
    assert released(observer, ITEMS) == {day: f"items {text}" for day, text in chain.days.items()}


def test_a_run_for_another_day_starts_from_what_readers_see(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    scheduler.finish(scheduler.add(DAY))
    failed = scheduler.add(DAY)
    chain.days["2026-02-26"] = "late 1"
    advance(scheduler, failed, "silver.publish")
    scheduler.kill(failed)
    del chain.days["2026-02-26"]
    later = scheduler.finish(scheduler.add(NEXT))
    assert later.state == "success" and "2026-02-26" not in released(observer, ITEMS)


@pytest.mark.parametrize("call", range(1, 25))
def test_a_copy_that_was_interrupted_is_not_taken_for_the_work_of_a_run(
    chain: SmallChain, scheduler: Scheduler, observer: Observer, call: int
) -> None:
    """The run of the next day dies while it makes the slot ready, then the task of the earlier run is cleared."""
    scheduler.finish(scheduler.add(DAY))
    chain.days = {"2026-02-26": "other 1", DAY: "new 2"}
    first = scheduler.add(DAY)
    advance(scheduler, first, "silver.publish")
    scheduler.kill(first)
    later = scheduler.add(NEXT)
    advance(scheduler, later, "bronze.build")
    left = [call]

    def die(_number: int, operation: str) -> None:
        left[0] -= operation.startswith(("batch", "create", "update", "delete"))
        if left[0] == 0:
            raise Crash

    chain.session.faults.after = die
    scheduler.advance(later)
    chain.session.faults.after = lambda *_: None
    scheduler.kill(later)
    scheduler.clear(first, ORDER.index(f"{FACT}.plan"))
    scheduler.finish(first)
    found = seen(chain)
    assert found == observer.latest
    if first.state == "failed":
        assert "clear bronze.audit with its downstream tasks" in str(first.memo["error"])
        scheduler.clear(first, ORDER.index("bronze.audit"))
        scheduler.finish(first)
    assert first.state == "success" and set(released(observer, ITEMS)) == {"2026-02-26", DAY}


def test_a_run_whose_work_was_undone_is_not_green(chain: SmallChain, scheduler: Scheduler, observer: Observer) -> None:
    """Otherwise the mart of a day would be published without the orders of that day."""
    scheduler.finish(scheduler.add("2026-02-27"))
    chain.days[DAY] = "new 1"
    first = scheduler.add(DAY)
    advance(scheduler, first, f"{FACT}.publish")
    scheduler.kill(first)
    later = scheduler.add(NEXT)
    advance(scheduler, later, "bronze.audit")
    scheduler.kill(later)
    scheduler.clear(first, ORDER.index(f"{MART}.plan"))
    scheduler.finish(first)
    assert first.state == "failed"
    assert "another run has started again from what readers see" in str(first.memo["error"])
    assert DAY not in released(observer, MART)


def test_a_slot_that_a_failed_run_has_touched_is_compared_in_all_tables(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    """Also in those that the last release did not change."""
    for day in (DAY, NEXT):
        chain.days[day] = "sold 2"
        scheduler.finish(scheduler.add(day))
    chain.days["2026-02-25"] = "late 1"
    failed = scheduler.add(NEXT)
    advance(scheduler, failed, "silver.publish")
    scheduler.kill(failed)
    context = scheduler.context(scheduler.add("2026-03-02"), "bronze.audit")
    assert read_slot(context.working)[OPTIONS] != read_slot(context.released)[OPTIONS]
    open_lake(context)
    assert context.current is not None and OPTIONS not in context.releases.changed_tables(context.current)
    assert read_slot(context.working) == read_slot(context.released)


def test_a_release_whose_task_died_before_its_history_gets_it_from_the_next_task(
    chain: SmallChain, scheduler: Scheduler, observer: Observer, caplog: pytest.LogCaptureFixture
) -> None:
    run = scheduler.add(DAY)
    advance(scheduler, run, "create_reader_views")

    def die(_number: int, operation: str) -> None:
        if operation == "update_table":
            raise Crash

    chain.session.faults.after = die
    scheduler.advance(run)
    chain.session.faults.after = lambda *_: None
    assert observer.latest is not None and observer.recorded(1) == set() != observer.expected_history(1)
    open_lake(scheduler.context(scheduler.runs[-1], "bronze.audit"))
    assert observer.recorded(1) == observer.expected_history(1)
    assert "release 1 had no history; its changes were added to publish_history" in caplog.messages


def test_a_slot_that_was_started_afresh_belongs_to_one_run(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    """A rollback that died leaves a mixture; a run for the same day does not go on with it."""
    scheduler.finish(scheduler.add(DAY))
    context = scheduler.context(scheduler.add(DAY), "roll_back")
    open_lake(context, fresh=True)
    context.working.drop_table(ITEMS)
    again = scheduler.context(scheduler.runs[-1], "roll_back")
    open_lake(again)
    assert again.working.table(ITEMS) is None
    scheduler.kill(scheduler.runs[-1])
    other = scheduler.context(scheduler.add(DAY), "bronze.audit")
    open_lake(other)
    assert read_slot(other.working) == read_slot(other.released)


def test_a_slot_that_nobody_touched_gets_only_what_the_last_release_changed(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    for day in (DAY, NEXT, "2026-03-02"):
        chain.days[day] = "sold 3"
        scheduler.finish(scheduler.add(day))
    context = scheduler.context(scheduler.add("2026-03-03"), "bronze.audit")
    open_lake(context)
    assert read_slot(context.working) == read_slot(context.released)
    current = context.current
    assert current is not None and current.number == 3
    assert "silver_order_item_options" not in context.releases.changed_tables(current)


def test_a_table_that_differs_in_a_parameter_only_is_brought_up_to_date_too(
    chain: SmallChain, scheduler: Scheduler, observer: Observer
) -> None:
    """Silver is built again with other code, and no day changes: the next run finds it up to date."""
    for day in (DAY, NEXT):
        scheduler.finish(scheduler.add(day))
    for key in list(chain.session.s3.objects):
        if key[1] == "spark_jobs/silver.py":
            chain.session.s3.objects[key] = b"code 2"
    changed = scheduler.finish(scheduler.add(NEXT))
    assert changed.memo["silver.plan"] is not None and changed.memo["switch_release"] is not None
    following = scheduler.finish(scheduler.add(NEXT))
    assert following.memo["silver.plan"] is None


def test_the_lease_is_taken_first_and_a_run_that_ended_without_its_end_is_followed(
    scheduler: Scheduler, observer: Observer
) -> None:
    first, second = scheduler.add(DAY), scheduler.add(DAY)
    scheduler.advance(first)
    scheduler.advance(second)
    assert (first.leased, second.leased) == (True, False)
    with pytest.raises(LeaseHeldError, match="is being changed by business_insights_daily/manual__1"):
        open_lake(scheduler.context(second, "bronze.audit"))
    scheduler.kill(first)
    scheduler.advance(second)
    assert second.leased
    with pytest.raises(LeaseHeldError, match="manual__2"):
        open_lake(scheduler.context(first, "bronze.audit"))
