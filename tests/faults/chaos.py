"""A process that plays a script of runs and operator actions on a state, with faults in the tasks.

    python -m tests.faults.chaos --state DIR --script script.json --faults faults.json --result result.json

It does what `make run` does, except that tasks are retried and that each one runs in a process of its own, which a
fault can kill. It writes how each step of the script ended, which faults happened, and each task's calls to AWS.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mwaa.local_runner.environment import REPOSITORY, State, airflow_environment
from tests.faults.crash_points import Faults, armed, read_faults

for folder in ("plugins", "dags"):
    sys.path.insert(0, str(REPOSITORY / folder))

NAMED_TASK = re.compile(r"clear (?:the task |task )?([a-z_0-9]+(?:\.[a-z_0-9]+)+)")
TASK_OF_GROUP = re.compile(r"clear (?:the|\w+'s) (plan|build|audit|publish) task")
"""In an error message: the task that an operator is told to clear."""
OPERATOR_TRIES = 4
POKES = 5
"""How often a fault happens to one try. A sensor that outlives it asks again in the same try, for hours if need be."""
WORKERS = 6
"""Tasks that run at the same time: most of them wait for the endpoint, and tasks of one run meet more often."""


def main() -> int:
    """Play the script. Return 0 when it could be played, however its runs ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--script", type=Path, required=True)
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--retry-seconds", type=float, default=0.0)
    arguments = parser.parse_args()
    state = State(arguments.state.resolve())
    state.create()
    folder = arguments.result.with_suffix(".parts")
    folder.mkdir(parents=True, exist_ok=True)
    played = Played(state, folder, arguments.retry_seconds)
    played.play(json.loads(arguments.script.read_text()), read_faults(arguments.faults) if arguments.faults else {})
    arguments.result.write_text(json.dumps(played.result()))
    return 0


class Played:
    """The script on a state, and what came of it."""

    def __init__(self, state: State, folder: Path, retry_seconds: float) -> None:
        self.state, self.folder, self.retry_seconds = state, folder, retry_seconds
        self.steps: list[dict[str, Any]] = []
        self.failures: list[tuple[str, str]] = []

    def play(self, script: list[dict[str, Any]], faults: Faults) -> None:
        """Play the script, in the order in which `make run` starts its parts."""
        from mwaa.local_runner import botocore_loader, dag_runs
        from mwaa.local_runner.endpoint_process import endpoint
        from mwaa.local_runner.metadata_check import check_metadata
        from mwaa.local_runner.ownership import forks_end_with_this_process
        from mwaa.local_runner.run import load_airflow

        os.environ.update(airflow_environment(self.state))
        os.environ.update(dag_runs.executor_environment())
        botocore_loader.share_loader()
        forks_end_with_this_process()
        check_metadata(self.state)
        dag_runs.migrate_metadata(self.state)
        dag_runs.fail_interrupted_runs(self.state)
        with endpoint(self.state, "--warm-spark") as environment:
            os.environ.update(environment)
            self.dags = load_airflow()
            from mwaa.local_runner import task_processes

            task_processes.WORKERS = WORKERS
            task_processes._run = partial(_in_own_process, task_processes._run, faults, self.folder)
            with task_processes.task_processes(self.dags, self._on_event, _preload):
                for step in script:
                    self._play(step)

    def result(self) -> dict[str, Any]:
        """Return what happened, as JSON."""
        parts = sorted(self.folder.glob("*.json"))
        happened = [line for part in sorted(self.folder.glob("*.fault")) for line in part.read_text().splitlines()]
        calls = {part.stem: json.loads(part.read_text()) for part in parts}
        return {"steps": self.steps, "happened": happened, "calls": calls, "failures": self.failures}

    def _on_event(self, event: tuple[str, str, int, str]) -> None:
        kind, task, _, error = event
        with (self.folder / "events").open("a") as events:
            events.write(f"{time.time():.1f} {kind} {task} {error}\n")
        if kind == "failed":
            self.failures.append((task, error))

    def _play(self, step: dict[str, Any]) -> None:
        from tests.faults import airflow_runs

        began, known = time.monotonic(), len(self.failures)
        if "clear" in step:
            runs = airflow_runs.run_ids(airflow_runs.DAILY)
            run_id, outcome = self._clear(runs[step["run"]], step["clear"], step["downstream"])
        else:
            run_id, outcome = self._run(step)
        cleared: list[str] = []
        while outcome == "failed" and step.get("operator") and len(cleared) < OPERATOR_TRIES:
            failed = airflow_runs.failed_tasks(airflow_runs.DAILY, run_id)
            wanted = named_tasks(self.failures[known:], failed)
            known = len(self.failures)
            cleared.append(", ".join(wanted))
            run_id, outcome = self._clear(run_id, wanted, True)
        still_failed = airflow_runs.failed_tasks(airflow_runs.DAILY, run_id)
        self.steps.append(
            {
                "outcome": outcome,
                "run_id": run_id,
                "cleared": cleared,
                "seconds": time.monotonic() - began,
                "failures": [failure for failure in self.failures[known:] if failure[0] in still_failed],
                "failed_tasks": still_failed,
            }
        )

    def _run(self, step: dict[str, Any]) -> tuple[str, str]:
        from biz_insights.settings import resolve
        from mwaa.local_runner.run import upload
        from tests.faults import airflow_runs

        upload(resolve(os.environ), Path(step["source"]))
        run_id, outcome = airflow_runs.start(self.dags["load_source_database"], {})
        if outcome != "success":
            return run_id, outcome
        conf = {**step.get("conf", {}), "process_date": step["date"]}
        return airflow_runs.start(self.dags[airflow_runs.DAILY], conf, self.retry_seconds)

    def _clear(self, run_id: str, tasks: list[str], downstream: bool) -> tuple[str, str]:
        from tests.faults import airflow_runs

        dag = self.dags[airflow_runs.DAILY]
        return airflow_runs.clear_and_continue(dag, run_id, tasks, downstream, self.retry_seconds)


