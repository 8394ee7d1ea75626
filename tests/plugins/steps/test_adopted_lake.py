"""A lake that an earlier version published directly: it becomes release 1, and readers see the same rows all along."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biz_insights.lake.adoption import OLD_HISTORY, adopt, directly_published, set_history_aside
from biz_insights.lake.catalog import TABLE_INPUT_FIELDS, Catalog
from biz_insights.lake.current_release import slot_database
from biz_insights.lake.operations_tables import record
from biz_insights.lake.slots import read_slot, write_table
from biz_insights.lake.table_parameters import CURRENT_RUN, SNAPSHOT_AT
from biz_insights.steps import release_steps
from biz_insights.steps.lake_access import open_lake
from biz_schema.operations_tables import CURRENT_RELEASE, PUBLISH_HISTORY
from tests.protocol.aws_in_memory import Crash
from tests.protocol.dag_runs import Scheduler
from tests.protocol.observers import current
from tests.protocol.small_chain import DATABASE, FACT, MART, SETTINGS, SmallChain

DAY = "2026-02-28"
HISTORY = [("run-1", FACT), ("run-1", MART), ("run-2", FACT)]
"""Partitions of the earlier `publish_history`: it had the run and the table as keys."""

Rows = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def earlier() -> SmallChain:
    """Return a lake with one table for each name that readers use, and neither slots nor releases."""
    chain = SmallChain()
    scheduler, glue = Scheduler(chain), chain.session.glue
    with pytest.MonkeyPatch.context() as patch:
        scheduler.patch(patch)
        assert scheduler.finish(scheduler.add(DAY)).state == "success"
        tables = read_slot(Catalog(glue, slot_database(DATABASE, "a")))
        for name in list(glue.databases):
            glue.databases[name].clear()
        glue.partitions.clear()
        for name, table in tables.items():
            unknown = {CURRENT_RUN, SNAPSHOT_AT}
            parameters = {key: value for key, value in table.definition["Parameters"].items() if key not in unknown}
            described = type(table)({**table.definition, "Parameters": parameters}, table.partitions)
            write_table(Catalog(glue, DATABASE), name, described)
    for bucket, key in list(chain.session.s3.objects):
        if key.startswith(("releases/", f"ops/{PUBLISH_HISTORY.name}/")):
            del chain.session.s3.objects[bucket, key]
    ops_uri = SETTINGS.lake_uri("ops/")
    for run, table in HISTORY:
        rows, schema = [{"partition": f"{run} {table}"}], pa.schema([("partition", pa.string())])
        keys = {"run": run, "table_name": table}
        record("publish_history", rows, schema, keys, database=DATABASE, ops_uri=ops_uri, session=chain.session)
    return chain


@pytest.fixture
def chain(earlier: SmallChain) -> SmallChain:
    return copy.deepcopy(earlier)


@pytest.fixture
def expected(earlier: SmallChain) -> Rows:
    return rows_of_readers(earlier)


def rows_of_readers(chain: SmallChain) -> Rows:
    """Return what queries of the published database find, by table or view."""
    release = current(chain)
    found = {}
    for name, table in chain.session.glue.databases[DATABASE].items():
        if name in (CURRENT_RELEASE.name, PUBLISH_HISTORY.name, OLD_HISTORY):
            continue
        is_view = table["TableType"] == "VIRTUAL_VIEW"
        assert release is not None or not is_view
        found[name] = chain.contents(slot_database(DATABASE, release.slot) if release and is_view else DATABASE, name)
    return found


def old_history(chain: SmallChain, table: str = OLD_HISTORY) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the earlier history, each with its partition's values."""
    bucket = SETTINGS.lake_uri("")
    for values, partition in sorted(chain.session.glue.partitions[DATABASE, table].items()):
        key = f"{partition['StorageDescriptor']['Location'].removeprefix(bucket)}rows.parquet"
        for row in pq.read_table(io.BytesIO(chain.session.s3.objects[SETTINGS.lake_bucket, key])).to_pylist():
            yield (*values, row["partition"])


def scheduled(chain: SmallChain, patch: pytest.MonkeyPatch) -> Scheduler:
    scheduler = Scheduler(chain)
    scheduler.patch(patch)
    return scheduler


def watch(chain: SmallChain, expected: Rows) -> list[set[str]]:
    """Compare what readers see after each change with the expected rows; return the tables that had no rows then."""
    absent: list[set[str]] = []

    def look(_operation: str, _arguments: Mapping[str, Any]) -> None:
        found = rows_of_readers(chain)
        assert found == {name: expected[name] for name in found}
        absent.append(expected.keys() - found.keys())

    chain.session.faults.changed = look
    return absent


