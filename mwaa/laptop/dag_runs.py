"""Runs a DAG in this process, with the operators, triggers and callbacks that it has on MWAA."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from mwaa.laptop.environment import REPOSITORY, LaptopError, State


def migrate_metadata(state: State) -> None:
    """Create or update Airflow's metadata database; a stamp of the Airflow version spares the work next time.

    Raises:
        LaptopError: the migration failed.
    """
    from importlib.metadata import version

    stamp = state.airflow_home / "migrated-to"
    wanted = version("apache-airflow")
    if stamp.exists() and stamp.read_text() == wanted and (state.airflow_home / "airflow.db").exists():
        return
    state.airflow_home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise LaptopError(f"Airflow's metadata database could not be made: {' '.join(last)}; try `make clean`")
    stamp.write_text(wanted)


def load_dags() -> dict[str, Any]:
    """The DAGs of dags/ by id.

    Raises:
        LaptopError: a DAG file does not import.
    """
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(REPOSITORY / "dags"))
    if bag.import_errors:
        path, error = next(iter(bag.import_errors.items()))
        raise LaptopError(f"{Path(path).name} does not import: {error.strip().splitlines()[-1]}")
    return dict(bag.dags)


def run_dag(dag: Any, conf: dict[str, Any]) -> tuple[str, str]:
    """Run one DAG to its end; returns (run id, state).

    Retries are left out: a person is watching, and a repeated `make run` is the retry.
    """
    for task in dag.task_dict.values():
        if task.is_mapped:
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0
    run = dag.test(run_conf=conf)
    return run.run_id, str(getattr(run.state, "value", run.state))
