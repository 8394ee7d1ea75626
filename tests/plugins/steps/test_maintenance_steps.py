"""Maintenance on a lake of a few objects: the lease, what is needed, and what is looked at again before deleting."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from biz_insights.aws import s3
from biz_insights.lake.adoption import set_history_aside
from biz_insights.lake.audits import PassedAudit, record_audit
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.current_release import Release
from biz_insights.lake.holds import Hold, lift_hold, set_hold
from biz_insights.lake.lease import LeaseHeldError
from biz_insights.lake.operations_tables import parquet, record
from biz_insights.lake.publish import publish
from biz_insights.lake.releases import release_after
from biz_insights.lake.slots import differences, differing_tables, read_slot
from biz_insights.settings import Settings
from biz_insights.steps import maintenance_steps
from biz_insights.steps.run_context import RunContext
from biz_schema.operations_tables import PUBLISH_HISTORY

MART = "mart_sales_trends"
HOLD = Hold(1, "rollback-1", "2024-02-18T00:00:00+00:00", "wrong prices", {"2024-02-17": "f"})
LATER = datetime.now(UTC) + timedelta(days=60)
"""When everything that a test writes is past the retention."""


@pytest.fixture
def run(session: Any, lake_bucket: str) -> RunContext:
    """Return a run that has the lease of an empty lake."""
    name = f"db_{uuid.uuid4().hex[:10]}"
    for database in (name, f"{name}_a", f"{name}_b", f"{name}_build"):
        session.client("glue").create_database(DatabaseInput={"Name": database})
    settings = Settings(lake_bucket=lake_bucket, published_database=name, build_database=f"{name}_build")
    context = RunContext(settings, "maintenance-1", "2024-02-17", dag_id="lake_maintenance")
    context.__dict__["session"] = session
    context.lease.acquire(context.holder)
    context.releases.prepare()
    return context


def again(run: RunContext, **changes: Any) -> RunContext:
    """Return the context of another task of the run: nothing is remembered from before."""
    found = RunContext(replace(run.settings, **changes), run.run_id, run.process_date, dag_id=run.dag_id)
    found.__dict__["session"] = run.session
    return found


def put(run: RunContext, key: str) -> str:
    run.session.client("s3").put_object(Bucket=run.settings.lake_bucket, Key=key, Body=b"12345")
    return key


def keys(run: RunContext, prefix: str = "") -> set[str]:
    found = run.session.client("s3").list_objects_v2(Bucket=run.settings.lake_bucket, Prefix=prefix)
    return {entry["Key"] for entry in found.get("Contents", [])}


def release(run: RunContext, table: str, locations: dict[str, str], removed: tuple[str, ...] = ()) -> Release:
    """Publish partitions to the idle slot, and switch readers to it."""
    context = again(run)
    partitions = tuple(PartitionBuild(value, location, location) for value, location in locations.items())
    build = TableBuild(table, (Column("n", "bigint"),), Column("as_of_date", "date"), partitions, removed)
    publish(context.working, build, context.table_root(table))
    made = release_after(
        context.current, slot=context.working.database[-1], run="daily-1", try_number=1,
        process_date=max(locations), batch_id="", snapshot_at="",
    )  # fmt: skip
    before, after = read_slot(context.released), read_slot(context.working)
    context.releases.switch(made, differences(before, after), differing_tables(before, after))
    return made


def test_what_a_slot_or_recent_history_names_stays(run: RunContext) -> None:
    lake = run.settings.lake_uri("")
    first, second, lost = (put(run, f"gold/tables/{name}/as_of_date=d/part.parquet") for name in ("q1", "q2", "lost"))
    release(run, MART, {"2024-02-17": f"{lake}gold/tables/q1/as_of_date=d/"})
    release(run, MART, {"2024-02-17": f"{lake}gold/tables/q2/as_of_date=d/"})
    # Both slots hold the table by now, and the history names the first location.
    soon = datetime.now(UTC) + timedelta(days=1)
    assert maintenance_steps.remove_files(again(run), soon) == {}
    removed = maintenance_steps.remove_files(again(run), LATER)
    assert removed["unreferenced gold files"] == {"objects": 1, "bytes": 5}
    assert keys(run, "gold/") == {first, second} - {lost}


def test_a_replaced_location_goes_when_the_history_is_past_the_retention_unless_it_is_pinned(run: RunContext) -> None:
    lake = run.settings.lake_uri("")
    old = put(run, "gold/tables/q1/as_of_date=d/part.parquet")
    new = put(run, "gold/tables/q2/as_of_date=d/part.parquet")
    release(run, MART, {"2024-02-17": f"{lake}gold/tables/q1/as_of_date=d/"})
    release(run, MART, {"2024-02-17": f"{lake}gold/tables/q2/as_of_date=d/"})
    release(run, MART, {"2024-02-17": f"{lake}gold/tables/q2/as_of_date=d/"})
    released = again(run).released
    set_hold(released, MART, HOLD)
    maintenance_steps.remove_files(again(run), LATER)
    assert keys(run, "gold/") == {old, new}
    lift_hold(released, MART)
    maintenance_steps.remove_files(again(run), LATER)
    assert keys(run, "gold/") == {new}


def test_the_record_of_an_audit_stays_as_long_as_a_partition_that_it_passed(run: RunContext) -> None:
    lake = run.settings.lake_uri("")
    put(run, "gold/tables/q1/as_of_date=d/part.parquet")
    release(run, MART, {"2024-02-17": f"{lake}gold/tables/q1/as_of_date=d/"})
    for name, location in (("needed", "gold/tables/q1/as_of_date=d/"), ("gone", "gold/tables/q0/as_of_date=d/")):
        build = TableBuild(MART, (Column("n", "bigint"),), None, (PartitionBuild("d", f"{lake}{location}", "f"),))
        record_audit(run.session, f"{lake}ops/", PassedAudit(MART, name, "b", (build,), ()), 1)
    maintenance_steps.remove_files(again(run), LATER)
    assert keys(run, "ops/audits/") == {f"ops/audits/needed/{MART}/try=1.json"}


def test_what_the_intent_of_a_recent_release_names_stays(run: RunContext) -> None:
    """Readers may have been switched to it just now, or the next try switches them."""
    lake = run.settings.lake_uri("")
    sides = {"old_location": f"{lake}gold/tables/q1/", "new_location": f"{lake}gold/tables/q2/"}
    s3.put_bytes(run.session, f"{lake}releases/000009-x/changes.parquet", parquet(PUBLISH_HISTORY, [sides]))
    for now, expected in ((datetime.now(UTC) + timedelta(days=1), True), (LATER, False)):
        needed = maintenance_steps.read_references(run, now)
        assert [needed.need(location) for location in sides.values()] == [expected, expected]


def test_the_history_of_an_earlier_version_stays(run: RunContext) -> None:
    """Its partitions have two keys: the run, and the table."""
    schema, ops_uri = pa.schema([("change", pa.string())]), run.settings.lake_uri("ops/")
    database, history = run.settings.published_database, "publish_history"
    for partition in ({"run": "r1", "table_name": "x"}, {"run": "r1", "table_name": "y"}):
        record(history, [], schema, partition, database=database, ops_uri=ops_uri, session=run.session)
    written = keys(run, f"ops/{history}/")
    set_history_aside(run.catalog(database))
    maintenance_steps.remove_files(again(run), LATER)
    assert len(written) == 2 and keys(run, f"ops/{history}/") == written


def test_nothing_is_deleted_without_the_lease(run: RunContext) -> None:
    lost = put(run, "silver/order_items/run=lost/part.parquet")
    run.lease.release(run.holder)
    run.lease.acquire("business_insights_daily/scheduled__2")
    with pytest.raises(LeaseHeldError, match="lost its lease"):
        maintenance_steps.remove_files(again(run), LATER)
    with pytest.raises(LeaseHeldError, match="lost its lease"):
        maintenance_steps.tidy_operations(again(run), LATER)
    assert lost in keys(run)


def test_references_are_read_again_before_each_batch(run: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody publishes a found folder between the plan and the deletion: it stays."""
    names = [put(run, f"silver/order_items/run={number}/part.parquet") for number in range(3)]
    monkeypatch.setattr(
        maintenance_steps, "deletion_batches", lambda found: [[leftover] for leftover in found if leftover.unit.uri]
    )
    read: Callable[..., Any] = maintenance_steps.read_references
    calls: list[int] = []

    def racing(context: RunContext, now: datetime) -> Any:
        calls.append(1)
        if len(calls) == 3:
            release(run, "t", {"2024-02-17": run.settings.lake_uri("silver/order_items/run=1/")})
        return read(context, now)

    monkeypatch.setattr(maintenance_steps, "read_references", racing)
    removed = maintenance_steps.remove_files(again(run), LATER)
    assert removed["unreferenced silver files"]["objects"] == 2
    assert keys(run, "silver/") == {names[1]}


