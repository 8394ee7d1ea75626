"""The release: what it refuses, which views readers get, and that a repeated one changes nothing."""

from __future__ import annotations

import pytest

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.identity import candidate_name
from biz_insights.lake.builds import Column, TableBuild
from biz_insights.lake.lease import LeaseHeldError
from biz_insights.steps import release_steps
from tests.protocol.aws_in_memory import Crash
from tests.protocol.dag_runs import ORDER, Scheduler
from tests.protocol.observers import Observer, located, seen
from tests.protocol.small_chain import COLUMNS, DATABASE, FACT, GOLD, ITEMS, MART, SETTINGS, SmallChain

DAY, NEXT = "2026-02-28", "2026-03-01"
SLOTS = (f"{DATABASE}_a", f"{DATABASE}_b")
KEY = Column("order_date", "date")
pytestmark = pytest.mark.usefixtures("observer")


def views(chain: SmallChain) -> set[str]:
    tables = chain.session.glue.databases[DATABASE].values()
    return {table["Name"] for table in tables if table["TableType"] == "VIRTUAL_VIEW"}


def ready_to_switch(scheduler: Scheduler, day: str = DAY):
    """Return the context of a run that has done everything before its switch."""
    run = scheduler.add(day)
    while run.state == "running" and run.position < len(ORDER) - 1:
        scheduler.advance(run)
    assert run.position == len(ORDER) - 1, run.memo.get("error")
    return run, scheduler.context(run, "switch_release")


def ready_for_views(scheduler: Scheduler):
    """Return a run that has published everything, and the context of its next task."""
    run = scheduler.add(DAY)
    while run.position < ORDER.index("create_reader_views"):
        scheduler.advance(run)
    return run, scheduler.context(run, "create_reader_views")


def test_a_release_is_refused_when_a_table_has_figures_of_older_inputs(chain: SmallChain, scheduler: Scheduler) -> None:
    run, context = ready_to_switch(scheduler)
    working = context.working
    values = {value: part.fingerprint for value, part in working.partitions(ITEMS).items()}
    glue = chain.session.glue
    glue.partitions[working.database, ITEMS][(min(values),)]["Parameters"]["fingerprint"] = "changed"
    expected = f"{FACT} would be published with figures of older inputs; clear the plan task of {FACT}"
    with pytest.raises(PermanentError, match=expected):
        release_steps.switch_release(context, snapshot_at=run.memo["extract"][1])
    assert seen(chain) is None


def test_a_release_without_the_lease_is_refused(scheduler: Scheduler, chain: SmallChain) -> None:
    run, context = ready_to_switch(scheduler)
    chain.wait(7 * 60)
    other = scheduler.add(NEXT)
    scheduler.advance(other)
    with pytest.raises(LeaseHeldError):
        release_steps.switch_release(context, snapshot_at=run.memo["extract"][1])
    assert seen(chain) is None


def test_a_second_switch_of_a_run_finds_nothing_new(scheduler: Scheduler, observer: Observer) -> None:
    run, context = ready_to_switch(scheduler)
    assert release_steps.switch_release(context, snapshot_at=run.memo["extract"][1]) is not None
    again = scheduler.context(run, "switch_release")
    assert release_steps.switch_release(again, snapshot_at=run.memo["extract"][1]) is None
    assert list(observer.states) == [1]


@pytest.mark.parametrize("step", [step for step in ORDER if step.endswith(".publish")])
def test_a_cleared_publish_of_a_released_run_succeeds_and_changes_nothing(
    chain: SmallChain, scheduler: Scheduler, step: str
) -> None:
    """Also of a run that only removed a day."""
    scheduler.finish(scheduler.add(DAY))
    del chain.days["2026-02-26"]
    run = scheduler.finish(scheduler.add(DAY))
    assert run.memo[f"{FACT}.plan"]["removed"] == ["2026-02-26"] and run.memo["switch_release"]
    before = [located(chain, slot) for slot in SLOTS]
    released = before[1]
    assert not scheduler.perform(run, step)
    assert located(chain, SLOTS[1]) == released == located(chain, SLOTS[0])


def test_a_publish_takes_its_build_from_the_audit_and_can_be_repeated(chain: SmallChain, scheduler: Scheduler) -> None:
    run, _ = ready_to_switch(scheduler)
    assert chain.session.glue.databases[SETTINGS.build_database] == {}  # the candidates were dropped
    before = [located(chain, slot) for slot in SLOTS]
    for step in ORDER:
        if step.endswith(".publish"):
            assert not scheduler.perform(run, step), step
    assert [located(chain, slot) for slot in SLOTS] == before


@pytest.mark.parametrize("table", ["bronze", "silver", *GOLD])
def test_a_build_that_no_audit_has_passed_is_not_published(chain: SmallChain, scheduler: Scheduler, table: str) -> None:
    run = scheduler.add(DAY)
    while run.position <= ORDER.index(f"{table}.audit"):
        scheduler.advance(run)
    run.memo[f"{table}.build"] = scheduler.perform(run, f"{table}.build")
    with pytest.raises(PermanentError, match="which no checkpoint has passed; clear the audit task with its"):
        scheduler.perform(run, f"{table}.publish")


def test_files_that_changed_since_the_audit_are_not_published(chain: SmallChain, scheduler: Scheduler) -> None:
    run = scheduler.add(DAY)
    while run.position <= ORDER.index("silver.audit"):
        scheduler.advance(run)
    files = [key for key in chain.session.s3.objects if f"silver/{ITEMS}/" in key[1]]
    chain.session.s3.objects[files[0]] = b"cut"
    expected = r"has 1 file\(s\) of 3 bytes, and 1 of \d+ bytes passed the audit; clear the build task"
    with pytest.raises(PermanentError, match=expected):
        scheduler.perform(run, "silver.publish")
    del chain.session.s3.objects[files[0]]
    with pytest.raises(PermanentError, match=r"has 0 file\(s\) of 0 bytes"):
        scheduler.perform(run, "silver.publish")


