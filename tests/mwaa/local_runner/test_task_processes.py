"""The executor of local runs: tasks run side by side, ends are reported, a killed process fails only its own task."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from types import SimpleNamespace

import pytest

from mwaa.local_runner.environment import REPOSITORY
from mwaa.local_runner.progress import Progress
from mwaa.local_runner.task_processes import TaskProcesses, WorkerPool


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> dict:
    """Return what parallel_dag.py prints. It is a process of its own: Airflow is configured once per process."""
    folder = tmp_path_factory.mktemp("parallel")
    done = subprocess.run(
        [sys.executable, "-m", "tests.mwaa.local_runner.parallel_dag", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    found["ends"] = {task_id: (state, error) for state, task_id, _, error in found["events"] if state != "running"}
    found["worker"] = int((folder / "pid").read_text())
    return found


def test_tasks_that_do_not_wait_for_each_other_run_side_by_side(outcome):
    assert outcome["ends"]["left"] == ("success", "")
    assert outcome["ends"]["right"] == ("success", "")


def test_every_task_reports_its_begin_and_its_end_once(outcome):
    events = [(task_id, state) for state, task_id, _, _ in outcome["events"]]
    assert len(events) == len(set(events))
    for task_id in outcome["ends"]:
        states = [state for name, state in events if name == task_id]
        assert states[0] == "running"
        assert len(states) == 2


def test_an_error_is_one_line_and_a_skip_is_not_an_error(outcome):
    assert outcome["ends"]["refuse"] == ("failed", "the file is empty")
    assert outcome["ends"]["skip"][0] == "skipped"


def test_a_killed_process_fails_its_task_and_what_follows_does_not_run(outcome):
    state, error = outcome["ends"]["die"]
    assert state == "failed"
    assert "killed" in error
    assert "after_death" not in outcome["ends"]
    assert outcome["outcome"] == "failed"


def test_tasks_run_in_processes_that_do_not_outlive_the_run(outcome):
    assert outcome["worker"] != outcome["pid"]
    with pytest.raises(ProcessLookupError):
        os.kill(outcome["worker"], 0)


def test_the_task_with_the_highest_priority_begins_first():
    executor = TaskProcesses(parallelism=1)
    weights = {"light": 1, "heavy": 42, "middle": 10}
    executor.queued_tasks = {
        name: SimpleNamespace(ti=SimpleNamespace(priority_weight=weight)) for name, weight in weights.items()
    }
    assert [name for name, _ in executor.order_queued_tasks_by_priority()] == ["heavy", "middle", "light"]


def refuse() -> None:
    raise ImportError("no module\n named great_expectations")


def die() -> None:
    os._exit(9)


@pytest.mark.parametrize(
    ("preload", "cause"),
    [(refuse, "ImportError: no module named great_expectations"), (die, "it was killed, perhaps for lack of memory")],
)
def test_a_preloading_process_that_fails_is_told_once_with_its_cause(
    preload: Callable[[], None], cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    console = StringIO()
    pool = WorkerPool({}, Progress(console).on_event, preload)
    try:
        until = time.monotonic() + 60
        while len(pool.workers) > 1 and time.monotonic() < until:
            ready = pool.ready
            time.sleep(0.05)
    finally:
        pool.close()
    assert [worker.is_first for worker in ready] == [True]
    text = f"the process that imports modules for the other workers failed ({cause})"
    assert console.getvalue().splitlines() == [f"  warning  tasks run one after the other: {text}"]
    assert [record.levelname for record in caplog.records if text in record.getMessage()] == ["WARNING"]
