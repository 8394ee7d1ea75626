"""A table of the catalog as a DuckDB subquery over the files of the partitions that a query needs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

import duckdb

from mwaa.local_aws.athena.athena_catalog import Partition, Table
from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.scan_cache import FILE_ID, CachedRows, ScanCache, Source
from mwaa.local_aws.athena.storage import Storage
from mwaa.local_aws.athena.types import hive_to_duckdb

PATH = "$path"
_GLOB = re.compile(r"[*?\[]")


@dataclass
class Scan:
    """One use of a table in a query, with the query's conditions on its partition keys."""

    table: Table
    placeholder: str
    conditions: list[str] = field(default_factory=list)  # DuckDB SQL over the partition keys
    with_path: bool = False
    bytes_read: int = 0
    rows_known: int | None = None

    def sql(self, storage: Storage, cursor: duckdb.DuckDBPyConnection, cache: ScanCache) -> str:
        """Return the subquery; it reads only files of partitions that can satisfy the conditions."""
        partitions = self.surviving_partitions(cursor)
        files: list[tuple[str, int, tuple[str | None, ...]]] = [
            (path, size, partition.values)
            for partition in partitions
            for path, size in storage.data_files(partition.location)
        ]
        self.bytes_read = sum(size for _, size, _ in files)
        if not files:
            return self.shape()
        rows = cache.rows_of(_source(self.table), [(path, size) for path, size, _ in files])
        return self._over(files, storage) if rows is None else self._over_cache(files, storage, cache, rows)

    def surviving_partitions(self, cursor: duckdb.DuckDBPyConnection) -> list[Partition]:
        """Return the partitions whose values satisfy the conditions. DuckDB evaluates them, as it will the query."""
        table = self.table
        if not table.partition_keys:
            return [Partition((), table.location)]
        if not self.conditions or not table.partitions:
            return table.partitions
        # As parameters: in the statement's text, a thousand values take longer to parse than to compare.
        given = {f"key_{i}": [p.values[i] for p in table.partitions] for i in range(len(table.partition_keys))}
        keys = (
            f'unnest(CAST(${name} AS {hive_to_duckdb(key.type)}[])) AS "{key.name}"'
            for name, key in zip(given, table.partition_keys, strict=True)
        )
        chosen = cursor.execute(
            f"SELECT position FROM (SELECT unnest(range({len(table.partitions)})) AS position, {', '.join(keys)}) "
            "AS keys WHERE " + " AND ".join(f"({condition})" for condition in self.conditions),
            given,
        ).fetchall()
        return [table.partitions[position] for (position,) in sorted(chosen)]

    def shape(self) -> str:
        """Return the table's columns without a row; enough to find out a query's columns."""
        columns = [f'CAST(NULL AS {hive_to_duckdb(c.type)}) AS "{c.name}"' for c in self.table.all_columns]
        if self.with_path:
            columns.append(f'CAST(NULL AS VARCHAR) AS "{PATH}"')
        return f"(SELECT {', '.join(columns)} WHERE false)"

    def _over(self, files: list[tuple[str, int, tuple[str | None, ...]]], storage: Storage) -> str:
        table = self.table
        columns = [f'data."{c.name}"' for c in table.columns]
        if self.with_path:
            columns.append(f"'s3://' || data.filename[{len(str(storage.root)) + 2}:] AS \"{PATH}\"")
        # A file that two partitions share is read once and joined with both.
        source = _reader(table, list(dict.fromkeys(path for path, _, _ in files)))
        if not table.partition_keys:
            return f"(SELECT {', '.join(columns)} FROM {source} AS data)"
        # Partition values come from the catalog, never from the path: a partition's location can be any folder.
        keys = _typed_keys(table, [values for _, _, values in files])
        paths = _list([path for path, _, _ in files])
        located = f"SELECT unnest({paths}) AS filename, " + ", ".join(f'unnest({v}) AS "{k}"' for k, v in keys)
        columns[len(table.columns) : len(table.columns)] = [f'located."{k}"' for k, _ in keys]
        return f"(SELECT {', '.join(columns)} FROM {source} AS data JOIN ({located}) AS located USING (filename))"

    def _over_cache(
        self, files: list[tuple[str, int, tuple[str | None, ...]]], storage: Storage, cache: ScanCache, rows: CachedRows
    ) -> str:
        table = self.table
        keys = _typed_keys(table, [values for _, _, values in files])
        columns = [f'data."{c.name}"' for c in table.columns] + [f'located."{name}"' for name, _ in keys]
        located = [f'unnest([{",".join(map(str, rows.file_ids))}]) AS "{FILE_ID}"']
        located += [f'unnest({values}) AS "{name}"' for name, values in keys]
        if self.with_path:
            columns.append(f'located."{PATH}"')
            located.append(f'unnest({_list([storage.uri(path) for path, _, _ in files])}) AS "{PATH}"')
        listing = cache.listing_table(f"SELECT {', '.join(located)}")
        return f'(SELECT {", ".join(columns)} FROM {rows.table} AS data JOIN {listing} AS located USING ("{FILE_ID}"))'