@pytest.mark.parametrize("step", ["audit", "publish"])
def test_gold_whose_inputs_moved_since_its_plan_is_refused(chain: SmallChain, scheduler: Scheduler, step: str) -> None:
    run = scheduler.add(DAY)
    while run.position < ORDER.index(f"{FACT}.{step}"):
        scheduler.advance(run)
    chain.days["2026-02-27"] = "corrected 1"
    other = scheduler.add(DAY)
    scheduler.kill(run)
    while other.position <= ORDER.index("silver.publish"):
        scheduler.advance(other)
    scheduler.kill(other)
    expected = f"{FACT} was built from inputs that have changed since its plan, in 1 partition"
    with pytest.raises(PermanentError, match=expected):
        scheduler.perform(run, f"{FACT}.{step}")


def test_a_day_that_came_back_since_the_plan_is_not_removed(chain: SmallChain, scheduler: Scheduler) -> None:
    scheduler.finish(scheduler.add(DAY))
    lost = chain.days.pop("2026-02-26")
    run = scheduler.add(DAY)
    while run.position < ORDER.index(f"{FACT}.audit"):
        scheduler.advance(run)
    assert (run.memo[f"{FACT}.plan"]["removed"], run.memo[f"{FACT}.plan"]["fingerprints"]) == (["2026-02-26"], {})
    scheduler.kill(run)
    chain.days["2026-02-26"] = lost
    other = scheduler.add(DAY)
    while other.position <= ORDER.index("silver.publish"):
        scheduler.advance(other)
    scheduler.kill(other)
    with pytest.raises(PermanentError, match=r"changed since its plan, in 1 partition\(s\), first 2026-02-26"):
        scheduler.perform(run, f"{FACT}.audit")


def test_gold_that_was_planned_on_the_slot_that_readers_see_now_is_refused(
    chain: SmallChain, scheduler: Scheduler
) -> None:
    run = scheduler.add(DAY)
    while run.position <= ORDER.index(f"{MART}.build"):
        scheduler.advance(run)
    scheduler.kill(run)
    scheduler.finish(scheduler.add(NEXT))
    expected = f"{MART} was planned on biz_insights_a, which readers see since release 1; clear {MART}'s plan task"
    with pytest.raises(PermanentError, match=expected):
        scheduler.perform(run, f"{MART}.audit")


def test_views_are_created_for_new_tables_and_columns_only(chain: SmallChain, scheduler: Scheduler) -> None:
    run = scheduler.finish(scheduler.add(DAY))
    assert set(run.memo["create_reader_views"]) == views(chain) == chain.session.glue.databases[SLOTS[0]].keys()
    chain.days[NEXT] = "sold 2"
    # The second release puts every table into the other slot too, the third changes no view.
    assert scheduler.finish(scheduler.add(NEXT)).memo["create_reader_views"] == run.memo["create_reader_views"]
    chain.days[NEXT] = "sold 3"
    assert scheduler.finish(scheduler.add(NEXT)).memo["create_reader_views"] == []


@pytest.mark.parametrize("dies", [False, True])
def test_the_view_of_a_table_that_is_gone_is_removed_at_the_latest_by_the_next_run(
    chain: SmallChain, scheduler: Scheduler, dies: bool
) -> None:
    first, before_views = ready_for_views(scheduler)
    before_views.working.create_table(TableBuild("gold_old", COLUMNS, KEY, ()), "gold_old", "s3://lake/gold_old/")
    scheduler.finish(first)
    assert "gold_old" in views(chain)
    chain.session.glue.databases[DATABASE]["v_own"] = {"Name": "v_own", "TableType": "VIRTUAL_VIEW", "Parameters": {}}
    chain.days["2026-02-26"] = "late 1"
    run, context = ready_to_switch(scheduler)
    context.working.drop_table("gold_old")
    if dies:
        chain.session.faults.before = lambda _, operation: _die_at(operation, "delete_table")
    try:
        release_steps.switch_release(context, snapshot_at=run.memo["extract"][1])
    except Crash:
        chain.session.faults.before = lambda *_: None
    assert ("gold_old" in views(chain)) == dies
    scheduler.kill(run)
    chain.days["2026-02-27"] = "late 2"
    following = scheduler.add(DAY)
    while following.position <= ORDER.index("silver.plan"):
        scheduler.advance(following)
    release_steps.create_reader_views(scheduler.context(following, "create_reader_views"))
    assert "gold_old" not in views(chain) and "v_own" in views(chain)


def _die_at(operation: str, wanted: str) -> None:
    if operation == wanted:
        raise Crash


def test_the_digest_of_each_view_is_stored(chain: SmallChain, scheduler: Scheduler) -> None:
    scheduler.finish(scheduler.add(DAY))
    known = s3.get_json(chain.session, SETTINGS.lake_uri(release_steps.VIEWS_DOCUMENT))
    assert known.keys() == views(chain)


def test_a_release_drops_what_no_publish_has_dropped(scheduler: Scheduler) -> None:
    run, context = ready_to_switch(scheduler)
    left = [candidate_name(MART, run_id, 2, 0) for run_id in (context.run_id, "a killed run")]
    for name in left:
        build = TableBuild(name, (Column("orders", "bigint"),), None, ())
        context.candidates.create_table(build, name, "s3://lake/left/")
    release_steps.switch_release(context, snapshot_at=run.memo["extract"][1])
    assert [context.candidates.table(name) for name in left] == [None, None]
