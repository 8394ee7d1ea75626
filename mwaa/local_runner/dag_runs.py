"""Run a DAG in this process, with the operators, triggers and callbacks that it has on MWAA."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mwaa.local_runner.environment import REPOSITORY, LocalRunError, State, airflow_environment


def migrate_metadata(state: State) -> None:
    """Create or update Airflow's metadata database, unless a file says that this Airflow version has done it.

    Raises:
        LocalRunError: the migration failed.
    """
    home = state.airflow_home
    stamp, database = home / "migrated-to", home / "airflow.db"
    wanted = version("apache-airflow")
    if stamp.exists() and stamp.read_text() == wanted and database.exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    if not database.exists() and empty_metadata().exists():
        shutil.copyfile(empty_metadata(), database)
    else:
        _migrate(airflow_environment(state))
    stamp.write_text(wanted)


def fail_interrupted_runs(state: State) -> None:
    """Mark the runs of a killed process as failed, so that a new run may take over their lease on the lake.

    Call it before Airflow is loaded, and only by the one process that runs DAGs on this state.
    """
    with closing(sqlite3.connect(state.airflow_home / "airflow.db")) as database, database:
        database.execute("UPDATE dag_run SET state = 'failed' WHERE state IN ('queued', 'running')")


def empty_metadata() -> Path:
    """Return the path of this Python environment's metadata database without rows."""
    return Path(sys.prefix) / "var" / f"airflow-{version('apache-airflow')}.db"


def prepare_metadata() -> Path:
    """Create the empty metadata database that first runs copy (7 s, once, at set-up); returns its path.

    Raises:
        LocalRunError: the migration failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder))
        state.airflow_home.mkdir()
        _migrate(airflow_environment(state))
        empty_metadata().parent.mkdir(parents=True, exist_ok=True)
        # The complete file gets its name in one step: a run that starts meanwhile must not copy half a file.
        partial = empty_metadata().with_suffix(".partial")
        shutil.copyfile(state.airflow_home / "airflow.db", partial)
        partial.replace(empty_metadata())
    return empty_metadata()


def _migrate(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise LocalRunError(
            f"Airflow's metadata database could not be created: {' '.join(last)}; move airflow/airflow.db in the state "
            "folder away and run again: the list of past runs starts anew, the published tables stay"
        )


def executor_environment(deferrable: bool = False) -> dict[str, str]:
    """Return Airflow's configuration for runs with `task_processes`, with operators that defer or that wait."""
    return {
        "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": str(deferrable).lower(),
        "AIRFLOW__CORE__EXECUTOR": "mwaa.local_runner.task_processes.TaskProcesses",
        # Airflow signs each task that it gives to an executor.
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
    }


def load_dags(folder: Path = REPOSITORY / "dags") -> dict[str, Any]:
    """Return the DAGs of a folder by id.

    Raises:
        LocalRunError: a DAG file does not import.
    """
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(folder))
    if bag.import_errors:
        path, error = next(iter(bag.import_errors.items()))
        raise LocalRunError(f"{Path(path).name} does not import: {error.strip().splitlines()[-1]}")
    return dict(bag.dags)


def run_dag(dag: Any, conf: dict[str, Any]) -> tuple[str, str]:
    """Run one DAG to its end, inside `task_processes`; returns (run id, state).

    Tasks are not retried and nothing tells of a late run: a person is watching, and can repeat `make run`.
    """
    # Only the scheduler looks after deadlines; `dag.test` cannot read them (Airflow 3.3.1).
    dag.deadline = None
    for task in dag.task_dict.values():
        if task.is_mapped:
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0
    run = dag.test(run_conf=conf, use_executor=True)
    return run.run_id, str(getattr(run.state, "value", run.state))


def forget_run(dag_id: str, run_id: str) -> None:
    """Delete a DAG run from Airflow's metadata database, with its tasks and its parameters."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
