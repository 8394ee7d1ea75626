"""Write query results as data files, for CTAS, INSERT INTO and UNLOAD: Hive's folders, Athena's limits."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.results import write_manifest
from mwaa.local_aws.athena.storage import Storage, as_key, hive_folder
from mwaa.local_aws.athena.types import storable

MAX_PARTITIONS = 100  # Athena's limit for one CTAS, INSERT or UNLOAD
_PARTITION = "__partition"  # the column by which DuckDB splits the rows: a number per partition

_PARQUET_CODECS = {"SNAPPY", "GZIP", "ZSTD", "NONE", "UNCOMPRESSED", "LZ4"}
_SERDES = {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    ),
    "TEXTFILE": (
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
    "JSON": (
        "org.openx.data.jsonserde.JsonSerDe",
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ),
}


@dataclass(frozen=True)
class Format:
    """The format and compression of data files."""

    name: str = "PARQUET"
    compression: str = ""
    delimiter: str = "\x01"

    @classmethod
    def of(cls, properties: dict[str, Any]) -> Format:
        """Return the format that the WITH (…) of a CTAS or UNLOAD asks for.

        Raises:
            AthenaQueryError: this format or compression cannot be written here.
        """
        name = str(properties.get("format", "PARQUET")).upper()
        if name not in _SERDES:
            raise AthenaQueryError.unsupported(f"writing the format '{name}' (write PARQUET, TEXTFILE or JSON)")
        codec = ""
        for key in ("write_compression", "compression", "parquet_compression"):
            codec = codec or str(properties.get(key) or "").upper()
        codec = codec or "GZIP"
        if name == "PARQUET" and codec not in _PARQUET_CODECS:
            raise AthenaQueryError(f"INVALID_TABLE_PROPERTY: Unsupported compression '{codec}' for PARQUET")
        if name != "PARQUET" and codec not in ("GZIP", "ZSTD", "NONE"):
            raise AthenaQueryError.unsupported(f"the compression '{codec}' for {name} (use GZIP, ZSTD or NONE)")
        return cls(name, codec, str(properties.get("field_delimiter") or "\x01"))

    @property
    def serde(self) -> tuple[str, str, str]:
        """SerDe library, input format and output format, for the catalog."""
        return _SERDES[self.name]

    @property
    def serde_parameters(self) -> dict[str, str]:
        """SerdeInfo.Parameters, for the catalog."""
        if self.name == "TEXTFILE":
            return {"field.delim": self.delimiter, "serialization.format": self.delimiter}
        return {"serialization.format": "1"}

    @property
    def suffix(self) -> str:
        """The ending of file names."""
        if self.name == "PARQUET":
            return ".parquet"
        packed = {"GZIP": ".gz", "ZSTD": ".zst", "NONE": ""}[self.compression]
        return (".json" if self.name == "JSON" else ".txt") + packed

    def copy_options(self) -> str:
        """Return the options of DuckDB's COPY."""
        codec = {"NONE": "uncompressed"}.get(self.compression, self.compression.lower())
        if self.name == "PARQUET":
            return f"FORMAT parquet, COMPRESSION {codec}"
        codec = {"NONE": "none"}.get(self.compression, self.compression.lower())
        if self.name == "JSON":
            return f"FORMAT json, COMPRESSION {codec}"
        delimiter = self.delimiter.replace("'", "''")
        text = f"DELIMITER '{delimiter}', QUOTE '', ESCAPE '', NULLSTR '\\N'"
        return f"FORMAT csv, HEADER false, {text}, COMPRESSION {codec}"


@dataclass
class Written:
    """What was written: the number of rows, the URI of every file, and the values and folder of each partition."""

    rows: int = 0
    files: list[str] = field(default_factory=list)
    partitions: list[tuple[list[str | None], str]] = field(default_factory=list)