def test_a_batch_never_divides_a_unit(run: RunContext) -> None:
    for number in range(5):
        put(run, f"silver/x/run={number}/a.parquet")
        put(run, f"silver/x/run={number}/b.parquet")
    found = maintenance_steps.leftovers(
        maintenance_steps._objects(run),
        maintenance_steps.read_references(run, LATER),
        maintenance_steps._ages(run),
        LATER,
    )
    batches = maintenance_steps.deletion_batches(found, 3)
    assert [leftover for batch in batches for leftover in batch] == found
    assert all(sum(len(leftover.objects) for leftover in batch) <= 3 for batch in batches)


def test_old_dates_leave_the_catalog_through_one_release_and_their_files_stay(run: RunContext) -> None:
    lake = run.settings.lake_uri("")
    days = ("2023-10-05", "2023-10-31", "2024-02-17")
    for day in days:
        put(run, f"gold/tables/q/as_of_date={day}/part.parquet")
    made = release(run, MART, {day: f"{lake}gold/tables/q/as_of_date={day}/" for day in days})
    task = again(run)
    assert maintenance_steps.expired_partitions(task, datetime.now(UTC)) == {MART: ["2023-10-05"]}
    line = maintenance_steps.remove_expired_partitions(task)
    assert line == f"release {made.number + 1}: 1 partitions of 1 tables were removed, in one step"
    after = again(run)
    assert after.current is not None and after.current.process_date == "2024-02-17"
    assert sorted(after.released.partitions(MART)) == ["2023-10-31", "2024-02-17"]
    assert maintenance_steps.remove_expired_partitions(again(run)) is None
    maintenance_steps.remove_files(again(run), datetime.now(UTC) + timedelta(days=8))
    assert len(keys(run, "gold/")) == 3