def test_what_is_published_becomes_release_1(
    chain: SmallChain, expected: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = Catalog(chain.session.glue, DATABASE)
    before = directly_published(published)
    absent = watch(chain, expected)
    scheduler = scheduled(chain, monkeypatch)
    context = scheduler.context(scheduler.add("2026-03-01"), "bronze.audit")
    open_lake(context)
    release = current(chain)
    assert release is not None and (release.number, release.process_date) == (1, DAY)
    assert release.batch_id in chain.batches
    assert read_slot(context.released) == before == read_slot(context.working)
    assert directly_published(published) == before and absent and not any(absent)


def test_the_earlier_history_stays_readable_under_another_name(
    chain: SmallChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(old_history(chain, PUBLISH_HISTORY.name))
    scheduler = scheduled(chain, monkeypatch)
    open_lake(scheduler.context(scheduler.add(DAY), "bronze.audit"))
    assert list(old_history(chain)) == rows == [(run, table, f"{run} {table}") for run, table in HISTORY]
    keys = chain.session.glue.databases[DATABASE][PUBLISH_HISTORY.name]["PartitionKeys"]
    assert [key["Name"] for key in keys] == list(PUBLISH_HISTORY.partition_keys)


def test_views_take_the_place_of_the_tables_one_by_one(
    chain: SmallChain, expected: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = scheduled(chain, monkeypatch)
    absent = watch(chain, expected)
    run = scheduler.finish(scheduler.add(DAY))
    assert run.state == "success", run.memo.get("error")
    assert max(len(names) for names in absent) == 1
    assert rows_of_readers(chain) == expected
    assert directly_published(Catalog(chain.session.glue, DATABASE)) == {}


@pytest.mark.parametrize("took_effect", [True, False])
def test_an_adoption_that_was_interrupted_anywhere_is_completed_by_the_next_one(
    earlier: SmallChain, expected: Rows, monkeypatch: pytest.MonkeyPatch, took_effect: bool
) -> None:
    """Also one that died while views took the place of tables."""
    whole = directly_published(Catalog(earlier.session.glue, DATABASE))
    history = list(old_history(earlier, PUBLISH_HISTORY.name))
    interrupted = 0
    for call in range(1, 1000):
        chain = copy.deepcopy(earlier)
        scheduler = scheduled(chain, monkeypatch)
        first = scheduler.add(DAY)
        watch(chain, expected)
        die_at(chain, call, took_effect)
        try:
            adopt_and_show(scheduler, first)
        except Crash:
            interrupted += 1
        chain.session.faults.before = chain.session.faults.after = lambda *_: None
        scheduler.kill(first)
        second = scheduler.add("2026-03-01")
        context = adopt_and_show(scheduler, second)
        assert current(chain) is not None and current(chain).number == 1  # type: ignore[union-attr]
        assert context.releases.complete(context.current) is False
        assert read_slot(context.released) == whole and rows_of_readers(chain) == expected, f"died at call {call}"
        assert list(old_history(chain)) == history
        if interrupted < call:
            break
    assert 50 < interrupted < 999


def test_a_second_adoption_changes_nothing(chain: SmallChain, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = scheduled(chain, monkeypatch)
    context = scheduler.context(scheduler.add(DAY), "bronze.audit")
    open_lake(context)
    changed: list[str] = []
    chain.session.faults.changed = lambda operation, _: changed.append(operation)
    published = Catalog(chain.session.glue, DATABASE)
    set_history_aside(published)
    adopt(directly_published(published), context.released)
    open_lake(scheduler.context(scheduler.runs[-1], "bronze.publish"))
    assert changed == [] and current(chain) == context.current


def test_an_empty_mart_does_not_hinder_the_adoption(chain: SmallChain, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is created with its first publish, even if that has no partition."""
    described = chain.session.glue.databases[DATABASE][MART]
    empty = {field: described[field] for field in TABLE_INPUT_FIELDS if field in described}
    chain.session.glue.create_table(DatabaseName=DATABASE, TableInput={**empty, "Name": "mart_new"})
    scheduler = scheduled(chain, monkeypatch)
    open_lake(scheduler.context(scheduler.add("2026-03-01"), "bronze.audit"))
    release = current(chain)
    assert release is not None and release.process_date == DAY


def test_a_history_partition_that_glue_refuses_to_copy_is_not_lost(
    chain: SmallChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    glue = chain.session.glue
    history = list(old_history(chain, PUBLISH_HISTORY.name))
    refused = {"PartitionValues": list(HISTORY[0]), "ErrorDetail": {"ErrorCode": "InternalServiceException"}}
    monkeypatch.setattr(glue, "_do_batch_create_partition", lambda **_: {"Errors": [refused]}, raising=False)
    with pytest.raises(RuntimeError, match=r"1 refused, first .*run-1.*: InternalServiceException"):
        set_history_aside(Catalog(glue, DATABASE))
    assert list(old_history(chain, PUBLISH_HISTORY.name)) == history
    monkeypatch.undo()
    set_history_aside(Catalog(glue, DATABASE))
    assert list(old_history(chain)) == history


def test_a_new_lake_has_nothing_to_adopt(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = SmallChain()
    scheduler = scheduled(chain, monkeypatch)
    open_lake(scheduler.context(scheduler.add(DAY), "bronze.audit"))
    assert current(chain) is None and set(chain.session.glue.databases[DATABASE]) == {CURRENT_RELEASE.name}
    assert scheduler.finish(scheduler.runs[-1]).state == "success"
    assert directly_published(Catalog(chain.session.glue, DATABASE)) == {}


def adopt_and_show(scheduler: Scheduler, run: Any) -> Any:
    """Do of a run what concerns the adoption; return the context of its last task."""
    open_lake(scheduler.context(run, "bronze.audit"))
    context = scheduler.context(run, "create_reader_views")
    release_steps.create_reader_views(context)
    return context


def die_at(chain: SmallChain, call: int, took_effect: bool) -> None:
    faults = chain.session.faults
    due = faults.calls + call

    def die(number: int, _operation: str) -> None:
        if number == due:
            raise Crash

    hook: Callable[[int, str], None] = die
    if took_effect:
        faults.after = hook
    else:
        faults.before = hook
