"""Whose lease a run may take over: that of a DAG run which has ended without giving it back."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import DagRunStateResult, ErrorResponse
from airflow.utils.state import DagRunState

from biz_insights.lake.lease import LeaseStore
from biz_insights.settings import Settings
from biz_insights.steps.lake_access import dag_run_state, open_lake, run_has_ended, take_lease
from tests.protocol.aws_in_memory import SessionInMemory
from tests.protocol.dag_runs import InMemoryRun
from tests.protocol.small_chain import DATABASES

RUN = "scheduled__2026-02-28T09:00:00+00:00"
OTHER = f"business_insights_daily/{RUN}"


class Airflow:
    """What a task can ask Airflow: the states of DAG runs."""

    def __init__(self) -> None:
        self.states: dict[tuple[str, str], str] = {}

    def get_dagrun_state(self, dag_id: str, run_id: str) -> Any:
        try:
            # Through the SDK's own message, as Airflow answers a task.
            return DagRunStateResult.model_validate({"state": str(self.states[dag_id, run_id])}).state
        except KeyError:
            raise AirflowRuntimeError(ErrorResponse(error=ErrorType.GENERIC_ERROR)) from None


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    """Return what the running task asks."""
    made = Airflow()
    monkeypatch.setattr("airflow.sdk.get_current_context", lambda: {"ti": made})
    return made


@pytest.fixture
def run() -> InMemoryRun:
    """Return a run of a lake whose lease another run holds."""
    session: Any = SessionInMemory(DATABASES)
    context = InMemoryRun(Settings(), "manual__2", "2026-02-28")
    context.__dict__.update(session=session, lease=LeaseStore(session, context.settings.lake_uri("")))
    context.lease.acquire(OTHER)
    return context


@pytest.mark.parametrize("state", ["success", "failed", DagRunState.SUCCESS, DagRunState.FAILED])
def test_the_lease_of_a_run_that_has_ended_is_taken_over(
    airflow: Airflow, run: InMemoryRun, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    airflow.states["business_insights_daily", RUN] = state
    with caplog.at_level(logging.WARNING):
        assert take_lease(run) is True
    assert f"taking over the lease of {OTHER}: that run is {DagRunState(state).value}" in caplog.messages
    run.lease.require(run.holder)


@pytest.mark.parametrize("state", ["queued", "running", DagRunState.RUNNING, None])
def test_the_lease_of_any_other_run_is_left_to_it(
    airflow: Airflow, run: InMemoryRun, caplog: pytest.LogCaptureFixture, state: str | None
) -> None:
    """Also that of a run that Airflow does not know: it may belong to another environment on the same lake."""
    if state is not None:
        airflow.states["business_insights_daily", RUN] = state
    with caplog.at_level(logging.INFO):
        assert take_lease(run) is False
    assert any(message.startswith(f"the lake is being changed by {OTHER} since") for message in caplog.messages)
    assert not any("taking over" in message for message in caplog.messages)
    run.lease.require(OTHER)


def test_a_step_takes_over_too_and_asks_only_when_another_run_holds_the_lease(
    airflow: Airflow, run: InMemoryRun
) -> None:
    airflow.states["business_insights_daily", RUN] = "failed"
    open_lake(run)
    run.lease.require(run.holder)
    airflow.states.clear()
    open_lake(run)


def test_the_dag_and_the_run_are_told_apart_at_the_first_slash(airflow: Airflow) -> None:
    """The id of a run may contain one."""
    airflow.states["lake_maintenance", "by hand 28/2"] = "success"
    assert run_has_ended("lake_maintenance/by hand 28/2") is True
    assert dag_run_state("lake_maintenance", "by hand 28/2") == "success"
    assert run_has_ended("lake_maintenance") is False and dag_run_state("no_such_dag", "") is None
