"""Slots: a copy makes one equal to the other, also after an interruption; differences say what readers see change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.current_release import other_slot, slot_database
from biz_insights.lake.publish import Change, publish
from biz_insights.lake.slots import copy_slot, differences, differing_tables, read_slot
from tests.protocol.aws_in_memory import Crash, SessionInMemory
from tests.protocol.dag_runs import OneThread

COLUMNS = (Column("net_sales", "double"),)
WIDER = (*COLUMNS, Column("orders", "bigint"))
KEY = Column("order_date", "date")


def days(**fingerprints: str) -> TableBuild:
    """Return a build of the fact with these days: `days(d1="f")`."""
    parts = tuple(PartitionBuild(value, f"s3://lake/{value}/{f}/", f, 3) for value, f in fingerprints.items())
    return TableBuild("gold_days", COLUMNS, KEY, parts)


def whole(fingerprint: str, name: str = "silver_date_dim") -> TableBuild:
    return TableBuild(name, COLUMNS, None, (PartitionBuild("", f"s3://lake/{fingerprint}/", fingerprint),))


class Slots:
    """Two slots in memory."""

    def __init__(self) -> None:
        self.session = SessionInMemory(("lake_a", "lake_b"))
        self.a, self.b = (Catalog(self.session.glue, slot_database("lake", slot)) for slot in "ab")

    def publish(self, catalog: Catalog, *builds: TableBuild) -> None:
        for build in builds:
            publish(catalog, build, f"s3://lake/{build.table}/")


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch) -> Slots:
    monkeypatch.setattr("biz_insights.lake.slots.ThreadPoolExecutor", OneThread)
    return Slots()


def test_the_slot_that_a_run_changes_is_the_other_one() -> None:
    assert [other_slot(slot) for slot in (None, "a", "b")] == ["a", "b", "a"]
    assert slot_database("biz_insights", "b") == "biz_insights_b"


CHANGES: Mapping[str, tuple[TableBuild, ...]] = {
    "a new table": (whole("f1", "model_registry"),),
    "a new table without partitions": (TableBuild("quarantine", COLUMNS, KEY, ()),),
    "days added and replaced": (days(d1="f9", d4="f4"),),
    "a day removed": (replace(days(), removed=("d2",)),),
    "a changed table without partitions": (whole("f2"),),
    "new columns": (replace(days(d1="f9"), columns=WIDER),),
    "more than a batch": (days(**{f"d{number}": "f" for number in range(250)}),),
    "nothing": (),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_equal_and_names_what_differed(slots: Slots, change: str) -> None:
    slots.publish(slots.a, days(d1="f1", d2="f2", d3="f3"), whole("f1"))
    assert copy_slot(slots.a, slots.b) == ["gold_days", "silver_date_dim"]
    slots.publish(slots.a, *CHANGES[change])
    assert copy_slot(slots.a, slots.b) == [build.table for build in CHANGES[change]]
    assert read_slot(slots.a) == read_slot(slots.b)
    assert copy_slot(slots.a, slots.b) == []


def test_a_copy_drops_tables_and_tables_with_another_partition_key(slots: Slots) -> None:
    slots.publish(slots.a, days(d1="f1"), whole("f1"))
    copy_slot(slots.a, slots.b)
    slots.a.drop_table("silver_date_dim")
    slots.a.drop_table("gold_days")
    slots.publish(slots.a, replace(days(q1="f1"), partition_key=Column("quarter", "date")))
    slots.a.set_parameter("gold_days", "current_batch", "b1")
    assert copy_slot(slots.a, slots.b) == ["gold_days", "silver_date_dim"]
    assert read_slot(slots.a) == read_slot(slots.b) and slots.b.parameter("gold_days", "current_batch") == "b1"


def test_a_copy_of_some_tables_leaves_the_others(slots: Slots) -> None:
    slots.publish(slots.a, days(d1="f1"), whole("f1"))
    assert copy_slot(slots.a, slots.b, ["silver_date_dim", "no_such_table"]) == ["silver_date_dim"]
    assert list(read_slot(slots.b)) == ["silver_date_dim"]


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_copy_that_was_interrupted_anywhere_is_completed_by_the_next_one(slots: Slots, took_effect: bool) -> None:
    interrupted = 0
    for call in range(1, 200):
        fresh = Slots()
        fresh.publish(fresh.a, days(d1="f1", d2="f9", d4="f4"), whole("f2"), whole("f", "new"))
        fresh.publish(fresh.b, days(d1="f1", d2="f2", d3="f3"), whole("f1"), whole("f", "old"))
        due = fresh.session.faults.calls + call

        def die(number: int, _operation: str, due: int = due) -> None:
            if number == due:
                raise Crash

        setattr(fresh.session.faults, "after" if took_effect else "before", die)
        try:
            copy_slot(fresh.a, fresh.b)
        except Crash:
            interrupted += 1
        fresh.session.faults.before = fresh.session.faults.after = lambda *_: None
        copy_slot(fresh.a, fresh.b)
        assert read_slot(fresh.a) == read_slot(fresh.b), f"interrupted at call {call}"
    assert 10 < interrupted < 199


def test_differences_are_what_readers_see_change(slots: Slots) -> None:
    slots.publish(slots.a, days(d1="f1", d2="f2", d3="f3"), whole("f1"))
    copy_slot(slots.a, slots.b)
    slots.publish(slots.b, replace(days(d1="f9", d4="f4"), removed=("d2",)), whole("f2"), whole("f", "new"))
    assert differences(read_slot(slots.a), read_slot(slots.b)) == [
        Change("gold_days", "d1", "replaced", "s3://lake/d1/f1/", "s3://lake/d1/f9/", "f9"),
        Change("gold_days", "d2", "removed", "s3://lake/d2/f2/", "", "f2"),
        Change("gold_days", "d4", "added", "", "s3://lake/d4/f4/", "f4"),
        Change("new", "", "added", "", "s3://lake/f/", "f"),
        Change("silver_date_dim", "", "replaced", "s3://lake/f1/", "s3://lake/f2/", "f2"),
    ]


def test_a_table_that_differs_in_a_parameter_or_a_column_only_differs(slots: Slots) -> None:
    slots.publish(slots.a, days(d1="f1"), whole("f1"))
    copy_slot(slots.a, slots.b)
    slots.b.set_parameter("gold_days", "input_fingerprint", "x")
    slots.publish(slots.b, replace(whole("f1"), columns=WIDER), TableBuild("quarantine", COLUMNS, KEY, ()))
    before, after = read_slot(slots.a), read_slot(slots.b)
    assert differences(before, after) == []
    assert differing_tables(before, after) == ["gold_days", "quarantine"]


@pytest.mark.parametrize("operation", ["batch_create_partition", "batch_update_partition", "batch_delete_partition"])
@pytest.mark.parametrize("work", ["publish", "copy"])
def test_a_partition_that_glue_refuses_is_an_error(
    slots: Slots, monkeypatch: pytest.MonkeyPatch, operation: str, work: str
) -> None:
    """Such a call answers 200, and lists what it has not done."""
    changed = replace(days(d1="f9", d3="f3"), removed=("d2",))
    slots.publish(slots.a, days(d1="f1", d2="f2"))
    copy_slot(slots.a, slots.b)
    if work == "copy":
        slots.publish(slots.b, changed)
    refused = {"PartitionValues": ["d9"], "ErrorDetail": {"ErrorCode": "InternalServiceException"}}
    monkeypatch.setattr(slots.session.glue, f"_do_{operation}", lambda **_: {"Errors": [refused]}, raising=False)
    with pytest.raises(RuntimeError, match=r"1 refused, first \['d9'\]: InternalServiceException .*clear this task"):
        if work == "copy":
            copy_slot(slots.b, slots.a)
        else:
            slots.publish(slots.a, changed)
