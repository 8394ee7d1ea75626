"""Kept scans: the same rows as the files, read again when a file changes, there after a restart, and let go in time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from mwaa.local_aws.athena import scan_cache
from mwaa.local_aws.athena.scan_cache import FILE_ID, Held, ScanCache, Source

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

    def __init__(self, root: Path, place: Path | None) -> None:
        self.database = duckdb.connect()
        self.kept = ScanCache(self.database, root, place)

    def total(self, held: Held | None) -> int:
        """The sum over the rows of the files asked for."""
        assert held is not None
        ids = ", ".join(map(str, held.file_ids))
        ((found,),) = self.database.execute(f'SELECT sum(n) FROM {held.table} WHERE "{FILE_ID}" IN ({ids})').fetchall()
        return found

    def stop(self) -> None:
        self.kept.close()
        self.database.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Start]]:
    """Starts one after the other, over files of one folder and with one file of kept rows."""
    yield lambda: Start(tmp_path, tmp_path / "someone's" / "kept.duckdb")


def files(folder: Path, value: int, count: int = COUNT) -> Files:
    """As many files as make a scan worth keeping, each with one row of `value`."""
    folder.mkdir(exist_ok=True)
    return [write(folder / f"{number:04d}.csv", value) for number in range(count)]


def write(path: Path, value: int) -> tuple[str, int]:
    path.write_text(f"{value}\n")
    return str(path), path.stat().st_size


def test_many_files_are_opened_once_and_answer_the_same(tmp_path, start):
    first, reader = start(), Reader()
    found = files(tmp_path / "a", 3)
    for part in (found, found, found[::-1]):
        assert first.total(first.kept.hold(reader.source, part)) == 3 * len(part)
    assert reader.opened == COUNT


def test_after_a_restart_only_a_new_file_is_opened(tmp_path, start):
    found = files(tmp_path / "a", 3)
    before = start()
    before.kept.hold(Reader().source, found)
    before.stop()
    after, reader = start(), Reader()
    found.append(write(tmp_path / "a" / "next.csv", 40))
    assert after.total(after.kept.hold(reader.source, found)) == 3 * COUNT + 40
    assert reader.opened == 1


def test_rows_are_those_of_the_files_asked_for(tmp_path, start):
    first, reader = start(), Reader()
    one, other = files(tmp_path / "a", 3), files(tmp_path / "b", 4)
    assert first.total(first.kept.hold(reader.source, one)) == 3 * COUNT
    assert first.total(first.kept.hold(reader.source, other)) == 4 * COUNT
    assert first.total(first.kept.hold(reader.source, one[:100] + other[:150])) == 300 + 600


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changed_is_read_again(tmp_path, start, change):
    found = files(tmp_path / "a", 3)
    first = start()
    first.kept.hold(Reader().source, found)
    first.stop()
    path = Path(found[7][0])
    write(path, 33 if change == "size" else 5)
    os.utime(path, ns=(1, 1)) if change == "time" else None
    second, reader = start(), Reader()
    assert second.total(second.kept.hold(reader.source, found)) == 3 * (COUNT - 1) + (33 if change == "size" else 5)
    assert reader.opened == 1


def test_a_lake_that_moved_is_known_by_the_paths_below_its_root(tmp_path):
    found = files(tmp_path / "here", 3)
    first = Start(tmp_path / "here", tmp_path / "kept.duckdb")
    first.kept.hold(Reader().source, found)
    first.stop()
    (tmp_path / "here").rename(tmp_path / "there")
    moved = [(path.replace("/here/", "/there/"), size) for path, size in found]
    second, reader = Start(tmp_path / "there", tmp_path / "kept.duckdb"), Reader()
    assert second.total(second.kept.hold(reader.source, moved)) == 3 * COUNT
    assert reader.opened == 0


def test_few_or_large_files_are_read_where_they_are(tmp_path, start, monkeypatch):
    found = files(tmp_path / "a", 3)
    assert start().kept.hold(Reader().source, found[:-1]) is None
    monkeypatch.setattr(scan_cache, "BYTES_AT_MOST", 10)
    assert Start(tmp_path, None).kept.hold(Reader().source, found) is None


def test_what_nobody_asks_for_is_let_go_after_some_starts(tmp_path, start, monkeypatch):
    monkeypatch.setattr(scan_cache, "STARTS_KEPT", 2)
    old, young = files(tmp_path / "old", 3), files(tmp_path / "young", 4)
    for held in ([old, young], [young], [young], []):
        one = start()
        for found in held:
            one.kept.hold(Reader().source, found)
        one.stop()
    last, reader = start(), Reader()
    ((rows,),) = last.database.execute("SELECT count(*) FROM scan_cache.numbers").fetchall()
    assert rows == COUNT
    last.kept.hold(reader.source, young)
    assert reader.opened == 0
    last.kept.hold(reader.source, old)
    assert reader.opened == COUNT
    last.stop()


def test_a_source_without_files_is_dropped(tmp_path, start, monkeypatch):
    monkeypatch.setattr(scan_cache, "STARTS_KEPT", 1)
    first = start()
    first.kept.hold(Reader().source, files(tmp_path / "a", 3))
    first.stop()
    start().stop()
    tables = start().database.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'scan_cache'")
    assert {name for (name,) in tables.fetchall()} == {"files", "starts"}


def test_a_scan_that_fails_leaves_nothing_and_is_tried_again(tmp_path, start):
    first = start()
    found = files(tmp_path / "a", 3)
    for _ in range(2):
        with pytest.raises(duckdb.Error, match="no_such_column"):
            first.kept.hold(Reader(columns=["no_such_column"]).source, found)
    assert first.total(first.kept.hold(Reader().source, found)) == 3 * COUNT


def test_a_broken_file_of_kept_rows_is_replaced(tmp_path, start):
    place = tmp_path / "someone's" / "kept.duckdb"
    place.parent.mkdir()
    place.write_bytes(b"no database" * 1000)
    first = start()
    assert first.total(first.kept.hold(Reader().source, files(tmp_path / "a", 3))) == 3 * COUNT
    first.stop()
    assert place.read_bytes()[8:12] == b"DUCK"


@pytest.mark.parametrize("taken", ["by another process", "by a folder"])
def test_a_file_that_cannot_be_had_is_done_without(tmp_path, start, taken):
    place = tmp_path / "someone's" / "kept.duckdb"
    place.parent.mkdir()
    hold = f"import duckdb; held = duckdb.connect({str(place)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline()
        if taken == "by a folder":
            place.unlink()
            place.mkdir()
        first = start()
        assert first.total(first.kept.hold(Reader().source, files(tmp_path / "a", 3))) == 3 * COUNT
        first.stop()
        other.communicate(b"\n", timeout=30)


def test_a_crash_loses_no_more_than_what_was_not_asked_for_again(tmp_path, start):
    found = files(tmp_path / "a", 3)
    crashed = start()
    crashed.kept.hold(Reader().source, found)
    crashed.database.close()  # without a word
    after, reader = start(), Reader()
    assert after.total(after.kept.hold(reader.source, found)) == 3 * COUNT
    assert reader.opened == 0


def test_a_listing_is_a_table_until_it_is_old(tmp_path, start, monkeypatch):
    first = start()
    monkeypatch.setattr(scan_cache, "PLACES_KEPT", 1)
    name = first.kept.places("SELECT 1 AS a")
    assert first.kept.places("SELECT 1 AS a") == name
    first.kept.places("SELECT 2 AS a")
    assert first.database.execute(f"FROM {name}").fetchall() == [(1,)]  # somebody may be about to read it
    monkeypatch.setattr(scan_cache, "GRACE_SECONDS", 0)
    first.kept.places("SELECT 3 AS a")
    with pytest.raises(duckdb.CatalogException):
        first.database.execute(f"FROM {name}")
