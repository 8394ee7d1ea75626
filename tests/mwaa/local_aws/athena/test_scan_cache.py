"""The scan cache: the same rows as the files, read again after a change, there after a restart, removed when unused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from mwaa.local_aws.athena import scan_cache
from mwaa.local_aws.athena.scan_cache import FILE_ID, CachedRows, ScanCache, Source

COUNT = scan_cache.FILES_AT_LEAST
Files = list[tuple[str, int]]


class Reader:
    """A source of CSV files that counts those it opens."""

    def __init__(self, name: str = "numbers", columns: Sequence[str] = ("n",)) -> None:
        self.opened = 0
        self.source = Source(name, columns, self._over)

    def _over(self, paths: Sequence[str]) -> str:
        self.opened += len(paths)
        return f"read_csv({list(paths)}, columns={{n: 'INTEGER'}}, header=false, filename=true)"


class Start:
    """The engine's database from one start to the next stop."""

    def __init__(self, root: Path, file: Path | None) -> None:
        self.database = duckdb.connect()
        self.cache = ScanCache(self.database, root, file)

    def total(self, rows: CachedRows | None) -> int:
        """Return the sum over the rows of the requested files."""
        assert rows is not None
        ids = ", ".join(map(str, rows.file_ids))
        ((found,),) = self.database.execute(f'SELECT sum(n) FROM {rows.table} WHERE "{FILE_ID}" IN ({ids})').fetchall()
        return found

    def stop(self) -> None:
        self.cache.close()
        self.database.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Start]]:
    """Return a function that starts the engine's database, over files of one folder and with one cache file."""
    yield lambda: Start(tmp_path, tmp_path / "someone's" / "cache.duckdb")


def files(folder: Path, value: int, count: int = COUNT) -> Files:
    """Write as many files as the cache needs at least, each with one row of `value`."""
    folder.mkdir(exist_ok=True)
    return [write(folder / f"{number:04d}.csv", value) for number in range(count)]


def write(path: Path, value: int) -> tuple[str, int]:
    path.write_text(f"{value}\n")
    return str(path), path.stat().st_size


def test_many_files_are_opened_once_and_give_the_same_rows(tmp_path, start):
    first, reader = start(), Reader()
    found = files(tmp_path / "a", 3)
    for part in (found, found, found[::-1]):
        assert first.total(first.cache.rows_of(reader.source, part)) == 3 * len(part)
    assert reader.opened == COUNT


def test_after_a_restart_only_a_new_file_is_opened(tmp_path, start):
    found = files(tmp_path / "a", 3)
    before = start()
    before.cache.rows_of(Reader().source, found)
    before.stop()
    after, reader = start(), Reader()
    found.append(write(tmp_path / "a" / "next.csv", 40))
    assert after.total(after.cache.rows_of(reader.source, found)) == 3 * COUNT + 40
    assert reader.opened == 1


def test_rows_are_those_of_the_requested_files(tmp_path, start):
    first, reader = start(), Reader()
    one, other = files(tmp_path / "a", 3), files(tmp_path / "b", 4)
    assert first.total(first.cache.rows_of(reader.source, one)) == 3 * COUNT
    assert first.total(first.cache.rows_of(reader.source, other)) == 4 * COUNT
    assert first.total(first.cache.rows_of(reader.source, one[:100] + other[:150])) == 300 + 600


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changed_is_read_again(tmp_path, start, change):
    found = files(tmp_path / "a", 3)
    first = start()
    first.cache.rows_of(Reader().source, found)
    first.stop()
    path = Path(found[7][0])
    write(path, 33 if change == "size" else 5)
    os.utime(path, ns=(1, 1)) if change == "time" else None
    second, reader = start(), Reader()
    assert second.total(second.cache.rows_of(reader.source, found)) == 3 * (COUNT - 1) + (33 if change == "size" else 5)
    assert reader.opened == 1


def test_cached_rows_are_found_after_the_lake_was_moved(tmp_path):
    found = files(tmp_path / "here", 3)
    first = Start(tmp_path / "here", tmp_path / "cache.duckdb")
    first.cache.rows_of(Reader().source, found)
    first.stop()
    (tmp_path / "here").rename(tmp_path / "there")
    moved = [(path.replace("/here/", "/there/"), size) for path, size in found]
    second, reader = Start(tmp_path / "there", tmp_path / "cache.duckdb"), Reader()
    assert second.total(second.cache.rows_of(reader.source, moved)) == 3 * COUNT
    assert reader.opened == 0


