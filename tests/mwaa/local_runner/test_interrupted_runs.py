"""Runs of a killed process: the next process says that they have failed, so that a new run may take their lease."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mwaa.local_runner.dag_runs import empty_metadata, fail_interrupted_runs
from mwaa.local_runner.environment import State

STATES = {"waits": "queued", "works": "running", "done": "success", "broken": "failed"}


@pytest.fixture
def state(tmp_path: Path) -> State:
    """Return a state folder with Airflow's database without rows."""
    found = State(tmp_path)
    found.airflow_home.mkdir()
    shutil.copyfile(empty_metadata(), found.airflow_home / "airflow.db")
    return found


@pytest.fixture
def database(state: State) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(state.airflow_home / "airflow.db")) as found:
        yield found


def add(database: sqlite3.Connection, run_id: str, state: str) -> None:
    """Add a run as Airflow's table wants it: what may not be null and does not matter here is empty."""
    row = {name: "" for _, name, _, needed, _, is_key in database.execute("PRAGMA table_info(dag_run)")
           if needed and not is_key}  # fmt: skip
    row |= {"dag_id": "business_insights_daily", "run_id": run_id, "state": state}
    marks = ", ".join("?" * len(row))
    database.execute(f"INSERT INTO dag_run ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    database.commit()


def test_runs_that_have_not_ended_become_failed_and_the_others_stay(state: State, database: sqlite3.Connection) -> None:
    for run_id, before in STATES.items():
        add(database, run_id, before)
    fail_interrupted_runs(state)
    after = dict(database.execute("SELECT run_id, state FROM dag_run"))
    assert after == {**STATES, "waits": "failed", "works": "failed"}


def test_a_database_without_runs_stays_without_runs(state: State, database: sqlite3.Connection) -> None:
    fail_interrupted_runs(state)
    assert database.execute("SELECT count(*) FROM dag_run").fetchone() == (0,)
