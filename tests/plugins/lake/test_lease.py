"""The lease: of several writers one wins, and nobody writes without it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from biz_insights.aws import s3
from biz_insights.lake.lease import LEASE_HOURS, LEASE_KEY, Lease, LeaseHeldError, LeaseStore
from tests.protocol.aws_in_memory import Crash, SessionInMemory

WRITERS = 12
NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(session: Any, lake_bucket: str, clock: Clock) -> LeaseStore:
    return LeaseStore(session, f"s3://{lake_bucket}/", clock)


@pytest.fixture
def memory(clock: Clock) -> tuple[SessionInMemory, LeaseStore]:
    session = SessionInMemory(())
    return session, LeaseStore(session, "s3://lake/", clock)


def at_once(session: Any, bucket: str, clock: Clock, holders: list[str], **options: Any) -> list[str]:
    """Let all holders ask for the lease at the same moment; return those that got it."""
    start = threading.Barrier(len(holders))

    def ask(holder: str) -> str:
        store = LeaseStore(session, f"s3://{bucket}/", clock)
        start.wait()
        try:
            store.acquire(holder, **options)
        except LeaseHeldError:
            return ""
        return holder

    with ThreadPoolExecutor(len(holders)) as pool:
        return [holder for holder in pool.map(ask, holders) if holder]


def test_of_many_writers_one_gets_a_free_lease_an_expired_one_and_one_to_take_over(
    session: Any, lake_bucket: str, lease: LeaseStore, clock: Clock
) -> None:
    holders = [f"dag/run-{number}" for number in range(WRITERS)]
    (first,) = at_once(session, lake_bucket, clock, holders)
    assert at_once(session, lake_bucket, clock, [name for name in holders if name != first]) == []
    clock.wait(hours=LEASE_HOURS, seconds=1)
    (second,) = at_once(session, lake_bucket, clock, [name for name in holders if name != first])
    others = [name for name in holders if name != second]
    (third,) = at_once(session, lake_bucket, clock, others, may_take_over=lambda holder: holder == second)
    found = lease.read()
    assert found is not None and (found.holder, found.released) == (third, False) and third != second


def test_tasks_of_one_run_all_renew_its_lease_at_the_same_time(
    session: Any, lake_bucket: str, lease: LeaseStore, clock: Clock
) -> None:
    lease.acquire("dag/run-1")
    clock.wait(hours=LEASE_HOURS - 1)
    assert len(at_once(session, lake_bucket, clock, ["dag/run-1"] * WRITERS)) == WRITERS
    found = lease.read()
    assert found is not None and found.acquired_at == NOW.isoformat(timespec="seconds")
    assert datetime.fromisoformat(found.expires_at) == clock.now + timedelta(hours=LEASE_HOURS)


def test_a_held_lease_is_refused_with_who_has_it_and_what_happens_next(lease: LeaseStore) -> None:
    lease.acquire("dag/run-1")
    expected = (
        r"the lake is being changed by dag/run-1 since 2026-03-01T03:00:00\+00:00 \(lease until 2026-03-01T09:00:00"
        r"\+00:00\); this task runs again by itself, or clear it when that run has ended"
    )
    with pytest.raises(LeaseHeldError, match=expected):
        lease.acquire("dag/run-2")


def test_a_released_lease_is_free_and_can_be_released_only_by_its_holder(lease: LeaseStore) -> None:
    assert lease.release("dag/run-1") is False
    lease.acquire("dag/run-1")
    assert lease.release("dag/run-2") is False and lease.release("dag/run-1") is True
    assert lease.release("dag/run-1") is False
    assert lease.acquire("dag/run-2").holder == "dag/run-2"


def test_a_lost_lease_is_refused_before_a_write(lease: LeaseStore, clock: Clock) -> None:
    with pytest.raises(LeaseHeldError, match="lost its lease on the lake, now held by nobody"):
        lease.require("dag/run-1")
    lease.acquire("dag/run-1")
    lease.require("dag/run-1")
    clock.wait(hours=LEASE_HOURS)
    with pytest.raises(LeaseHeldError, match="now held by nobody; clear this task"):
        lease.require("dag/run-1")
    lease.acquire("dag/run-2")
    with pytest.raises(LeaseHeldError, match="dag/run-1 lost its lease on the lake, now held by dag/run-2"):
        lease.require("dag/run-1")


def test_a_step_never_outlives_the_lease_that_it_began_with(lease: LeaseStore, clock: Clock) -> None:
    """A step may last three hours (execution_timeout): that much is left after each acquire."""
    lease.acquire("dag/run-1")
    for minutes in (30, 149, 10, 170):
        clock.wait(minutes=minutes)
        left = datetime.fromisoformat(lease.acquire("dag/run-1").expires_at) - clock.now
        assert left >= timedelta(hours=3)


def test_a_second_run_that_writes_between_read_and_write_wins(memory: tuple[SessionInMemory, LeaseStore]) -> None:
    session, lease = memory
    other = LeaseStore(session, "s3://lake/", lambda: NOW)

    def between(_number: int, operation: str) -> None:
        if operation == "get_object":
            session.faults.after = lambda *_: None
            other.acquire("dag/run-2")

    session.faults.after = between
    with pytest.raises(LeaseHeldError, match="the lake is being changed by dag/run-2"):
        lease.acquire("dag/run-1")
    other.require("dag/run-2")


def test_a_write_whose_answer_was_lost_counts_when_it_is_sent_again(
    memory: tuple[SessionInMemory, LeaseStore],
) -> None:
    session, lease = memory

    def lost(_number: int, operation: str) -> None:
        if operation == "put_object":
            raise Crash

    session.faults.after = lost
    with pytest.raises(Crash):
        lease.acquire("dag/run-1")
    session.faults.after = lambda *_: None
    lease.require("dag/run-1")
    assert lease.acquire("dag/run-1").holder == "dag/run-1"


def test_the_lease_is_one_object_in_the_lake(session: Any, lake_bucket: str, lease: LeaseStore) -> None:
    held = lease.acquire("dag/run-1")
    assert Lease(**s3.get_json(session, f"s3://{lake_bucket}/{LEASE_KEY}")) == held == lease.read()