def test_a_pinned_date_stays_published(run: RunContext) -> None:
    lake = run.settings.lake_uri("")
    release(run, MART, {day: f"{lake}gold/q/{day}/" for day in ("2023-10-05", "2023-10-31", "2024-02-17")})
    set_hold(again(run).released, MART, replace(HOLD, partitions={"2023-10-05": "f"}))
    assert maintenance_steps.expired_partitions(again(run), LATER) == {}


def test_tables_of_failed_tries_go_after_their_days(run: RunContext) -> None:
    for name in (f"{MART}__0123abcd_t1", f"{MART}__0123abcd_t2_p0", "somebody_s_table"):
        run.candidates.create_table(
            TableBuild(name, (Column("n", "bigint"),), None, ()), name, run.settings.lake_uri("x/")
        )
    assert maintenance_steps.expired_candidates(run, datetime.now(UTC) + timedelta(days=6)) == []
    done = maintenance_steps.tidy_operations(again(run), LATER)
    assert done["candidates"] == [f"{MART}__0123abcd_t1", f"{MART}__0123abcd_t2_p0"]
    assert run.candidates.table("somebody_s_table") is not None


def test_a_dry_run_changes_nothing_and_says_what_it_found(run: RunContext) -> None:
    put(run, "silver/x/run=lost/a.parquet")
    before = keys(run)
    found = maintenance_steps.survey(run, LATER)
    assert keys(run) == before
    assert found["removable"]["unreferenced silver files"] == {"objects": 1, "bytes": 5}
    report = maintenance_steps.write_report(run, found, None)
    assert "dry run: nothing was changed" in report["message"]
    assert "unreferenced silver files: 1 objects, 0.0 MB to delete" in report["message"]
