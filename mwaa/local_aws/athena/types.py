"""Column types in four notations: Hive (catalog), DuckDB (engine), Trino (messages, views) and Athena's ColumnInfo."""

from __future__ import annotations

import re
from typing import Any

import duckdb

from mwaa.local_aws.athena.athena_errors import AthenaQueryError

_HIVE_TO_DUCKDB = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "integer": "INTEGER",
    "bigint": "BIGINT", "float": "FLOAT", "real": "FLOAT", "double": "DOUBLE", "string": "VARCHAR",
    "varchar": "VARCHAR", "char": "VARCHAR", "binary": "BLOB", "varbinary": "BLOB", "date": "DATE",
    "timestamp": "TIMESTAMP", "json": "VARCHAR", "uuid": "VARCHAR", "unknown": "VARCHAR",
}  # fmt: skip
_HIVE_TO_TRINO = {"int": "integer", "string": "varchar", "float": "real", "binary": "varbinary"}
_DUCKDB_TO_TRINO = {
    "BOOLEAN": "boolean", "TINYINT": "tinyint", "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint",
    # a sum of bigint is bigint in Trino and HUGEINT in DuckDB; DuckDB's functions return unsigned types
    "HUGEINT": "bigint", "UTINYINT": "smallint", "USMALLINT": "integer", "UINTEGER": "bigint", "UBIGINT": "bigint",
    "UHUGEINT": "bigint", "FLOAT": "real", "DOUBLE": "double", "VARCHAR": "varchar", "BLOB": "varbinary",
    "DATE": "date", "TIMESTAMP": "timestamp(3)", "TIMESTAMP_NS": "timestamp(3)", "TIMESTAMP_MS": "timestamp(3)",
    "TIMESTAMP_S": "timestamp(3)", "TIMESTAMP WITH TIME ZONE": "timestamp(3) with time zone", "TIME": "time(3)",
    "UUID": "uuid", "INTERVAL": "interval day to second", "JSON": "json", '"NULL"': "unknown", "NULL": "unknown",
}  # fmt: skip
_PRECISION = {
    "varchar": 2147483647, "varbinary": 1073741824, "bigint": 19, "integer": 10, "smallint": 5, "tinyint": 3,
    "double": 17, "float": 17, "timestamp": 3, "timestamp with time zone": 3, "time": 3,
}  # fmt: skip


def split_top_level(text: str) -> list[str]:
    """Split `a:int,b:struct<c:int,d:int>` at its commas, except those inside <…> and (…): two parts."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def hive_to_duckdb(hive: str) -> str:
    """Return a Hive type as DuckDB writes it: `array<struct<a:int>>` → `STRUCT("a" INTEGER)[]`.

    Raises:
        AthenaQueryError: the type is unknown.
    """
    text = hive.strip()
    name, _, rest = text.partition("<")
    name = name.strip().lower()
    if rest:
        inner = split_top_level(rest.rstrip()[:-1])
        if name == "array":
            return f"{hive_to_duckdb(inner[0])}[]"
        if name == "map":
            return f"MAP({hive_to_duckdb(inner[0])}, {hive_to_duckdb(inner[1])})"
        if name == "struct":
            fields = (field.partition(":") for field in inner)
            return "STRUCT(" + ", ".join(f'"{f.strip()}" {hive_to_duckdb(t)}' for f, _, t in fields) + ")"
    base = re.sub(r"\(.*", "", name).strip()
    if base == "decimal":
        return text.upper() if "(" in text else "DECIMAL(10, 0)"
    if base not in _HIVE_TO_DUCKDB:
        raise AthenaQueryError(f"HIVE_INVALID_METADATA: Unsupported column type '{hive}' in the Glue catalog")
    return _HIVE_TO_DUCKDB[base]


def hive_to_trino(hive: str) -> str:
    """Return a Hive type as Trino writes it in messages, views and SHOW COLUMNS: `array<string>` → `array(varchar)`."""
    text = hive.strip().lower()
    name, _, rest = text.partition("<")
    if rest:
        inner = split_top_level(rest.rstrip()[:-1])
        if name == "struct":
            fields = (field.partition(":") for field in inner)
            return "row(" + ", ".join(f"{f.strip()} {hive_to_trino(t)}" for f, _, t in fields) + ")"
        return f"{name}(" + ", ".join(hive_to_trino(part) for part in inner) + ")"
    if text == "timestamp":
        return "timestamp(3)"
    return _HIVE_TO_TRINO.get(text, text)


def to_trino(kind: Any) -> str:
    """Return a DuckDB type object (from a result's description) as Trino writes it."""
    if kind.id == "decimal":
        precision, scale = (value for _, value in kind.children)
        return f"decimal({precision},{scale})"
    if kind.id in ("list", "array"):
        return f"array({to_trino(kind.children[0][1])})"
    if kind.id == "struct":
        return "row(" + ", ".join(f"{name} {to_trino(child)}" for name, child in kind.children) + ")"
    if kind.id == "map":
        return "map(" + ", ".join(to_trino(child) for _, child in kind.children) + ")"
    text = str(kind)
    if text not in _DUCKDB_TO_TRINO:
        raise AthenaQueryError.unsupported(f"results of the DuckDB type {text}")
    return _DUCKDB_TO_TRINO[text]


def to_hive(kind: Any) -> str:
    """Return a DuckDB type object as the Glue catalog stores it."""
    if kind.id in ("list", "array"):
        return f"array<{to_hive(kind.children[0][1])}>"
    if kind.id == "struct":
        return "struct<" + ",".join(f"{name}:{to_hive(child)}" for name, child in kind.children) + ">"
    if kind.id == "map":
        return "map<" + ",".join(to_hive(child) for _, child in kind.children) + ">"
    trino = to_trino(kind)
    plain = {"integer": "int", "varchar": "string", "real": "float", "varbinary": "binary", "timestamp(3)": "timestamp"}
    if trino in ("unknown", "time(3)", "uuid", "json", "timestamp(3) with time zone", "interval day to second"):
        raise AthenaQueryError(f"NOT_SUPPORTED: Unsupported Hive type: {trino}. Cast the column to a Hive type.")
    return plain.get(trino, trino)


def storable(kind: Any) -> str:
    """Return the DuckDB type that a column of this type is stored with (a HUGEINT sum becomes BIGINT)."""
    return hive_to_duckdb(to_hive(kind))


def column_info(name: str, trino: str) -> dict[str, Any]:
    """Return the ColumnInfo of GetQueryResults."""
    decimal = re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", trino)
    base = "decimal" if decimal else re.sub(r"\(.*?\)( with time zone)?$", r"\1", trino)
    base = {"real": "float"}.get(base, base)
    return {
        "CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": base,
        "Precision": int(decimal[1]) if decimal else _PRECISION.get(base, 0),
        "Scale": int(decimal[2]) if decimal else 0,
        "Nullable": "UNKNOWN", "CaseSensitive": base in ("varchar", "char"),
    }  # fmt: skip


def described(cursor: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[str, Any]]:
    """Return the name and DuckDB type of every column of a query, without running it."""
    relation = cursor.sql(sql)
    return list(zip(relation.columns, relation.types, strict=True))
