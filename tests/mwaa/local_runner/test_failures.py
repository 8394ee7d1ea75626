"""A full disk, a folder that cannot be written, a damaged Airflow database: one line with cause and next step."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mwaa.local_runner.dag_runs import empty_metadata, migrate_metadata
from mwaa.local_runner.environment import LocalRunError, State
from mwaa.local_runner.failures import explain, full_disk
from mwaa.local_runner.metadata_check import check_metadata
from tests.mwaa.local_runner.commands import one_error, run_command


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m,mode=0700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system can be mounted by root only")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_too_small_is_named_before_a_run(small_disk: Path) -> None:
    line = one_error(run_command(small_disk, "run"))
    assert line.startswith(f"the disk of {small_disk} has ")
    assert "this needs at least 800 MB: free some space, or give another STATE=folder" in line
    assert not (small_disk / "airflow").exists()


def test_a_full_disk_is_the_cause_of_what_fails(small_disk: Path) -> None:
    state = State(small_disk)
    assert full_disk(state) == ""
    with pytest.raises(OSError, match="No space left") as failed, (small_disk / "filler").open("wb") as file:
        while True:
            file.write(b"x" * 1_000_000)
    line = explain(failed.value, state)
    assert line is not None
    assert line.startswith(f"the disk of {small_disk} is full (0 MB free): free at least 800 MB, then run again")
    (small_disk / "filler").write_bytes(b"")
    assert full_disk(state) == ""
    assert "MB free): free at least 800 MB" in full_disk(state, "could not write to file: No space left on device")
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "filler").write_bytes(b"x" * 50_000_000)
    line = one_error(run_command(small_disk, "query", "select 1"))
    assert "has 0 MB free and this needs at least 20 MB" in line


def test_a_folder_that_cannot_be_written_is_named(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for words in (("query", "select 1"), ("dashboard",)):
        line = one_error(run_command(small_disk, *words))
        assert str(small_disk) in line
        assert "cannot be written (Read-only file system): make" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write to every folder")
def test_a_folder_without_write_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written (Permission denied)" in one_error(run_command(tmp_path, "query", "select 1"))


@pytest.fixture
def migrated(tmp_path: Path) -> State:
    state = State(tmp_path)
    tmp_path.chmod(0o700)
    migrate_metadata(state)
    return state


def database(state: State) -> Path:
    return state.airflow_home / "airflow.db"


def test_a_good_database_is_accepted(migrated: State) -> None:
    check_metadata(migrated)
    assert (migrated.airflow_home / "migrated-to").exists()


@pytest.mark.parametrize(
    ("size", "reason"), [(0, r"it is empty \(0 bytes\)"), (100, "malformed|not a database"), (200_000, "malformed")]
)
def test_a_database_that_is_cut_off_is_named_and_stays(migrated: State, size: int, reason: str) -> None:
    path = database(migrated)
    with path.open("r+b") as file:
        file.truncate(size)
    content = path.read_bytes()
    with pytest.raises(LocalRunError, match=rf"Airflow's database {path} is damaged \(.*({reason}).*move it away"):
        check_metadata(migrated)
    assert path.read_bytes() == content


def test_a_database_without_airflow_s_tables_is_named(migrated: State) -> None:
    database(migrated).unlink()
    with closing(sqlite3.connect(database(migrated))) as other:
        other.execute("CREATE TABLE notes (text)")
    with pytest.raises(LocalRunError, match=r"is damaged \(no such table: alembic_version\): move it away"):
        check_metadata(migrated)


def test_a_locked_database_is_named(migrated: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mwaa.local_runner.metadata_check.LOCK_SECONDS", 0.1)
    with closing(sqlite3.connect(database(migrated))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LocalRunError, match=r"is locked by another process: end what uses it \(`fuser "):
            check_metadata(migrated)


def test_a_schema_of_another_version_is_migrated_again(migrated: State) -> None:
    if not empty_metadata().exists():
        shutil.copyfile(database(migrated), empty_metadata())
    with closing(sqlite3.connect(database(migrated))) as changed:
        changed.execute("UPDATE alembic_version SET version_num = 'earlier'")
        changed.commit()
    check_metadata(migrated)
    assert not (migrated.airflow_home / "migrated-to").exists()


def test_a_damaged_database_is_one_line_of_make_run(migrated: State) -> None:
    database(migrated).write_bytes(b"x" * 5000)
    assert "is damaged (file is not a database): move it away" in one_error(run_command(migrated.root, "run"))