def write_rows(
    cursor: duckdb.DuckDBPyConnection,
    storage: Storage,
    sql: str,
    columns: list[tuple[str, Any]],
    keys: list[str],
    location: str,
    form: Format,
    query_id: str,
    folders: dict[tuple[str | None, ...], str] | None = None,
) -> Written:
    """Run `sql` and write its rows below `location`, with one folder per partition.

    Args:
        columns: (name, DuckDB type object or type text) of the result; the last len(keys) are the partition keys.
        folders: the folders of existing partitions, which get more files.

    Raises:
        AthenaQueryError: HIVE_TOO_MANY_OPEN_PARTITIONS, above MAX_PARTITIONS.
    """
    typed = ", ".join(
        f"CAST(result.{_c(i)} AS {kind if isinstance(kind, str) else storable(kind)}) AS {_q(name)}"
        for i, (name, kind) in enumerate(columns)
    )
    listed = ", ".join(_c(i) for i in range(len(columns)))
    select = f"SELECT {typed} FROM ({sql}) AS result({listed})"
    target = storage.path(as_key(location))
    if not keys:
        return _write_plain(cursor, storage, select, target, form, query_id)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE written AS {select}")
    try:
        return _write_partitioned(cursor, storage, columns, keys, target, form, query_id, folders or {})
    finally:
        cursor.execute("DROP TABLE IF EXISTS temp.written")


def _write_plain(
    cursor: duckdb.DuckDBPyConnection, storage: Storage, select: str, target: Path, form: Format, query_id: str
) -> Written:
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"{_stem(query_id)}{form.suffix}"
    rows = cursor.execute(f"COPY ({select}) TO {_s(path)} ({form.copy_options()})").fetchall()[0][0]
    if not rows:
        path.unlink(missing_ok=True)
        return Written()
    return Written(rows, [storage.uri(path)])


def _write_partitioned(
    cursor: duckdb.DuckDBPyConnection,
    storage: Storage,
    columns: list[tuple[str, Any]],
    keys: list[str],
    target: Path,
    form: Format,
    query_id: str,
    folders: dict[tuple[str | None, ...], str],
) -> Written:
    by = ", ".join(map(_q, keys))
    texts = ", ".join(f"CAST({_q(key)} AS VARCHAR)" for key in keys)
    found = cursor.execute(f"SELECT {texts} FROM temp.written GROUP BY {by} ORDER BY {by}").fetchall()
    if len(found) > MAX_PARTITIONS:
        raise AthenaQueryError(
            f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {MAX_PARTITIONS} open writers for partitions/buckets. "
            f"You may need to manually clean the data at location '{storage.uri(target)}' before retrying. "
            "Athena will not delete data in your account."
        )
    total = cursor.execute("SELECT count(*) FROM temp.written").fetchall()[0][0]
    if not total:
        return Written()
    # DuckDB splits the rows by a number. Then the files are moved to folders with Hive's names.
    staging = target.parent / f".{query_id}.partial"
    data = ", ".join(_q(name) for name, _ in columns[: -len(keys)])
    try:
        staging.mkdir(parents=True, exist_ok=True)
        if len(found) == 1:  # without a number: the sort for it is not needed
            only = staging / f"{_PARTITION}=1"
            only.mkdir()
            cursor.execute(f"COPY (SELECT {data} FROM temp.written) TO {_s(only / 'data')} ({form.copy_options()})")
        else:
            cursor.execute(
                f"COPY (SELECT {data}, dense_rank() OVER (ORDER BY {by}) AS {_PARTITION} FROM temp.written) TO "
                f"{_s(staging)} ({form.copy_options()}, PARTITION_BY ({_PARTITION}), FILENAME_PATTERN 'data_{{uuid}}')"
            )
        written = Written(total)
        for rank, values in enumerate(found, start=1):
            folder = target / hive_folder(keys, list(values))
            if values in folders:
                folder = storage.path(as_key(folders[values]))
            folder.mkdir(parents=True, exist_ok=True)
            for part in sorted((staging / f"{_PARTITION}={rank}").iterdir()):
                path = folder / f"{_stem(query_id)}{form.suffix}"
                part.rename(path)
                written.files.append(storage.uri(path))
            written.partitions.append((list(values), as_key(storage.uri(folder))))
        return written
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _stem(query_id: str) -> str:
    return f"{query_id.replace('-', '')[:8]}_{uuid.uuid4()}"


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _c(index: int) -> str:
    return f"column_{index}"


def _s(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def write_manifest_of(storage: Storage, uri: str, written: Written) -> None:
    """Write the list of files to `uri`, which the answer names as DataManifestLocation."""
    write_manifest(storage.path(uri), written.files)
