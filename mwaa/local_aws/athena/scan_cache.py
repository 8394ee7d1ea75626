"""Rows of many small files, kept in one: for the queries that follow, and for those after the next start.

A checkpoint asks a new table of 1,400 daily partitions ten questions in a row, and the next day's run asks them of the
same files and one more. Opening them is most of each answer: a second, against 20 ms from one file. Rows are kept by
the file they are from, so that only a file that is new is opened; which of them a query reads is the catalog's business
and not ours. Files in a lake are never rewritten in place; their sizes and times are kept all the same, so that one
that was is read again.

What is kept can be lost: a file that another process holds, or that this DuckDB cannot read, is done without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb

FILES_AT_LEAST = 200  # below it reading is quick; a CTAS of 100 partitions is read once and not worth keeping
BYTES_AT_MOST = 64 * 1024 * 1024  # compressed; above it reading, not opening, is the work
STARTS_KEPT = 8  # rows of files that nobody asked for since so many starts are let go

PLACES_KEPT = 64
GRACE_SECONDS = 60.0  # a query that has just been told a table's name is about to read it
FILE_ID = "$file_id"

_KEPT = "scan_cache"


@dataclass(frozen=True)
class Source:
    """What files of one kind hold: the same for all of them, whichever table they are of.

    Attributes:
        name: fit for a table's name; names the kind of files, columns and their types included.
        columns: of the rows, as SQL names.
        over: DuckDB relation over files, with a column ``filename`` besides.
    """

    name: str
    columns: Sequence[str]
    over: Callable[[Sequence[str]], str]


class Held(NamedTuple):
    """Where rows are kept: the columns of the source, and FILE_ID with the number that each file asked for has."""

    table: str
    file_ids: list[int]


class _File(NamedTuple):
    file_id: int
    size: int
    changed: int


@dataclass
class _Scan:
    """The files of one source, by path below the root."""

    files: dict[str, _File] = field(default_factory=dict)
    asked_for: set[int] = field(default_factory=set)
    is_there: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class ScanCache:
    """The rows kept by one engine. Safe to use from several queries at once."""

    def __init__(self, database: duckdb.DuckDBPyConnection, root: Path, place: Path | None = None) -> None:
        """Keep rows of files below `root`, in the file `place` or, without one, in memory."""
        self._database = database
        self._root = f"{root}{os.sep}"
        self._scans: dict[str, _Scan] = {}
        self._places: OrderedDict[str, float] = OrderedDict()
        self._lock, self._places_lock = threading.Lock(), threading.Lock()
        _attach(database, place)
        database.execute(f"CREATE TABLE IF NOT EXISTS {_KEPT}.starts (number BIGINT)")
        database.execute(
            f"CREATE TABLE IF NOT EXISTS {_KEPT}.files "
            "(source VARCHAR, file_id BIGINT, path VARCHAR, size BIGINT, changed BIGINT, asked_for BIGINT)"
        )
        ((last,),) = database.execute(f"SELECT coalesce(max(number), 0) FROM {_KEPT}.starts").fetchall()
        self._start = last + 1
        self._next_id = 1
        for name, file_id, path, size, changed in database.execute(
            f"SELECT source, file_id, path, size, changed FROM {_KEPT}.files ORDER BY file_id"
        ).fetchall():
            # The latest of a path is the one that counts.
            scan = self._scans.setdefault(name, _Scan(is_there=True))
            scan.files[path] = _File(file_id, size, changed)
            self._next_id = file_id + 1

    def hold(self, source: Source, files: Sequence[tuple[str, int]]) -> Held | None:
        """Where the rows of `files`, (path, bytes) each, are kept; None where reading them is as well."""
        if len(files) < FILES_AT_LEAST or sum(size for _, size in files) > BYTES_AT_MOST:
            return None
        found = [(path.removeprefix(self._root), os.stat(path)) for path, _ in files]
        with self._lock:
            scan = self._scans.setdefault(source.name, _Scan())
        # Another query may be reading these very files: its rows serve both.
        with scan.lock:
            unknown = {
                path: stat
                for path, stat in found
                if (known := scan.files.get(path)) is None or known[1:] != (stat.st_size, stat.st_mtime_ns)
            }
            if unknown:
                self._read(source, scan, unknown)
            file_ids = [scan.files[path].file_id for path, _ in found]
            scan.asked_for.update(file_ids)
        return Held(f"{_KEPT}.{source.name}", file_ids)

    def places(self, listing: str) -> str:
        """The rows of `listing`, a query that lists files and what the catalog says of each, as a table.

        A thousand values take longer to parse than most queries to run, and the next query lists the same ones.
        """
        name = f"places_{hashlib.sha256(listing.encode()).hexdigest()[:32]}"
        now = time.monotonic()
        with self._places_lock, contextlib.closing(self._database.cursor()) as cursor:
            if name not in self._places:
                cursor.execute(f"CREATE TABLE {name} AS {listing}")
            self._places[name] = now
            self._places.move_to_end(name)
            oldest = next(iter(self._places))
            if len(self._places) > PLACES_KEPT and self._places[oldest] < now - GRACE_SECONDS:
                del self._places[oldest]
                cursor.execute(f"DROP TABLE {oldest}")
        return name

    def close(self) -> None:
        """Let go what nobody has asked for in a while. No query may run any more."""
        run = self._database.execute
        run("BEGIN")
        for name, scan in self._scans.items():
            run(
                f"UPDATE {_KEPT}.files SET asked_for = {self._start} WHERE source = $name AND file_id IN "
                "(SELECT unnest(CAST($ids AS BIGINT[])))",
                {"name": name, "ids": [*scan.asked_for]},
            )
        run(f"INSERT INTO {_KEPT}.starts VALUES ({self._start})")
        old = f"FROM {_KEPT}.files WHERE asked_for <= {self._start - STARTS_KEPT}"
        for (name,) in run(f"SELECT DISTINCT source {old}").fetchall():
            run(f"""DELETE FROM {_KEPT}.{name} WHERE "{FILE_ID}" IN (SELECT file_id {old} AND source = '{name}')""")
        run(f"DELETE {old}")
        for name in self._scans:
            if not run(f"SELECT 1 FROM {_KEPT}.files WHERE source = '{name}' LIMIT 1").fetchall():
                run(f"DROP TABLE IF EXISTS {_KEPT}.{name}")
        run("COMMIT")
        run(f"DETACH {_KEPT}")

    def _read(self, source: Source, scan: _Scan, unknown: dict[str, os.stat_result]) -> None:
        with self._lock:
            first, self._next_id = self._next_id, self._next_id + len(unknown)
        file_ids = range(first, first + len(unknown))
        paths = [self._root + path for path in unknown]
        columns = ", ".join(f"data.{column}" for column in source.columns)
        rows = (
            f'SELECT {columns}, listed.file_id AS "{FILE_ID}" FROM {source.over(paths)} AS data '
            "JOIN (SELECT unnest($paths) AS filename, unnest($ids) AS file_id) AS listed USING (filename)"
        )
        table = f"{_KEPT}.{source.name}"
        with contextlib.closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN")
            try:
                cursor.execute(
                    f"INSERT INTO {table} {rows}" if scan.is_there else f"CREATE TABLE {table} AS {rows}",
                    {"paths": paths, "ids": [*file_ids]},
                )
                cursor.execute(
                    f"INSERT INTO {_KEPT}.files SELECT $source, unnest($ids), unnest($names), unnest($sizes), "
                    f"unnest($times), {self._start}",
                    {
                        "source": source.name,
                        "ids": [*file_ids],
                        "names": [*unknown],
                        "sizes": [stat.st_size for stat in unknown.values()],
                        "times": [stat.st_mtime_ns for stat in unknown.values()],
                    },
                )
                cursor.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    cursor.execute("ROLLBACK")
                raise
        scan.is_there = True
        for file_id, (path, stat) in zip(file_ids, unknown.items(), strict=True):
            scan.files[path] = _File(file_id, stat.st_size, stat.st_mtime_ns)


def _attach(database: duckdb.DuckDBPyConnection, place: Path | None) -> None:
    quoted = str(place).replace("'", "''")
    for _ in range(2 if place else 0):
        assert place is not None
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            database.execute(f"ATTACH '{quoted}' AS {_KEPT}")
            return
        except (OSError, duckdb.Error) as error:
            if "lock" in str(error):
                break
            with contextlib.suppress(OSError):
                for left in (place, place.with_name(f"{place.name}.wal")):
                    left.unlink(missing_ok=True)
    database.execute(f"ATTACH ':memory:' AS {_KEPT}")