def test_few_files_and_large_files_are_not_cached(tmp_path, start, monkeypatch):
    found = files(tmp_path / "a", 3)
    assert start().cache.rows_of(Reader().source, found[:-1]) is None
    monkeypatch.setattr(scan_cache, "BYTES_AT_MOST", 10)
    assert Start(tmp_path, None).cache.rows_of(Reader().source, found) is None


def test_rows_that_no_query_used_are_removed_after_some_starts(tmp_path, start, monkeypatch):
    monkeypatch.setattr(scan_cache, "UNUSED_STARTS", 2)
    old, young = files(tmp_path / "old", 3), files(tmp_path / "young", 4)
    for used in ([old, young], [young], [young], []):
        one = start()
        for found in used:
            one.cache.rows_of(Reader().source, found)
        one.stop()
    last, reader = start(), Reader()
    ((rows,),) = last.database.execute("SELECT count(*) FROM scan_cache.numbers").fetchall()
    assert rows == COUNT
    last.cache.rows_of(reader.source, young)
    assert reader.opened == 0
    last.cache.rows_of(reader.source, old)
    assert reader.opened == COUNT
    last.stop()


def test_a_source_without_files_is_dropped(tmp_path, start, monkeypatch):
    monkeypatch.setattr(scan_cache, "UNUSED_STARTS", 1)
    first = start()
    first.cache.rows_of(Reader().source, files(tmp_path / "a", 3))
    first.stop()
    start().stop()
    tables = start().database.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'scan_cache'")
    assert {name for (name,) in tables.fetchall()} == {"files", "starts"}


def test_a_failed_scan_stores_nothing_and_can_be_repeated(tmp_path, start):
    first = start()
    found = files(tmp_path / "a", 3)
    for _ in range(2):
        with pytest.raises(duckdb.Error, match="no_such_column"):
            first.cache.rows_of(Reader(columns=["no_such_column"]).source, found)
    assert first.total(first.cache.rows_of(Reader().source, found)) == 3 * COUNT


def test_a_damaged_cache_file_is_replaced(tmp_path, start):
    file = tmp_path / "someone's" / "cache.duckdb"
    file.parent.mkdir()
    file.write_bytes(b"not a database" * 1000)
    first = start()
    assert first.total(first.cache.rows_of(Reader().source, files(tmp_path / "a", 3))) == 3 * COUNT
    first.stop()
    assert file.read_bytes()[8:12] == b"DUCK"


@pytest.mark.parametrize("taken", ["by another process", "by a folder"])
def test_without_a_usable_file_the_cache_is_in_memory(tmp_path, start, taken):
    file = tmp_path / "someone's" / "cache.duckdb"
    file.parent.mkdir()
    script = f"import duckdb; open = duckdb.connect({str(file)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline()
        if taken == "by a folder":
            file.unlink()
            file.mkdir()
        first = start()
        assert first.total(first.cache.rows_of(Reader().source, files(tmp_path / "a", 3))) == 3 * COUNT
        first.stop()
        other.communicate(b"\n", timeout=30)


def test_after_a_crash_the_rows_are_still_cached(tmp_path, start):
    found = files(tmp_path / "a", 3)
    crashed = start()
    crashed.cache.rows_of(Reader().source, found)
    crashed.database.close()  # the cache is not closed
    after, reader = start(), Reader()
    assert after.total(after.cache.rows_of(reader.source, found)) == 3 * COUNT
    assert reader.opened == 0


def test_a_listing_table_is_removed_when_it_is_old(tmp_path, start, monkeypatch):
    first = start()
    monkeypatch.setattr(scan_cache, "LISTINGS_AT_MOST", 1)
    name = first.cache.listing_table("SELECT 1 AS a")
    assert first.cache.listing_table("SELECT 1 AS a") == name
    first.cache.listing_table("SELECT 2 AS a")
    assert first.database.execute(f"FROM {name}").fetchall() == [(1,)]  # a query may be about to read it
    monkeypatch.setattr(scan_cache, "LISTING_SECONDS", 0)
    first.cache.listing_table("SELECT 3 AS a")
    with pytest.raises(duckdb.CatalogException):
        first.database.execute(f"FROM {name}")


def test_a_cache_file_of_another_version_is_replaced(tmp_path, start):
    file = tmp_path / "someone's" / "cache.duckdb"
    file.parent.mkdir()
    with duckdb.connect(str(file)) as earlier:
        earlier.execute("CREATE TABLE files (source VARCHAR, asked_for BIGINT)")
    first = start()
    assert first.total(first.cache.rows_of(Reader().source, files(tmp_path / "a", 3))) == 3 * COUNT
    first.stop()
