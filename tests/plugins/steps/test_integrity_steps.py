"""Published files that were lost or cut off: who finds them, and which run builds them again."""

from __future__ import annotations

import logging

import pytest

from biz_insights.lake.table_parameters import CURRENT_BATCH, INPUT_FINGERPRINT
from biz_insights.steps import integrity_steps
from tests.protocol.dag_runs import ORDER, DagRun, Scheduler
from tests.protocol.observers import Observer
from tests.protocol.small_chain import FACT, FILE, GOLD, ITEMS, MART, SETTINGS, SmallChain

DAY, NEXT = "2026-02-28", "2026-03-01"
BRONZE = "bronze_order_items"


@pytest.fixture(autouse=True)
def small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity_steps, "gold_tables", lambda: GOLD)


@pytest.fixture
def released(chain: SmallChain, scheduler: Scheduler, observer: Observer) -> DagRun:
    """A run that readers see."""
    run = scheduler.finish(scheduler.add(DAY))
    assert run.state == "success", run.memo.get("error")
    return run


def key_of(observer: Observer, table: str, value: str) -> tuple[str, str]:
    """Return bucket and key of the file of a published partition."""
    assert observer.latest is not None
    place, _ = observer.latest.tables[table][value]
    return SETTINGS.lake_bucket, f"{place.removeprefix(SETTINGS.lake_uri(''))}{FILE}"


def checked(scheduler: Scheduler, run: DagRun) -> dict[str, list[str]]:
    scheduler.advance(run)
    assert run.leased
    return integrity_steps.check_published(scheduler.context(run, "check_published"))


def test_whole_files_change_nothing(scheduler: Scheduler, released: DagRun) -> None:
    run = scheduler.add(DAY)
    assert checked(scheduler, run) == {}
    assert scheduler.finish(run).memo["switch_release"] is None


def test_lost_and_truncated_files_are_built_again_by_the_run_that_finds_them(
    chain: SmallChain, scheduler: Scheduler, observer: Observer, released: DagRun, caplog: pytest.LogCaptureFixture
) -> None:
    whole = {name: {value: text for value, (_, text) in of.items()} for name, of in observer.latest.tables.items()}  # type: ignore[union-attr]
    objects = chain.session.s3.objects
    del objects[key_of(observer, ITEMS, "2026-02-26")]
    objects[key_of(observer, FACT, "2026-02-27")] = b"cut"
    del objects[key_of(observer, MART, DAY)]
    observer.accept_damage()
    run = scheduler.add(DAY)
    with caplog.at_level(logging.WARNING):
        broken = checked(scheduler, run)
    assert broken == {ITEMS: ["2026-02-26"], FACT: ["2026-02-27"], MART: [DAY]}
    context = scheduler.context(run, "look")
    assert context.working.fingerprints(ITEMS)["2026-02-26"] == "" and context.working.fingerprints(ITEMS)[DAY] != ""
    assert context.working.parameter(ITEMS, INPUT_FINGERPRINT) == ""
    assert context.released.fingerprints(ITEMS)["2026-02-26"] != ""
    assert f"{ITEMS} 2026-02-26: missing files: 0 file(s) of 0 bytes; published were 1 of" in caplog.text
    assert f"{FACT} 2026-02-27: truncated: 1 file(s) of 3 bytes" in caplog.text
    assert caplog.text.count("built again by this run") == 3
    scheduler.finish(run)
    assert run.state == "success" and run.memo["switch_release"] is not None, run.memo.get("error")
    repaired = {name: {value: text for value, (_, text) in of.items()} for name, of in observer.latest.tables.items()}  # type: ignore[union-attr]
    assert repaired == whole
    assert checked(scheduler, scheduler.add(DAY)) == {}


def test_the_published_batch_is_repaired_and_a_mart_of_another_day_is_left_to_a_run_for_it(
    chain: SmallChain, scheduler: Scheduler, observer: Observer, released: DagRun, caplog: pytest.LogCaptureFixture
) -> None:
    chain.days[NEXT] = "sold 1"
    scheduler.finish(scheduler.add(NEXT))
    batches = observer.latest.tables[BRONZE]  # type: ignore[union-attr]
    current = scheduler.context(released, "look").released.parameter(BRONZE, CURRENT_BATCH)
    (older,) = batches.keys() - {current}
    for table, value in ((BRONZE, current), (BRONZE, older), (MART, DAY)):
        chain.session.s3.objects[key_of(observer, table, str(value))] = b""
    observer.accept_damage()
    run = scheduler.add(NEXT)
    with caplog.at_level(logging.WARNING):
        assert checked(scheduler, run) == {BRONZE: sorted([str(current), older]), MART: [DAY]}
    lines = {record.getMessage().partition(":")[0]: record.getMessage() for record in caplog.records}
    assert lines[f"{BRONZE} {current}"].endswith("; built again by this run")
    assert lines[f"{BRONZE} {older}"].endswith("is not built again; restore its files from the bucket's versions")
    assert lines[f"{MART} {DAY}"].endswith(f"; trigger the DAG with process_date {DAY} to build it again")


def test_a_run_for_an_earlier_day_does_not_build_on_broken_silver(
    chain: SmallChain, scheduler: Scheduler, observer: Observer, released: DagRun, caplog: pytest.LogCaptureFixture
) -> None:
    """It would not build silver again; facts it builds up to the newest day."""
    chain.days[NEXT] = "sold 1"
    scheduler.finish(scheduler.add(NEXT))
    for table, value in ((ITEMS, "2026-02-26"), (FACT, NEXT)):
        del chain.session.s3.objects[key_of(observer, table, value)]
    observer.accept_damage()
    run = scheduler.add(DAY)
    with caplog.at_level(logging.WARNING):
        checked(scheduler, run)
    lines = {record.getMessage().partition(":")[0]: record.getMessage() for record in caplog.records}
    assert lines[f"{ITEMS} 2026-02-26"].endswith(f"; trigger the DAG with process_date {NEXT} to build it again")
    assert lines[f"{FACT} {NEXT}"].endswith("; built again by this run")
    scheduler.finish(run)
    assert run.state == "failed" and run.step == "silver.plan"
    assert (
        f"{ITEMS} has lost files of 2026-02-26, which a run for an earlier day does not build again; trigger "
        in str(run.memo["error"])
    )
    repairing = scheduler.add(NEXT)
    assert ITEMS in checked(scheduler, repairing)
    scheduler.finish(repairing)
    scheduler.clear(run, ORDER.index("silver.plan"))
    assert (repairing.state, scheduler.finish(run).state) == ("success", "success")
