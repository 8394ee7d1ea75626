"""Random runs, crashes, second writers, cleared tasks, rollbacks and deletions: readers see whole releases only."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from biz_insights.errors import PermanentError
from biz_insights.identity import run_slug
from biz_insights.lake.lease import LeaseHeldError
from tests.protocol.aws_in_memory import READS, Crash
from tests.protocol.dag_runs import ORDER, DagRun, Scheduler
from tests.protocol.observers import Observer, located, seen
from tests.protocol.operators import clean, roll_back
from tests.protocol.small_chain import GOLD, SETTINGS, SmallChain

DAYS = ("2026-02-27", "2026-02-28", "2026-03-01")
days = st.sampled_from(DAYS)
PUBLISHES = [position for position, step in enumerate(ORDER) if step.endswith(".publish")]

RUNS_LOOKED_AT = 4
which_run = st.integers(0, RUNS_LOOKED_AT - 1)
which_write = st.one_of(st.integers(1, 4), st.integers(1, 25))
"""Number of the call that changes something, within a step: a crash between two reads is one before the next write."""
how_far = st.one_of(st.just(0), st.just(len(ORDER) - 1), st.integers(0, len(ORDER)))
which_table = st.sampled_from(["bronze", "silver", *GOLD])


class Lake(RuleBasedStateMachine):
    """A small chain with its operators; the observer looks at the lake after each call that changes something."""

    @initialize()
    def open(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.chain = SmallChain()
        self.scheduler = Scheduler(self.chain)
        self.scheduler.patch(self.patch)
        self.observer = Observer(self.chain, self.scheduler)

    def teardown(self) -> None:
        """Whatever has happened, the next run succeeds, and the history of all releases is complete."""
        try:
            self._recover()
        finally:
            self.patch.undo()

    @rule(day=days, text=st.integers(0, 3))
    def the_source_changes(self, day: str, text: int) -> None:
        self.chain.days[day] = f"{len(self.chain.moments)} {text}"

    @rule(day=st.sampled_from(DAYS[1:]))
    def the_source_loses_a_day(self, day: str) -> None:
        self.chain.days.pop(day, None)

    @rule(day=days)
    def a_run_succeeds(self, day: str) -> None:
        self.scheduler.finish(self.scheduler.add(day))

    @rule(day=days, count=how_far)
    def a_run_starts(self, day: str, count: int) -> None:
        self._advance(self.scheduler.add(day), count)

    @rule(day=days, count=how_far)
    def a_run_that_goes_back_starts(self, day: str, count: int) -> None:
        self._advance(self.scheduler.add(day, go_back=True), count)

    @rule(which=which_run, count=how_far)
    def a_run_goes_on(self, which: int, count: int) -> None:
        if run := self._run(which):
            self._advance(run, count)

    @rule(which=which_run, count=how_far, call=which_write, took_effect=st.booleans(), killed=st.booleans())
    def a_worker_dies(self, which: int, count: int, call: int, took_effect: bool, killed: bool) -> None:
        """Between any two calls: before a call takes effect, or after it did and before the answer arrived."""
        run = self._run(which)
        if run is None:
            return
        self._advance(run, count)
        self._at(call, took_effect, _die)
        self.scheduler.advance(run)
        self._quiet()
        if killed:
            self.scheduler.kill(run)

    @rule(which=which_run, other=which_run, count=how_far, call=which_write)
    def another_run_works_at_the_same_time(self, which: int, other: int, count: int, call: int) -> None:
        """The other run does its next steps before a call of this one."""
        run, second = self._run(which), self._run(other)
        if run is None or second is None or run is second:
            return
        self._advance(run, count)

        def work() -> None:
            self._quiet()
            self._advance(second, 2)

        self._at(call, False, work)
        self.scheduler.advance(run)
        self._quiet()

    @rule(which=which_run, red=st.integers(1, 5))
    def a_checkpoint_blocks(self, which: int, red: int) -> None:
        if run := self._run(which):
            self._advance(run, red)
            self.chain.red = True
            self._advance(run, len(ORDER))
            self.chain.red = False

    @rule(which=which_run, table=which_table)
    def a_build_is_cleared_without_its_audit(self, which: int, table: str) -> None:
        """Then its publish is cleared: it refuses what no audit has passed, or the run has published it before."""
        run = self._run(which)
        if run is None or f"{table}.audit" not in run.memo:
            return
        run.memo[f"{table}.build"] = self.scheduler.perform(run, f"{table}.build")
        run.memo["has unaudited build"] = True
        with suppress(LeaseHeldError, PermanentError):
            self.scheduler.perform(run, f"{table}.publish")
        self._end_lease(run)

    @rule(which=which_run)
    def a_run_is_killed(self, which: int) -> None:
        if run := self._run(which):
            self.scheduler.kill(run)

    @rule(which=which_run, position=st.integers(0, len(ORDER) - 1))
    def a_task_is_cleared_with_its_downstream(self, which: int, position: int) -> None:
        if run := self._run(which):
            self.scheduler.clear(run, position)

    @rule(which=which_run, position=st.sampled_from(PUBLISHES))
    def one_publish_is_cleared_alone(self, which: int, position: int) -> None:
        """Of the run that readers see: it succeeds and changes nothing, unless its build was made again unaudited."""
        run, latest = self._run(which), self.observer.latest
        if run is None or run.state != "success" or latest is None or latest.release.run != run_slug(run.name):
            return
        before = self._slots()
        try:
            self.scheduler.perform(run, ORDER[position])
        except LeaseHeldError:
            return
        except PermanentError as error:
            assert run.memo.get("has unaudited build") and "no checkpoint has passed" in str(error)
        if run.memo["switch_release"] is not None:
            assert self._slots()[latest.release.slot] == before[latest.release.slot]
        self._end_lease(run)

    @rule(hours=st.sampled_from((1, 7)))
    def time_passes(self, hours: int) -> None:
        """Up to beyond the end of a lease that nobody renews."""
        self.chain.wait(hours * 60)

    @rule(back=st.integers(1, 3), call=st.one_of(st.none(), st.integers(1, 60)))
    def an_operator_goes_back(self, back: int, call: int | None) -> None:
        """To an earlier release; the operator may also be interrupted."""
        if call:
            self._at(call, True, _die)
        roll_back(self.scheduler, self.observer, back)
        self._quiet()

    @rule()
    def maintenance_deletes_what_nothing_references(self) -> None:
        clean(self.scheduler, self.observer)

    @invariant()
    def readers_see_one_whole_release(self) -> None:
        if not hasattr(self, "observer"):
            return
        found = seen(self.chain)
        assert found == self.observer.latest
        if found:
            lost = [place for of in found.tables.values() for place, text in of.values() if text is None]
            assert all(place.endswith("_no_files/") for place in lost), f"files are gone: {lost}"

    @invariant()
    def one_run_at_most_holds_the_lease(self) -> None:
        if hasattr(self, "scheduler"):
            holders = [run.name for run in self.scheduler.runs if self.scheduler.holds_lease(run)]
            assert len(holders) <= 1, f"{holders} all hold the lease"

    def _recover(self) -> None:
        if not hasattr(self, "observer"):
            return
        for run in self.scheduler.runs:
            self.scheduler.kill(run)
        self.chain.wait(7 * 60)
        last = self.scheduler.add(DAYS[-1])
        self.scheduler.finish(last)
        assert last.state == "success", last.memo.get("error")
        for number in self.observer.states:
            assert self.observer.recorded(number) == self.observer.expected_history(number)
        self.readers_see_one_whole_release()

    def _run(self, which: int) -> DagRun | None:
        """Return one of the latest runs."""
        latest = self.scheduler.runs[-RUNS_LOOKED_AT:]
        return latest[which % len(latest)] if latest else None

    def _advance(self, run: DagRun, count: int) -> None:
        for _ in range(count):
            self.scheduler.advance(run)

    def _slots(self) -> dict[str, Any]:
        return {slot: located(self.chain, f"{SETTINGS.published_database}_{slot}") for slot in "ab"}

    def _end_lease(self, run: DagRun) -> None:
        run.leased = False
        self.scheduler.context(run, "end_lease").lease.release(f"business_insights_daily/{run.name}")

    def _at(self, call: int, took_effect: bool, what: Any) -> None:
        faults, left = self.chain.session.faults, [call]

        def hook(_number: int, operation: str) -> None:
            left[0] -= operation not in READS
            if left[0] == 0 and operation not in READS:
                what()

        if took_effect:
            faults.after = hook
        else:
            faults.before = hook

    def _quiet(self) -> None:
        faults = self.chain.session.faults
        faults.before = faults.after = lambda *_: None


def _die() -> None:
    raise Crash


def test_readers_see_whole_releases_whatever_happens() -> None:
    run_state_machine_as_test(
        Lake,
        settings=settings(
            max_examples=200,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
        ),
    )
