"""A script that runs a DAG whose one Glue build is deferred, clears the build meanwhile, and prints the outcome.

The triggerer and the metadata database are Airflow's own. The second process clears as the Airflow UI does.
"""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from mwaa.local_runner import airflow_internals, dag_runs
from mwaa.local_runner.environment import State, airflow_environment
from mwaa.local_runner.triggerer import triggerer

WAIT_SECONDS = 120

DAG_FILE = """
import os
from airflow.sdk import dag
from biz_insights.dag.glue_build import GlueBuildOperator

@dag(schedule=None)
def cleared():
    GlueBuildOperator(task_id="build", job_name=os.environ["JOB"], aws_conn_id=None, region_name="us-east-1")

cleared()
"""


def clear(marker: Path) -> None:
    """Clear the build when it is deferred and its trigger runs; let the next run of the job end at once."""
    from airflow import settings
    from airflow.models import TaskInstance, Trigger
    from airflow.models.taskinstance import clear_task_instances
    from sqlalchemy import select

    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        with settings.Session() as session:
            found = list(session.scalars(select(TaskInstance).where(TaskInstance.state == "deferred")))
            if found and session.scalars(select(Trigger.triggerer_id)).first():
                # The triggerer has taken the trigger; let it begin.
                time.sleep(2)
                marker.touch()
                clear_task_instances(found, session)
                session.commit()
                return
        time.sleep(0.2)
    raise TimeoutError(f"the build was not deferred within {WAIT_SECONDS} s")


def main(folder: Path) -> None:
    state = State(folder / "state")
    os.environ.update({**airflow_environment(state), **dag_runs.executor_environment(deferrable=True)})
    dags_folder = folder / "dags"
    dags_folder.mkdir()
    (dags_folder / "cleared.py").write_text(DAG_FILE)
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(dags_folder)
    dag_runs.migrate_metadata(state)
    clearing = subprocess.Popen([sys.executable, "-m", "tests.mwaa.local_runner.clear_deferred", "clear", str(folder)])
    dags = dag_runs.load_dags(dags_folder)
    airflow_internals.load_task_runner()
    from mwaa.local_runner.task_processes import task_processes

    with task_processes(dags, lambda event: None, lambda: None, partial(triggerer, state)):
        _, outcome = dag_runs.run_dag(dags["cleared"], {})
    print(
        json.dumps({"outcome": outcome, "cleared": clearing.wait(), "log": (state.logs / "triggerer.log").read_text()})
    )


if __name__ == "__main__":
    if sys.argv[1] == "clear":
        clear(Path(sys.argv[2]) / "marker")
    else:
        main(Path(sys.argv[1]))
