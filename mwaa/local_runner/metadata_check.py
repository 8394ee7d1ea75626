"""Airflow's metadata database is looked at before Airflow opens it: its own errors are long and name no next step."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from mwaa.local_runner.dag_runs import empty_metadata
from mwaa.local_runner.environment import LocalRunError, State
from mwaa.local_runner.failures import database_line

LOCK_SECONDS = 3.0


def check_metadata(state: State) -> None:
    """Check the database, if there is one. A schema of another Airflow version is left to the migration.

    Raises:
        LocalRunError: it is damaged, empty, locked or cannot be written.
    """
    path = state.airflow_home / "airflow.db"
    if not path.exists():
        return
    try:
        if path.stat().st_size == 0:
            raise sqlite3.DatabaseError("it is empty (0 bytes)")
        revision = _checked_revision(path)
    except sqlite3.Error as error:
        raise LocalRunError(database_line(error, state)) from error
    template = empty_metadata()
    if template.exists() and revision != _revision(template):
        # The stamp says that this version has migrated the database, and the database says otherwise.
        (state.airflow_home / "migrated-to").unlink(missing_ok=True)


def _checked_revision(path: Path) -> str:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=LOCK_SECONDS)) as database:
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(" ".join(found.split()))
        database.execute("BEGIN IMMEDIATE")
        database.rollback()
    return _revision(path)


def _revision(path: Path) -> str:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=LOCK_SECONDS)) as database:
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""
