"""The volume guard on a catalog: half of a published source is refused, a day more is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from biz_insights.lake.builds import Volume
from biz_insights.lake.holds import Hold, set_hold
from biz_insights.lake.manifest import Manifest
from biz_insights.lake.publish import publish
from biz_insights.lake.volume_guard import VolumeError
from biz_insights.settings import Settings
from biz_insights.steps.guard_steps import guard_order_lines
from biz_insights.steps.run_context import RunContext
from biz_schema.silver_tables import SILVER_ORDER_ITEMS
from tests.plugins.lake.order_days import day, shop, volume

TABLE = SILVER_ORDER_ITEMS.name


def manifest(run: RunContext, days: Mapping[str, Volume]) -> Manifest:
    """The manifest of a silver job that read these days of order lines."""
    known = run.released.fingerprints(TABLE)
    partitions: dict[str, Any] = {}
    for value, part in days.items():
        same = known.get(value) == part.fingerprint
        change = "unchanged" if same else "changed" if value in known else "new"
        partitions[value] = {**vars(part), "change": change}
    for value in known.keys() - days.keys():
        partitions[value] = {"rows": 0, "fingerprint": "0-0", "change": "deleted"}
    entry = {
        "columns": [["order_id", "string"]], "partition_keys": [["order_date", "date"]],
        "location": run.settings.lake_uri("silver/order_items/run=jr-1/"), "partitions": partitions,
    }  # fmt: skip
    return Manifest("jr-1", "export-1", {TABLE: entry})


@pytest.fixture
def run(lake_bucket: str, published: str) -> RunContext:
    """The context of a task on a lake with a shop of 60 days, of which the guard has seen the first load."""
    settings = Settings(lake_bucket=lake_bucket, published_database=published)
    context = RunContext(settings, "manual__1", day(60))
    context.session.client("glue").create_database(DatabaseInput={"Name": context.released.database})
    first = manifest(context, shop(60))
    assert guard_order_lines(context, first, accept_changes=False) == []
    publish(context.released, first.build(TABLE), context.table_root(TABLE))
    return context


def test_a_day_more_passes(run: RunContext) -> None:
    assert guard_order_lines(run, manifest(run, shop(61)), accept_changes=False) == []


def test_half_of_the_rows_are_refused_until_somebody_accepts_them(run: RunContext) -> None:
    half = manifest(run, {value: volume(20) for value in shop(60)})
    with pytest.raises(VolumeError, match=r"60 of 60 closed day\(s\) change by 50\.0 % of all rows"):
        guard_order_lines(run, half, accept_changes=False)
    (line,) = guard_order_lines(run, half, accept_changes=True)
    assert "accepted" in line
    publish(run.released, half.build(TABLE), run.table_root(TABLE))
    assert guard_order_lines(run, half, accept_changes=False) == []


def test_days_that_the_source_no_longer_has_are_refused(run: RunContext) -> None:
    with pytest.raises(VolumeError, match="the day vanishes"):
        guard_order_lines(run, manifest(run, shop(57)), accept_changes=False)


def test_days_that_are_held_do_not_count(run: RunContext) -> None:
    """What the job built of them is not published, however much it differs."""
    held = {value: "" for value in shop(60) if value != day(59)}
    half = manifest(run, {value: volume(20) for value in held} | {day(59): shop(60)[day(59)]})
    run.working.glue.create_database(DatabaseInput={"Name": run.working.database})
    publish(run.working, manifest(run, shop(60)).build(TABLE), run.table_root(TABLE))
    publish(run.working, half.build(TABLE), run.table_root(TABLE))
    with pytest.raises(VolumeError):
        guard_order_lines(run, half, accept_changes=False)
    set_hold(run.working, TABLE, Hold(1, "manual-1", "2026-02-01T03:00:00+00:00", "", held))
    assert guard_order_lines(run, half, accept_changes=False) == []
