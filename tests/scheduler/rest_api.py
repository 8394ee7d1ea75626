"""Airflow's REST API (v2), as an operator uses it through the UI or the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx

DAILY = "business_insights_daily"
LOAD = "load_source_database"
RUN_SECONDS = 900
PAGE = 100
"""Entries that Airflow lists in one answer."""
ENDED = ("success", "failed")
QUIET = ("success", "skipped", "upstream_failed", "None")
"""States of tasks that explain nothing in a message about a run."""


class RestApi:
    """A client with a token of its own.

    Args:
        url: the API server.
    """

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=60)
        token = self._client.get("/auth/token")
        token.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        """Return the answer. An error shows the answer's text."""
        answer = self._client.request(method, f"/api/v2/{path}", json=body, params=query)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def await_dags(self, seconds: float = 240) -> None:
        """Wait until the DAG processor has stored both DAGs."""

        def stored() -> bool:
            errors = self.call("GET", "importErrors")["import_errors"]
            assert not errors, errors
            return {dag["dag_id"] for dag in self.call("GET", "dags")["dags"]} >= {DAILY, LOAD}

        wait_for(stored, "the DAGs are not stored", seconds)

    def trigger(self, dag_id: str = DAILY, **conf: Any) -> str:
        """Start a run; returns its id."""
        body = {"logical_date": None, "conf": conf}
        return str(self.call("POST", f"dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def run(self, dag_id: str = DAILY, **conf: Any) -> str:
        """Start a run and wait until it has succeeded; returns its id."""
        run_id = self.trigger(dag_id, **conf)
        self.await_run(run_id, dag_id=dag_id)
        return run_id

    def runs(self, *states: str) -> list[str]:
        """Return the ids of the daily runs in these states, in the order in which they began."""
        found = self.call("GET", f"dags/{DAILY}/dagRuns", order_by="start_date", limit=PAGE)["dag_runs"]
        return [run["dag_run_id"] for run in found if run["state"] in states]

    def run_state(self, run_id: str, dag_id: str = DAILY) -> str:
        """Return the state of a run."""
        return str(self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def await_run(self, run_id: str, state: str = "success", dag_id: str = DAILY, seconds: float = RUN_SECONDS) -> None:
        """Wait until a run has ended, and require its state."""
        found = self.await_end(run_id, dag_id, seconds)
        assert found == state, f"{run_id} is {found}: {self.states(run_id, dag_id, without=QUIET)}"

    def await_end(self, run_id: str, dag_id: str = DAILY, seconds: float = RUN_SECONDS) -> str:
        """Wait until a run has ended, and return its state."""
        wait_for(lambda: self.run_state(run_id, dag_id) in ENDED, f"{run_id} has not ended", seconds)
        return self.run_state(run_id, dag_id)

    def tasks(self, run_id: str, dag_id: str = DAILY) -> dict[str, dict[str, Any]]:
        """Return the task instances of a run by task id."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            page = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=PAGE, offset=len(found))
            found |= {entry["task_id"]: entry for entry in page["task_instances"]}
            if len(found) >= page["total_entries"]:
                return found

    def states(self, run_id: str, dag_id: str = DAILY, without: Sequence[str] = ()) -> dict[str, str]:
        """Return the states of the tasks of a run, without those in the given states."""
        found = {name: str(entry["state"]) for name, entry in self.tasks(run_id, dag_id).items()}
        return {name: state for name, state in found.items() if state not in without}

    def work_span(self, run_id: str) -> tuple[str, str]:
        """Return when a run took the lease on the lake, and when it gave it back."""
        tasks = self.tasks(run_id)
        return tasks["lake.take_lease"]["end_date"], tasks["lake.end_lease"]["end_date"]

    def task_state(self, run_id: str, task_id: str, dag_id: str = DAILY) -> str:
        """Return the state of one task."""
        return str(self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}")["state"])

    def await_task(self, run_id: str, task_id: str, *states: str, seconds: float = RUN_SECONDS) -> str:
        """Wait until a task is in one of the states, and return it. Fail when its run ends before."""

        def reached() -> bool:
            if self.task_state(run_id, task_id) in states:
                return True
            assert self.run_state(run_id) not in ENDED, f"{run_id} ended: {self.states(run_id, without=QUIET)}"
            return False

        wait_for(reached, f"{task_id} is not {' or '.join(states)}", seconds)
        return self.task_state(run_id, task_id)

    def clear(self, run_id: str, *task_ids: str, downstream: bool = False) -> list[str]:
        """Clear tasks, as the UI does, with the downstream tasks if wanted; returns what was cleared."""
        body = {
            "dry_run": False,
            "only_failed": False,
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "include_downstream": downstream,
        }
        cleared = self.call("POST", f"dags/{DAILY}/clearTaskInstances", body)
        return [entry["task_id"] for entry in cleared["task_instances"]]

    def mark_task(self, run_id: str, task_id: str, state: str) -> None:
        """Set the state of a task."""
        self.call("PATCH", f"dags/{DAILY}/dagRuns/{run_id}/taskInstances/{task_id}", {"new_state": state})

    def mark_run(self, run_id: str, state: str) -> None:
        """Set the state of a run. Airflow ends its running tasks."""
        self.call("PATCH", f"dags/{DAILY}/dagRuns/{run_id}", {"state": state})

    def backfill(self, first: str, last: str, **conf: Any) -> list[str]:
        """Start a backfill of the days between two times; returns the ids of its runs, oldest day first."""
        self.call("POST", "backfills", {"dag_id": DAILY, "from_date": first, "to_date": last, "dag_run_conf": conf})
        runs = self.call("GET", f"dags/{DAILY}/dagRuns", run_type="backfill", order_by="logical_date")["dag_runs"]
        return [run["dag_run_id"] for run in runs if first <= run["logical_date"] <= last]

    def set_settings(self, **settings: str) -> None:
        """Set the Airflow Variable with the settings."""
        self.call("POST", "variables", {"key": "biz_insights", "value": json.dumps(settings)})

    def result(self, run_id: str, task_id: str) -> Any:
        """Return what a task returned."""
        path = f"dags/{DAILY}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self.call("GET", path, deserialize=True)["value"]

    def task_log(self, run_id: str, task_id: str) -> str:
        """Return the log of the last try of a task."""
        number = self.tasks(run_id)[task_id]["try_number"]
        path = f"dags/{DAILY}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{number}"
        return str(self.call("GET", path, full_content=True)["content"])


def wait_for(condition: Callable[[], bool], otherwise: str, seconds: float = RUN_SECONDS) -> None:
    """Wait until the condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{otherwise} after {seconds:.0f} s")
        time.sleep(0.3)
