"""A DB snapshot: every table of the database at one point in time, stored as Parquet parts.

The tables are copied in one REPEATABLE READ transaction, batch by batch, with the types that an export to S3 writes:
integers, floats, booleans and bytes keep their types, and all other values are text as PostgreSQL prints it in UTC.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROWS_PER_PART = 1_000_000
ROWS_PER_GROUP = 100_000

# PostgreSQL type → (SQL that reads the column, Parquet type in the export's info file).
_TYPED = {
    "smallint": ("{}", "int32"),
    "integer": ("{}", "int32"),
    "bigint": ("{}", "int64"),
    "real": ("{}", "float"),
    "double precision": ("{}", "double"),
    "boolean": ("{}", "boolean"),
    "bytea": ("{}", "binary"),
}
_AS_TEXT = ("{}::text", "binary (UTF8)")


@dataclass(frozen=True)
class Column:
    """A column, with its types in PostgreSQL and in the export."""

    name: str
    original_type: str
    exported_type: str


@dataclass(frozen=True)
class TableCopy:
    """One table of a snapshot; `name` is `schema.table`, `parts` are file names in the table's folder."""

    name: str
    columns: list[Column]
    rows: int
    bytes: int
    parts: list[str]


class SnapshotCopy:
    """Takes one snapshot. The constructor fixes the point in time; `run` copies."""

    def __init__(self, uri: str, database: str, folder: Path) -> None:
        """Connect and fix the point in time. `folder` must not exist. Raises adbc errors when it cannot connect."""
        import adbc_driver_postgresql.dbapi as adbc

        self._connection = adbc.connect(uri, autocommit=False)
        self._database = database
        self._folder = folder
        self._cancelled = threading.Event()
        self._execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._execute("SET LOCAL timezone = 'UTC'")
        self._execute("SET LOCAL datestyle = 'ISO, YMD'")
        # REPEATABLE READ sees the data at the time of the first query, which is this one.
        self._tables = self._list_tables()

    def run(self) -> list[TableCopy]:
        """Copy all tables, then write `manifest.json`. A folder without it is not a finished snapshot."""
        try:
            copies = [self._copy(name, columns) for name, columns in self._tables.items()]
        finally:
            self._connection.close()
        manifest = {"database": self._database, "tables": [asdict(copy) for copy in copies]}
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
        return copies

    def cancel(self) -> None:
        """Make `run` raise InterruptedError before its next batch."""
        self._cancelled.set()

    def _execute(self, statement: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _list_tables(self) -> dict[str, list[Column]]:
        found = self._execute(
            """
            SELECT n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, NULL)
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
              AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'aws_commons', 'aws_s3')
            ORDER BY n.nspname, c.relname, a.attnum
            """
        )
        tables: dict[str, list[Column]] = {}
        for table, column, original_type in found:
            exported = _TYPED.get(original_type, _AS_TEXT)[1]
            tables.setdefault(table, []).append(Column(column, original_type, exported))
        return tables

    def _copy(self, name: str, columns: list[Column]) -> TableCopy:
        folder = self._folder / name
        folder.mkdir(parents=True)
        parts: list[str] = []
        rows = size = 0
        for batches in self._part_batches(name, columns):
            path = folder / f"part-{len(parts):05d}.gz.parquet"
            rows += _write_part(path, batches)
            size += path.stat().st_size
            parts.append(path.name)
        return TableCopy(name, columns, rows, size, parts)

    def _part_batches(self, name: str, columns: list[Column]) -> Iterator[Iterator[Any]]:
        """Return record batches in parts of about ROWS_PER_PART rows; an empty table has one empty part."""
        import pyarrow as pa

        schema_name, _, table_name = name.partition(".")
        read = ", ".join(
            f"{_TYPED.get(column.original_type, _AS_TEXT)[0].format(_quoted(column.name))} AS {_quoted(column.name)}"
            for column in columns
        )
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT {read} FROM {_quoted(schema_name)}.{_quoted(table_name)}")
            reader = cursor.fetch_record_batch()
            empty = pa.RecordBatch.from_pylist([], schema=reader.schema)
            ahead = [next(reader, empty)]

            def one_part() -> Iterator[Any]:
                taken = 0
                while ahead and taken < ROWS_PER_PART:
                    if self._cancelled.is_set():
                        raise InterruptedError(f"the copy of {name} was cancelled")
                    batch = ahead.pop()
                    following = next(reader, None)
                    if following is not None:
                        ahead.append(following)
                    taken += batch.num_rows
                    yield batch

            while ahead:
                yield one_part()


def read_manifest(folder: Path) -> tuple[str, list[TableCopy]]:
    """Return the database name and the tables of a snapshot.

    Raises:
        FileNotFoundError: the snapshot is not finished.
    """
    manifest = json.loads((folder / "manifest.json").read_text())
    tables = [
        TableCopy(**{**table, "columns": [Column(**column) for column in table["columns"]]})
        for table in manifest["tables"]
    ]
    return manifest["database"], tables


def _write_part(path: Path, batches: Iterator[Any]) -> int:
    import pyarrow.parquet as pq

    rows = 0
    first = next(batches)
    # Level 1 is fast. The part is read once or twice, so smaller files do not pay off.
    with pq.ParquetWriter(path, first.schema, compression="gzip", compression_level=1) as writer:
        for batch in _chain(first, batches):
            rows += batch.num_rows
            writer.write_batch(batch, row_group_size=ROWS_PER_GROUP)
    return rows


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
