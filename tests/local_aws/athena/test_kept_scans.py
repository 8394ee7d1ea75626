"""Kept scans: the same rows as the files, read again when a file changes, and never more than a few."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mwaa.local_aws.athena import kept_scans
from mwaa.local_aws.athena.kept_scans import KeptScans


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def files(folder: Path, value: int) -> list[tuple[str, int]]:
    """As many files as make a scan worth keeping, each with one row of `value`."""
    folder.mkdir(exist_ok=True)
    made = []
    for number in range(kept_scans.FILES_AT_LEAST):
        path = folder / f"{number:04d}.csv"
        path.write_text(f"{value}\n")
        made.append((str(path), path.stat().st_size))
    return made


def scan(folder: Path) -> str:
    return f"(SELECT n FROM read_csv('{folder}/*.csv', columns={{n: 'INTEGER'}}, header=false))"


def total(database: duckdb.DuckDBPyConnection, relation: str) -> int:
    return database.execute(f"SELECT sum(n) FROM {relation} AS t").fetchall()[0][0]


def test_many_files_are_kept_and_answer_the_same(tmp_path, database):
    kept = KeptScans(database)
    found = files(tmp_path / "a", 3)
    relation = kept.relation(database, scan(tmp_path / "a"), found)
    assert relation != scan(tmp_path / "a")
    assert total(database, relation) == total(database, scan(tmp_path / "a")) == 3 * len(found)
    assert kept.relation(database, scan(tmp_path / "a"), found) == relation


def test_a_file_that_changed_is_read_again(tmp_path, database):
    kept = KeptScans(database)
    first = kept.relation(database, scan(tmp_path / "a"), files(tmp_path / "a", 3))
    second = kept.relation(database, scan(tmp_path / "a"), files(tmp_path / "a", 4))
    assert first != second
    assert total(database, second) == 4 * kept_scans.FILES_AT_LEAST


def test_few_files_are_read_where_they_are(tmp_path, database):
    found = files(tmp_path / "a", 3)[:-1]
    assert KeptScans(database).relation(database, scan(tmp_path / "a"), found) == scan(tmp_path / "a")


def test_only_the_last_few_are_kept(tmp_path, database, monkeypatch):
    monkeypatch.setattr(kept_scans, "TABLES_KEPT", 2)
    monkeypatch.setattr(kept_scans, "GRACE_SECONDS", 0)
    kept = KeptScans(database)
    found = files(tmp_path / "a", 3)
    relations = [kept.relation(database, f"(SELECT n + {i} AS n FROM {scan(tmp_path / 'a')})", found) for i in range(3)]
    assert total(database, relations[2]) == 5 * len(found)
    with pytest.raises(duckdb.CatalogException):
        total(database, relations[0])
    ((tables,),) = database.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    assert tables == 2


def test_what_a_query_is_about_to_read_stays(tmp_path, database, monkeypatch):
    monkeypatch.setattr(kept_scans, "TABLES_KEPT", 1)
    kept = KeptScans(database)
    found = files(tmp_path / "a", 3)
    first = kept.relation(database, scan(tmp_path / "a"), found)
    kept.relation(database, f"(SELECT n + 1 AS n FROM {scan(tmp_path / 'a')})", found)
    assert total(database, first) == 3 * len(found)


def test_a_scan_that_fails_is_tried_again(tmp_path, database):
    kept = KeptScans(database)
    found = files(tmp_path / "a", 3)
    for _ in range(2):
        with pytest.raises(duckdb.Error):
            kept.relation(database, "(SELECT no_such_column)", found)
