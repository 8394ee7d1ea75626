"""Alerts arrive in the topic: a failed task, a failed run, a late run. Airflow's own parts call them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from biz_insights.dag import alerts
from biz_insights.dag.alerts import is_late, tell_of_failed_run, tell_of_failed_task
from mwaa.local_aws.server.endpoint import LocalEndpoint
from mwaa.local_runner.environment import REPOSITORY
from tests.plugins.dag.both_paths import context

TOPIC = "business-insights-alerts"


def sent(endpoint: LocalEndpoint) -> list[dict[str, str]]:
    """Return the messages that the topic has received."""
    path = endpoint.layout.root / "sns" / f"{TOPIC}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


@pytest.fixture(scope="module")
def outcome(endpoint: LocalEndpoint, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what alert_runs.py prints and which messages it sent."""
    before = len(sent(endpoint))
    done = subprocess.run(
        [sys.executable, "-m", "tests.plugins.dag.alert_runs", str(tmp_path_factory.mktemp("alerts"))],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return {**json.loads(done.stdout.splitlines()[-1]), "messages": sent(endpoint)[before:]}


def about(outcome: dict[str, Any], subject: str) -> list[str]:
    return [message["message"] for message in outcome["messages"] if message["subject"] == subject]


def test_a_failed_task_in_a_green_run_tells_once_and_not_for_each_try(outcome):
    assert outcome["green"] == "success"
    (message,) = about(outcome, "Business Insights: fails failed")
    assert "Task fails of green_run failed in run " in message and "try 2." in message
    assert "Error: the disk is full; free some space" in message
    assert "Next: " in message and "docs/runbook.md" in message


def test_a_run_that_takes_too_long_tells_so(outcome):
    (message,) = about(outcome, "Business Insights: the run of business_insights_daily failed")
    assert "Run manual__1 of business_insights_daily failed." in message
    assert "took longer than 20:00:00" in message


def test_a_late_run_tells_so(outcome):
    (message,) = about(outcome, "Business Insights: the run of business_insights_daily is late")
    assert "Run manual__1 of business_insights_daily has not ended by" in message


def test_a_run_with_a_deadline_can_be_cleared(outcome):
    assert outcome["cleared"] > 100


@pytest.mark.parametrize(
    ("state", "queued", "late"),
    [
        ("running", "2026-11-29T03:00:00+00:00", True),
        ("queued", "2026-11-29T03:00:00Z", True),
        ("running", "2026-11-29T07:59:00+00:00", False),
        ("failed", "2026-11-29T03:00:00+00:00", False),
        ("success", "2026-11-29T03:00:00+00:00", False),
    ],
)
def test_a_run_is_late_when_it_has_not_ended_in_time_since_it_was_queued(state, queued, late):
    """The logical date of a backfill is long ago, and a run that has failed may miss its deadline much later."""
    assert is_late({"state": state, "queued_at": queued}, datetime(2026, 11, 29, 8, 0, tzinfo=UTC)) is late


def test_a_person_and_a_backfill_start_runs_and_nothing_else_does(outcome):
    assert outcome["allowed"] == {"manual": True, "asset_triggered": False, "operator_triggered": False}
    assert outcome["backfill_runs"] >= 2


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(alerts, "_send", lambda subject, message: found.append((subject, message)))
    return found


def test_a_worker_that_was_killed_leaves_no_error_to_tell(messages):
    tell_of_failed_task(context())
    assert "its process ended without an error; read the log" in messages[0][1]


def test_an_error_is_one_line_of_limited_length(messages):
    tell_of_failed_task({**context(), "exception": ValueError("a\n  b" + "x" * 5000)})
    (error,) = [line for line in messages[0][1].splitlines() if line.startswith("Error: ")]
    assert error.startswith("Error: a b") and len(error) < 1600


def test_a_failed_run_refers_to_the_message_of_its_task(messages):
    class Dag:
        dag_id = "daily"

    tell_of_failed_run({"dag": Dag(), "run_id": "r1", "reason": "task_failure"})
    assert "A task failed, and has its own message (task_failure)" in messages[0][1]


def test_the_longest_name_fits_in_a_subject(endpoint):
    given = context(task_id="facts." + "x" * 240)
    before = len(sent(endpoint))
    tell_of_failed_task(given)
    (message,) = sent(endpoint)[before:]
    assert len(message["subject"]) == 100
