"""A script that runs a DAG with the executor of local runs and prints the events.

Two tasks of the DAG wait for each other, one fails, one is killed and one is skipped.
"""

import json
import os
import sys
from pathlib import Path

from mwaa.local_runner import airflow_internals, dag_runs
from mwaa.local_runner.environment import State, airflow_environment

MEETING_SECONDS = 60

DAG_FILE = '''
import os, signal, time
from pathlib import Path
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException

folder = Path(os.environ["MEETING"])

def meet(me, other):
    (folder / me).touch()
    until = time.monotonic() + float(os.environ["MEETING_SECONDS"])
    while not (folder / other).exists():
        if time.monotonic() > until:
            raise RuntimeError(f"{other} did not run at the same time as {me}")
        time.sleep(0.05)

@dag(schedule=None)
def parallel():
    @task
    def wait():
        """Wait for the preloaded workers."""
        until = time.monotonic() + float(os.environ["MEETING_SECONDS"])
        while not (folder / "preloaded").exists() and time.monotonic() < until:
            time.sleep(0.05)
    @task
    def left():
        meet("left", "right")
        return os.getpid()
    @task
    def right():
        meet("right", "left")
    @task
    def refuse():
        raise ValueError("the file is\\n  empty")
    # As the tasks of the daily DAG: Airflow asks the executor to call it when the process was killed.
    @task(on_failure_callback=print)
    def die():
        os.kill(os.getpid(), signal.SIGKILL)
    @task
    def skip():
        raise AirflowSkipException("nothing to do")
    @task
    def after_death():
        pass
    @task
    def after(pid):
        (folder / "pid").write_text(str(pid))
    pid = left()
    wait() >> [pid, right(), refuse(), skip()]
    after(pid) >> die() >> after_death()

parallel()
'''


def main(folder: Path) -> None:
    state = State(folder / "state")
    os.environ.update(airflow_environment(state))
    dags_folder = folder / "dags"
    dags_folder.mkdir()
    (dags_folder / "parallel.py").write_text(DAG_FILE)
    os.environ.update(
        {
            **dag_runs.executor_environment(),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder),
            "MEETING": str(folder),
            "MEETING_SECONDS": str(MEETING_SECONDS),
        }
    )
    dag_runs.migrate_metadata(state)
    dags = dag_runs.load_dags(dags_folder)
    airflow_internals.load_task_runner()
    from mwaa.local_runner.task_processes import task_processes

    events = []
    with task_processes(dags, events.append, (folder / "preloaded").touch):
        run_id, outcome = dag_runs.run_dag(dags["parallel"], {})
    print(json.dumps({"events": events, "outcome": outcome, "run_id": run_id, "pid": os.getpid()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
