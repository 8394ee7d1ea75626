"""`make run` with faults: the first try of each chosen task is killed or refused, and Airflow retries it.

    python -m tests.faults.chaos --state DIR --source FOLDER --date YYYY-MM-DD --faults faults.json --calls calls.json

It writes the calls to AWS of each task's last try to `--calls`, so that a later run can choose among them.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from mwaa.local_runner.environment import REPOSITORY, State
from tests.faults.crash_points import Fault, armed

for folder in ("plugins", "dags"):
    sys.path.insert(0, str(REPOSITORY / folder))

RETRIES = 3
PROCESSES = 160
"""Workers that are forked before the run. Each killed one is lost, and there are about 130 tasks."""


def main() -> int:
    """Run both DAGs with the faults. Return the exit code of the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--date", required=True)
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--calls", type=Path, required=True)
    arguments = parser.parse_args()
    faults = Fault.read(arguments.faults) if arguments.faults else {}
    folder = arguments.calls.with_suffix(".parts")
    folder.mkdir(parents=True, exist_ok=True)
    _prepare(faults, folder)

    from mwaa.local_runner.run import run

    state = State(arguments.state.resolve())
    state.create()
    code = run(state, arguments.source, arguments.date)
    calls = {part.stem: json.loads(part.read_text()) for part in sorted(folder.glob("*.json"))}
    arguments.calls.write_text(json.dumps(calls))
    return code


def _prepare(faults: dict[str, Fault], folder: Path) -> None:
    """Make the local runner retry tasks, and let the faults happen in its workers."""
    from mwaa.local_runner import dag_runs, task_processes

    task_processes.WORKERS = PROCESSES
    run_task = task_processes._run

    def with_fault(ti: Any, dags: Any) -> Any:
        fault = faults.get(ti.task_id) if ti.try_number == 1 and ti.dag_id == "business_insights_daily" else None
        with armed(fault) as calls:
            state = run_task(ti, dags)
        (folder / f"{ti.task_id}.json").write_text(json.dumps(calls))
        return state

    def with_retries(dag: Any, conf: dict[str, Any]) -> tuple[str, str]:
        dag.deadline = None
        for task in dag.task_dict.values():
            task.retries, task.retry_delay, task.retry_exponential_backoff = RETRIES, timedelta(0), False
        done = dag.test(run_conf=conf, use_executor=True)
        return done.run_id, str(getattr(done.state, "value", done.state))

    task_processes._run = with_fault
    dag_runs.run_dag = with_retries


if __name__ == "__main__":
    sys.exit(main())
