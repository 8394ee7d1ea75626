"""Releases: one call switches readers, and the history is complete wherever a task died."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pyarrow.parquet as pq
import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.current_release import Release, current_release
from biz_insights.lake.publish import Change
from biz_insights.lake.releases import Releases, release_after
from tests.protocol.aws_in_memory import Crash, SessionInMemory

DATABASE, LAKE = "lake", "s3://lake/"
CHANGES = [
    Change("gold_x", "2024-01-01", "added", "", "s3://lake/q1/", "f1"),
    Change("silver_date_dim", "", "replaced", "s3://lake/d1/", "s3://lake/d2/", "f2"),
]
TABLES = ["gold_x", "quarantine", "silver_date_dim"]


@pytest.fixture
def session() -> SessionInMemory:
    return SessionInMemory((DATABASE,))


@pytest.fixture
def releases(session: SessionInMemory) -> Releases:
    made = Releases(session, DATABASE, LAKE)
    made.prepare()
    return made


def release(current: Release | None = None, run: str = "run-1", try_number: int = 1, **fields: str) -> Release:
    options: Mapping[str, Any] = {"process_date": "2024-01-31", "batch_id": "b1",
                                  "snapshot_at": "2024-02-01T03:00:00+00:00", **fields}  # fmt: skip
    return release_after(current, slot="b" if current else "a", run=run, try_number=try_number, **options)


def parquet_rows(session: SessionInMemory, prefix: str) -> list[dict[str, Any]]:
    bodies = [body for (_, key), body in sorted(session.s3.objects.items()) if key.startswith(prefix)]
    return [row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()]


def history(session: SessionInMemory) -> list[tuple[Any, ...]]:
    fields = ("release", "table_name", "partition", "change", "old_location", "new_location", "fingerprint", "run")
    return [tuple(row[name] for name in fields) for row in parquet_rows(session, "ops/publish_history/")]


def test_before_the_first_release_readers_have_a_table_without_a_row(
    session: SessionInMemory, releases: Releases
) -> None:
    assert Releases(session, "no_such_database", LAKE).current() is None
    releases.prepare()
    assert releases.current() is None
    assert [row for row in parquet_rows(session, "releases/")] == []


def test_a_switch_is_one_update_of_one_table(session: SessionInMemory, releases: Releases) -> None:
    seen: list[str] = []
    session.faults.changed = lambda operation, arguments: seen.append(
        f"{operation} {arguments.get('Key') or arguments.get('TableName') or arguments['TableInput']['Name']}"
    )
    made = release()
    releases.switch(made, CHANGES, TABLES)
    folder = f"put_object releases/{made.name}/"
    month = made.released_at[:7]
    assert seen == [
        f"{folder}changes.parquet", f"{folder}intent.json", f"{folder}row/release.parquet",
        "update_table current_release",
        "create_table publish_history", "create_partition publish_history",
        f"put_object ops/publish_history/month={month}/{made.name}.parquet",
    ]  # fmt: skip
    assert releases.current() == made == current_release(session.glue, DATABASE)
    where = session.glue.databases[DATABASE]["current_release"]["StorageDescriptor"]["Location"]
    (row,) = parquet_rows(session, where.removeprefix(LAKE))
    assert (row["release"], row["slot"], row["run"], str(row["process_date"])) == (1, "a", "run-1", "2024-01-31")
    assert (row["batch_id"], str(row["snapshot_at"])) == ("b1", "2024-02-01 03:00:00")
    assert releases.changed_tables(made) == TABLES


def test_the_history_has_one_row_for_each_changed_partition(session: SessionInMemory, releases: Releases) -> None:
    releases.switch(release(), CHANGES, TABLES)
    assert history(session) == [
        (1, "gold_x", "2024-01-01", "added", "", "s3://lake/q1/", "f1", "run-1"),
        (1, "silver_date_dim", "", "replaced", "s3://lake/d1/", "s3://lake/d2/", "f2", "run-1"),
    ]


@pytest.mark.parametrize("took_effect", [True, False])
def test_the_history_is_complete_wherever_a_task_dies(took_effect: bool) -> None:
    """A release that readers see gets its history from the next task; one that they never saw has none."""
    outcomes = set()
    for call in range(1, 12):
        session = SessionInMemory((DATABASE,))
        releases = Releases(session, DATABASE, LAKE)
        releases.prepare()
        first = release()
        releases.switch(first, CHANGES, TABLES)
        due, second = session.faults.calls + call, release(first, "run-2")

        def die(number: int, _operation: str, due: int = due) -> None:
            if number == due:
                raise Crash

        setattr(session.faults, "after" if took_effect else "before", die)
        with suppress(Crash):
            releases.switch(second, CHANGES[:1], TABLES)
        session.faults.before = session.faults.after = lambda *_: None
        current = releases.current()
        assert current in (first, second)
        assert current is not None
        releases.complete(current)
        assert releases.complete(current) is False
        assert [row[0] for row in history(session)] == ([1, 1, 2] if current == second else [1, 1])
        outcomes.add((current.number, len(history(session))))
    assert outcomes == {(1, 2), (2, 3)}


def test_a_repeated_try_adds_rows_of_its_own_and_no_file_is_written_twice(
    session: SessionInMemory, releases: Releases
) -> None:
    written: list[str] = []
    session.faults.changed = lambda operation, arguments: (
        written.append(arguments["Key"]) if operation == "put_object" else None
    )
    current: Release | None = None
    for try_number in (1, 1, 2):
        current = release(current, try_number=try_number)
        releases.switch(current, CHANGES, TABLES)
    assert len(written) == len(set(written)) == 12
    assert [row[0] for row in history(session)] == [1, 1, 2, 2, 3, 3]


def test_a_lost_record_of_changes_is_said_with_what_to_do(session: SessionInMemory, releases: Releases) -> None:
    with pytest.raises(PermanentError, match=r"has no changes\.parquet in its folder .* restore the file from"):
        releases.complete(release())


def test_a_release_has_the_newest_day_that_it_is_given_and_the_next_number() -> None:
    first = release(process_date="2024-01-31")
    assert release(first, process_date="2024-01-20").process_date == "2024-01-20"
    assert release(replace(first, number=41)).number == 42


def test_what_a_slot_was_prepared_for_is_stored(releases: Releases) -> None:
    assert releases.slot_base("a") == {}
    releases.set_slot_base("a", {"release": 3, "process_date": "2024-01-31"})
    assert releases.slot_base("a") == {"release": 3, "process_date": "2024-01-31"} and releases.slot_base("b") == {}