def _preload() -> None:
    """Import and read what each task needs, so that its process has it from the start."""
    import boto3

    from mwaa.local_runner import run

    run.preload()
    for service in ("s3", "glue", "athena", "rds", "sns", "secretsmanager", "sts"):
        boto3.client(service)


def named_tasks(failures: list[tuple[str, str]], failed: list[str]) -> list[str]:
    """Return the tasks that an operator clears: those that the messages name, else those that failed."""
    last = {task: error for task, error in failures if task in failed}
    return sorted({name for task in failed for name in _named_by(task, last.get(task, ""))})


def _named_by(task: str, error: str) -> list[str]:
    named = [match[1] for match in NAMED_TASK.finditer(error)]
    # `clear the audit task` is the one of the same group, and so is `clear mart_sales_trends's plan task`.
    same_group = [f"{task.rpartition('.')[0]}.{match[1]}" for match in TASK_OF_GROUP.finditer(error)]
    return named or same_group or [task]


def _in_own_process(run_task: Callable[[Any, Any], Any], faults: Faults, folder: Path, ti: Any, dags: Any) -> Any:
    """Run a task in a process of its own, with the fault of this try. Return the state of the work for Airflow."""
    from airflow.utils.state import TaskInstanceState

    process = os.fork()
    if process == 0:
        code = 1
        try:
            _run_with_fault(run_task, faults, folder, ti, dags)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status, used = os.wait4(process, 0)
    with (folder / "seconds").open("a") as file:
        file.write(f"{used.ru_utime + used.ru_stime:.2f} {ti.task_id} {ti.try_number}\n")
    return TaskInstanceState.SUCCESS if status == 0 else TaskInstanceState.FAILED


def _run_with_fault(run_task: Callable[[Any, Any], Any], faults: Faults, folder: Path, ti: Any, dags: Any) -> None:
    tries = faults.get(ti.task_id, []) if ti.dag_id == "business_insights_daily" else []
    fault = tries[ti.try_number - 1] if ti.try_number <= len(tries) else None
    happenings = folder / f"{ti.task_id}.{ti.try_number}.fault"
    if happenings.exists() and len(happenings.read_text().splitlines()) >= POKES:
        fault = None

    def happened(what: str) -> None:
        with happenings.open("a") as file:
            file.write(f"{ti.task_id} try {ti.try_number}: {what}\n")

    with armed(fault, happened) as calls:
        run_task(ti, dags)
    if ti.dag_id == "business_insights_daily":
        (folder / f"{ti.task_id}.json").write_text(json.dumps(calls))


if __name__ == "__main__":
    sys.exit(main())