def _source(table: Table) -> Source:
    """Return the kind of a table's files; tables with the same columns and format share it."""
    digest = hashlib.sha256(_reader(table, []).encode()).hexdigest()
    return Source(
        f"rows_{digest[:32]}", [f'"{c.name}"' for c in table.columns], lambda paths: _reader(table, list(paths))
    )


def _text(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def _list(values: list[str]) -> str:
    return "[" + ",".join(map(_text, values)) + "]"


def _typed_keys(table: Table, values: list[tuple[str | None, ...]]) -> list[tuple[str, str]]:
    """Return (key, DuckDB list of its value in every row), with the catalog's types."""
    return [
        (key.name, f"CAST([{','.join(_text(row[i]) for row in values)}] AS {hive_to_duckdb(key.type)}[])")
        for i, key in enumerate(table.partition_keys)
    ]


def _reader(table: Table, files: list[str]) -> str:
    """Return the DuckDB table function that reads the files; a column that a file lacks is NULL."""
    paths = _list([_escape_glob(path) for path in files])
    serde = table.serde.lower()
    if "parquet" in serde or table.parameters.get("classification") == "parquet":
        schema = ", ".join(
            f"{_text(c.name)}: {{name: {_text(c.name)}, type: {_text(hive_to_duckdb(c.type))}, default_value: NULL}}"
            for c in table.columns
        )
        return f"read_parquet({paths}, hive_partitioning=false, schema=MAP {{{schema}}}, filename=true)"
    types = "{" + ", ".join(f"{_text(c.name)}: {_text(hive_to_duckdb(c.type))}" for c in table.columns) + "}"
    if "json" in serde:
        return (
            f"read_json({paths}, format='newline_delimited', columns={types}, filename=true, hive_partitioning=false)"
        )
    if "opencsv" in serde:
        return _csv(table, paths, types, default=",", quote='"', escape="\\")
    if "lazysimple" in serde:
        return _csv(table, paths, types, default="\x01", quote="", escape="")
    raise AthenaQueryError.unsupported(f"tables of the SerDe '{table.serde}' (table {table.full_name})")


def _csv(table: Table, paths: str, types: str, default: str, quote: str, escape: str) -> str:
    given = table.serde_parameters
    separator = given.get("separatorChar") or given.get("field.delim") or default
    quote = given.get("quoteChar", quote)
    escape = given.get("escapeChar", escape)
    skip = int(table.parameters.get("skip.header.line.count") or 0)
    # OpenCSV has no NULL: an empty field is the empty string.
    null = _text(given.get("serialization.null.format", "\\N"))
    return (
        f"read_csv({paths}, columns={types}, delim={_text(separator)}, quote={_text(quote)}, "
        f"escape={_text(escape)}, header=false, skip={skip}, auto_detect=false, nullstr={null}, "
        "null_padding=true, strict_mode=false, filename=true, hive_partitioning=false)"
    )


def _escape_glob(path: str) -> str:
    if not _GLOB.search(path):  # quick exit: a query has thousands of paths, and almost none has such a character
        return path
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)
