"""Holds: what is rolled back is left out of builds, and jobs know the newest build of it."""

from __future__ import annotations

import pytest

from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.holds import (
    Hold,
    held_partitions,
    lift_hold,
    newest_fingerprints,
    read_hold,
    read_holds,
    set_hold,
    store_newest,
    without_held,
)
from biz_insights.lake.publish import publish
from tests.protocol.aws_in_memory import SessionInMemory

COLUMNS = (Column("net_sales", "double"),)
HOLD = Hold(4, "manual-1", "2026-02-01T03:00:00+00:00", "wrong price", {"d1": "g1", "d9": ""})


def build(*values: str, removed: tuple[str, ...] = (), columns: tuple[Column, ...] = COLUMNS) -> TableBuild:
    parts = tuple(PartitionBuild(value, f"s3://lake/{value}/", f"f-{value}", 3) for value in values)
    return TableBuild("gold_x", columns, Column("order_date", "date"), parts, removed)


@pytest.fixture
def catalog() -> Catalog:
    """A database with a table of two days, of which one is held."""
    found = Catalog(SessionInMemory(("lake_a",)).glue, "lake_a")
    publish(found, build("d1", "d2"), "s3://lake/gold_x/")
    set_hold(found, "gold_x", HOLD)
    return found


def test_a_hold_is_stored_with_its_table_until_it_is_lifted(catalog: Catalog) -> None:
    assert read_hold(catalog, "gold_x") == HOLD
    assert read_holds(catalog) == {"gold_x": HOLD}
    assert held_partitions(catalog, "gold_x") == {"d1", "d9"}
    assert HOLD.text == (
        "2 partition(s) (d1, d9) as in release 4, held since 2026-02-01T03:00:00+00:00 by manual-1 (wrong price)"
    )
    lift_hold(catalog, "gold_x")
    assert (read_hold(catalog, "gold_x"), read_holds(catalog)) == (None, {})
    assert held_partitions(catalog, "gold_x") == frozenset()
    lift_hold(catalog, "no_table")


def test_a_build_is_published_without_what_is_held(catalog: Catalog) -> None:
    found = without_held(catalog, build("d1", "d2", "d3", removed=("d9", "d8")))
    assert [partition.value for partition in found.partitions] == ["d2", "d3"]
    assert found.removed == ("d8",)
    untouched = build("d2")
    assert without_held(catalog, untouched) is untouched


def test_a_new_column_does_not_end_a_hold(catalog: Catalog) -> None:
    publish(catalog, build("d3", columns=(*COLUMNS, Column("orders", "bigint"))), "s3://lake/gold_x/")
    assert read_hold(catalog, "gold_x") == HOLD


def test_a_job_compares_with_the_newest_build_of_a_held_day() -> None:
    published = {"d1": "f1", "d2": "f2", "d9": "f9"}
    assert newest_fingerprints(published, HOLD) == {"d1": "g1", "d2": "f2"}
    assert newest_fingerprints(published, None) == published


def test_the_newest_build_is_stored_when_the_job_has_made_one(catalog: Catalog) -> None:
    store_newest([catalog], "gold_x", {"d1": "h1", "d2": "f2", "d9": "h9"})
    found = read_hold(catalog, "gold_x")
    assert found is not None and found.partitions == {"d1": "h1", "d9": "h9"}
    assert (found.release, found.reason) == (4, "wrong price")
    store_newest([catalog], "gold_x", {"d9": "h9"})
    found = read_hold(catalog, "gold_x")
    assert found is not None and found.partitions == {"d1": "", "d9": "h9"}
