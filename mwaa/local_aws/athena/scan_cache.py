"""A cache of the rows of many small files, in one DuckDB file: for later queries and for later starts.

A checkpoint asks ten questions in a row about a new table of 1,400 daily partitions, and the next day's run asks them
about the same files and one more. Most of the time for each answer goes into opening the files: a second, against
20 ms from the cache. Rows are stored by the file they come from, so that only new files are opened; the catalog says
which files a query reads. Files of a lake are not changed in place. The cache still compares their sizes and times, and
reads a changed file again.

The cache may be lost at any time. When its file is in use by another process or cannot be read, it is in memory.
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

FILES_AT_LEAST = 200  # fewer are quick to read; a CTAS of 100 partitions is read once and does not pay off
BYTES_AT_MOST = 64 * 1024 * 1024  # compressed; above it reading takes the time, not opening
UNUSED_STARTS = 8  # rows of files that no query used in this many starts are removed

LISTINGS_AT_MOST = 64
LISTING_SECONDS = 60.0  # a listing is not removed so soon after its use: a query may be about to read it
FILE_ID = "$file_id"

_CACHE = "scan_cache"


@dataclass(frozen=True)
class Source:
    """Files of one kind: the same columns in the same format, of whichever tables.

    Attributes:
        name: a table name for the rows of this kind; it changes with the columns, their types and the format.
        columns: the columns, as SQL names.
        over: returns a DuckDB relation over files; it has a column `filename` besides `columns`.
    """

    name: str
    columns: Sequence[str]
    over: Callable[[Sequence[str]], str]


class CachedRows(NamedTuple):
    """Where rows are cached: a table with the source's columns and FILE_ID, and the FILE_ID of each requested file."""

    table: str
    file_ids: list[int]


class _File(NamedTuple):
    file_id: int
    size: int
    changed: int


