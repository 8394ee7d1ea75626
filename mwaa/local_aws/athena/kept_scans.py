"""Scans of many small files, kept as tables for the queries that follow.

A checkpoint asks a new table of 1,400 daily partitions ten questions in a row. Opening the files is most of each
answer: half a second, against 20 ms from memory. Files in a lake are never rewritten in place; their sizes and times
are part of a kept scan's name all the same, so one that was is read again.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import duckdb

FILES_AT_LEAST = 200  # below it reading is quick; a CTAS of 100 partitions is read once and not worth keeping
BYTES_AT_MOST = 64 * 1024 * 1024  # compressed; above it reading, not opening, is the work
TABLES_KEPT = 8
GRACE_SECONDS = 5.0  # a query that has just been told a table's name is about to read it

_SCHEMA = "kept_scans"


@dataclass
class Kept:
    """One kept scan: its reading (done when the table is there) and when a query was last told its name."""

    reading: Future[None] = field(default_factory=Future)
    used: float = 0.0


class KeptScans:
    """The scans kept by one engine, in its own database. Safe to use from several queries at once."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def relation(self, cursor: duckdb.DuckDBPyConnection, sql: str, files: Sequence[tuple[str, int]]) -> str:
        """`sql`, or a subquery over its kept rows. `files` are the (path, bytes) that it reads."""
        if len(files) < FILES_AT_LEAST or sum(size for _, size in files) > BYTES_AT_MOST:
            return sql
        name = _name(sql, [path for path, _ in files])
        with self._lock:
            is_new = name not in self._kept
            kept = self._kept.setdefault(name, Kept())
            kept.used = time.monotonic()
            self._kept.move_to_end(name)
            gone = self._beyond_limit() if is_new else []
        if is_new:
            self._read(cursor, name, sql, kept.reading)
        for oldest in gone:
            cursor.execute(f"DROP TABLE IF EXISTS {_SCHEMA}.{oldest}")
        # Another query may be reading these very files: its rows serve both.
        kept.reading.result()
        return f"(FROM {_SCHEMA}.{name})"

    def _beyond_limit(self) -> list[str]:
        """Take the longest unused off the books; returns their names."""
        latest = time.monotonic() - GRACE_SECONDS
        unused = [name for name, kept in self._kept.items() if kept.reading.done() and kept.used < latest]
        gone = unused[: max(0, len(self._kept) - TABLES_KEPT)]
        for name in gone:
            del self._kept[name]
        return gone

    def _read(self, cursor: duckdb.DuckDBPyConnection, name: str, sql: str, reading: Future[None]) -> None:
        try:
            cursor.execute(f"CREATE TABLE {_SCHEMA}.{name} AS FROM {sql}")
            reading.set_result(None)
        except BaseException as error:
            with self._lock:
                self._kept.pop(name, None)
            reading.set_exception(error)


def _name(sql: str, paths: Sequence[str]) -> str:
    digest = hashlib.sha256(sql.encode())
    for path in paths:
        found = os.stat(path)
        digest.update(f"|{found.st_size}|{found.st_mtime_ns}".encode())
    return f"scan_{digest.hexdigest()[:32]}"
