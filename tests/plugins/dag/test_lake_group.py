"""The waits that free their worker look again late enough, and a run that builds bronze asks for the list first."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import BaseSensorOperator

from biz_insights import settings
from biz_insights.dag import rds_waits
from biz_insights.dag.lake_group import TakeLease, check_files
from biz_insights.dag.rds_waits import AwaitRdsExport, AwaitRdsSnapshot
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.steps import forgotten_guard, integrity_steps, run_context
from tests.plugins.dag.both_paths import context

AWS: dict[str, Any] = {"aws_conn_id": None, "region_name": "us-east-1"}


def test_a_wait_that_frees_its_worker_looks_again_after_the_scheduler_has_heard_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a shorter time Airflow finds the task queued again when it hears that its worker is free, and fails it."""
    monkeypatch.setattr(BaseSensorOperator, "execute", lambda self, context: None)
    for module in (rds_waits, settings):
        monkeypatch.setattr(module, "load_settings", lambda: Settings(poll_seconds=0.2))
    waits = (
        AwaitRdsSnapshot(task_id="snapshot", db_snapshot_identifier="s", **AWS),
        AwaitRdsExport(task_id="export", export_task_identifier="e", **AWS),
        TakeLease(task_id="take_lease"),
    )
    for wait in waits:
        wait.execute(context())
        assert (wait.mode, wait.poke_interval) == ("reschedule", 60)


def test_a_wait_for_the_lease_that_is_lost_several_times_goes_on() -> None:
    wait = TakeLease(task_id="take_lease")
    assert (wait.retries, wait.retry_exponential_backoff) == (10, False)


def test_only_a_run_that_builds_bronze_stops_without_the_list_of_forgotten_customers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(run: Any, cleared: str) -> None:
        raise PermanentError(f"the list is missing; clear {cleared}")

    monkeypatch.setattr(run_context, "current", lambda day: day)
    monkeypatch.setattr(forgotten_guard, "require_list", refuse)
    monkeypatch.setattr(integrity_steps, "check_published", lambda run: {"checked": [run]})
    assert check_files.function("2024-02-17") == {"checked": ["2024-02-17"]}
    with pytest.raises(PermanentError, match=r"clear lake\.check_files"):
        check_files.function("2024-02-17", builds_bronze=True)