@dataclass
class _Scan:
    """The cached files of one source, by path below the root."""

    files: dict[str, _File] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    has_table: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class ScanCache:
    """The cache of one engine. Several queries may use it at the same time."""

    def __init__(self, database: duckdb.DuckDBPyConnection, root: Path, file: Path | None = None) -> None:
        """Cache rows of files below `root` in `file`, or in memory without one."""
        self._database = database
        self._root = f"{root}{os.sep}"
        self._scans: dict[str, _Scan] = {}
        self._listings: OrderedDict[str, float] = OrderedDict()
        self._lock, self._listings_lock = threading.Lock(), threading.Lock()
        self._next_id = 1
        _attach(database, file)
        ((last,),) = database.execute(f"SELECT coalesce(max(number), 0) FROM {_CACHE}.starts").fetchall()
        self._start = last + 1
        for name, file_id, path, size, changed in database.execute(
            f"SELECT source, file_id, path, size, changed FROM {_CACHE}.files ORDER BY file_id"
        ).fetchall():
            # A path that was read again has several entries: the newest one counts.
            scan = self._scans.setdefault(name, _Scan(has_table=True))
            scan.files[path] = _File(file_id, size, changed)
            self._next_id = file_id + 1

    def rows_of(self, source: Source, files: Sequence[tuple[str, int]]) -> CachedRows | None:
        """Return where the rows of `files`, (path, bytes) each, are cached, after reading those that are not yet.

        None means that reading the files themselves is as fast.
        """
        if len(files) < FILES_AT_LEAST or sum(size for _, size in files) > BYTES_AT_MOST:
            return None
        found = [(path.removeprefix(self._root), os.stat(path)) for path, _ in files]
        with self._lock:
            scan = self._scans.setdefault(source.name, _Scan())
        # Another query may be reading the same files: wait for it and use its rows.
        with scan.lock:
            unknown = {
                path: stat
                for path, stat in found
                if (known := scan.files.get(path)) is None or known[1:] != (stat.st_size, stat.st_mtime_ns)
            }
            if unknown:
                self._read(source, scan, unknown)
            file_ids = [scan.files[path].file_id for path, _ in found]
            scan.used.update(file_ids)
        return CachedRows(f"{_CACHE}.{source.name}", file_ids)

    def listing_table(self, listing: str) -> str:
        """Return a table with the rows of `listing`, a query that lists files and their partition values.

        DuckDB takes longer to parse a thousand values than to run most queries, and the next query lists the same ones.
        """
        name = f"listing_{hashlib.sha256(listing.encode()).hexdigest()[:32]}"
        now = time.monotonic()
        with self._listings_lock, contextlib.closing(self._database.cursor()) as cursor:
            if name not in self._listings:
                cursor.execute(f"CREATE TABLE {name} AS {listing}")
            self._listings[name] = now
            self._listings.move_to_end(name)
            oldest = next(iter(self._listings))
            if len(self._listings) > LISTINGS_AT_MOST and self._listings[oldest] < now - LISTING_SECONDS:
                del self._listings[oldest]
                cursor.execute(f"DROP TABLE {oldest}")
        return name

    def close(self) -> None:
        """Remove entries that are not used, and close the cache. No query may be running."""
        run = self._database.execute
        run("BEGIN")
        for name, scan in self._scans.items():
            run(
                f"UPDATE {_CACHE}.files SET last_used = {self._start} WHERE source = $name AND file_id IN "
                "(SELECT unnest(CAST($ids AS BIGINT[])))",
                {"name": name, "ids": [*scan.used]},
            )
        run(f"INSERT INTO {_CACHE}.starts VALUES ({self._start})")
        unused = f"FROM {_CACHE}.files WHERE last_used <= {self._start - UNUSED_STARTS}"
        for (name,) in run(f"SELECT DISTINCT source {unused}").fetchall():
            run(f"""DELETE FROM {_CACHE}.{name} WHERE "{FILE_ID}" IN (SELECT file_id {unused} AND source = '{name}')""")
        run(f"DELETE {unused}")
        for name in self._scans:
            if not run(f"SELECT 1 FROM {_CACHE}.files WHERE source = '{name}' LIMIT 1").fetchall():
                run(f"DROP TABLE IF EXISTS {_CACHE}.{name}")
        run("COMMIT")
        run(f"DETACH {_CACHE}")

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
        table = f"{_CACHE}.{source.name}"
        with contextlib.closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN")
            try:
                cursor.execute(
                    f"INSERT INTO {table} {rows}" if scan.has_table else f"CREATE TABLE {table} AS {rows}",
                    {"paths": paths, "ids": [*file_ids]},
                )
                cursor.execute(
                    f"INSERT INTO {_CACHE}.files SELECT $source, unnest($ids), unnest($names), unnest($sizes), "
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
        scan.has_table = True
        for file_id, (path, stat) in zip(file_ids, unknown.items(), strict=True):
            scan.files[path] = _File(file_id, stat.st_size, stat.st_mtime_ns)


def _attach(database: duckdb.DuckDBPyConnection, file: Path | None) -> None:
    """Attach the cache's file with its two tables. A file that cannot be used is replaced by an empty one."""
    for _ in range(2 if file else 0):
        assert file is not None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _attach_as_cache(database, str(file))
            return
        except (OSError, duckdb.Error) as error:
            with contextlib.suppress(duckdb.Error):
                database.execute(f"DETACH {_CACHE}")
            if "lock" in str(error):
                break
            with contextlib.suppress(OSError):
                for left in (file, file.with_name(f"{file.name}.wal")):
                    left.unlink(missing_ok=True)
    _attach_as_cache(database, ":memory:")


def _attach_as_cache(database: duckdb.DuckDBPyConnection, file: str) -> None:
    quoted = file.replace("'", "''")
    database.execute(f"ATTACH '{quoted}' AS {_CACHE}")
    database.execute(f"CREATE TABLE IF NOT EXISTS {_CACHE}.starts (number BIGINT)")
    database.execute(
        f"CREATE TABLE IF NOT EXISTS {_CACHE}.files "
        "(source VARCHAR, file_id BIGINT, path VARCHAR, size BIGINT, changed BIGINT, last_used BIGINT)"
    )
    # A file of another version has other columns.
    database.execute(f"SELECT source, file_id, path, size, changed, last_used FROM {_CACHE}.files LIMIT 0")
