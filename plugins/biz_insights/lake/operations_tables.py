"""Operations tables: small tables in which the pipeline records what it did (quality results, releases).

`record` writes the rows of one partition to a new prefix and then points the partition to it. A reader sees the rows of
the earlier attempt or the new rows. A repeated attempt replaces the rows and never adds to them.

`append` adds a file to the partition of a month and changes no other file. A repeated attempt writes the same file.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from biz_insights.aws import s3
from biz_insights.lake.builds import Column
from biz_insights.lake.catalog import storage_descriptor
from biz_schema.lake_tables import LakeTable

if TYPE_CHECKING:
    import pyarrow as pa


def athena_type(kind: pa.DataType) -> str:
    """Return Athena's name of a pyarrow type: `decimal128(18, 4)` → `decimal(18,4)`.

    Raises:
        TypeError: Athena has no such type, or reads it differently (for example a timestamp in nanoseconds).
    """
    import pyarrow as pa

    simple = {
        pa.string(): "string",
        pa.bool_(): "boolean",
        pa.int32(): "int",
        pa.int64(): "bigint",
        pa.float32(): "float",
        pa.float64(): "double",
        pa.date32(): "date",
        pa.binary(): "binary",
    }
    if kind in simple:
        return simple[kind]
    if pa.types.is_timestamp(kind) and kind.unit in ("ms", "us"):
        return "timestamp"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_list(kind):
        return f"array<{athena_type(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{athena_type(kind.key_type)},{athena_type(kind.item_type)}>"
    raise TypeError(f"column type {kind} has no Athena type here; use text, a number, a date or timestamp('us')")


def arrow_type(kind: str) -> pa.DataType:
    """Return the pyarrow type of an Athena type, such as `timestamp` or `array<string>`; the inverse of `athena_type`.

    Raises:
        KeyError: no operations table has columns of this type yet; add it here.
    """
    import pyarrow as pa

    if kind.startswith("array<"):
        return pa.list_(arrow_type(kind.removeprefix("array<").removesuffix(">")))
    return {
        "string": pa.string(),
        "boolean": pa.bool_(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }[kind]


def arrow_schema(table: LakeTable) -> pa.Schema:
    """Return the pyarrow schema of a table's files: its columns without the partition keys."""
    import pyarrow as pa

    return pa.schema([(name, arrow_type(column.type)) for name, column in table.file_columns.items()])


def record(
    table: str,
    rows: Sequence[Mapping[str, Any]],
    schema: pa.Schema,
    partition: Mapping[str, str],
    *,
    database: str,
    ops_uri: str,
    session: Any,
) -> str:
    """Replace the content of one partition of an operations table by `rows`.

    The table is created if it does not exist, and gets new columns if it lacks them.

    Args:
        table: the operations table.
        rows: one mapping for each row, by the names of the schema; a missing key is null. May be empty.
        schema: the columns without the partition keys.
        partition: partition keys (all of type string) and their values, in the order of the table.
        database: Glue database of the table.
        ops_uri: `s3://…/ops/`; the rows go to `<ops_uri><table>/<key>=<value>/…/<unique>/`.
        session: boto3 session.

    Returns:
        The prefix that the partition now points to.

    Raises:
        ValueError: the table has other partition keys.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table_uri = f"{ops_uri.rstrip('/')}/{table}/"
    path = "/".join(f"{key}={value}" for key, value in partition.items())
    location = f"{table_uri}{path}/{uuid.uuid4().hex}/"
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), buffer)
    s3.put_bytes(session, f"{location}rows.parquet", buffer.getvalue())

    glue = session.client("glue")
    columns = [Column(field.name, athena_type(field.type)) for field in schema]
    _ensure_table(glue, database, table, columns, list(partition), table_uri)
    _point_partition(glue, database, table, columns, list(partition.values()), location)
    return location


def parquet(table: LakeTable, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the rows as a Parquet file with the columns of the table; a missing key is null, another is left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table)), buffer)
    return buffer.getvalue()


def append(
    table: LakeTable, content: bytes, name: str, month: str, *, database: str, ops_uri: str, session: Any
) -> None:
    """Add a file to a table that is partitioned by `month`. It appears in one step.

    Args:
        content: what `parquet` returned for the rows.
        name: name of the file without its ending; the same name replaces the same rows.
        month: `YYYY-MM`.
        database: Glue database of the table.
        ops_uri: `s3://…/ops/`; the file goes to `<ops_uri><table>/month=<month>/`.
        session: boto3 session.
    """
    table_uri = f"{ops_uri}{table.name}/"
    glue = session.client("glue")
    columns = [Column(field.name, athena_type(field.type)) for field in arrow_schema(table)]
    _ensure_table(glue, database, table.name, columns, list(table.partition_keys), table_uri)
    _point_partition(glue, database, table.name, columns, [month], f"{table_uri}month={month}/")
    # The file is written last: it says that everything before it is done.
    s3.put_bytes(session, _appended_uri(table, name, month, ops_uri), content)


def is_appended(table: LakeTable, name: str, month: str, *, ops_uri: str, session: Any) -> bool:
    """Return whether `append` has written this file."""
    return s3.exists(session, _appended_uri(table, name, month, ops_uri))


def _appended_uri(table: LakeTable, name: str, month: str, ops_uri: str) -> str:
    return f"{ops_uri}{table.name}/month={month}/{name}.parquet"


def _ensure_table(glue: Any, database: str, table: str, columns: list[Column], keys: list[str], location: str) -> None:
    """Create the table, or bring its columns up to date (Athena reads Parquet columns by name)."""
    wanted = {
        "Name": table,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "StorageDescriptor": storage_descriptor(columns, location),
    }
    try:
        glue.create_table(DatabaseName=database, TableInput=wanted)
        return
    except glue.exceptions.AlreadyExistsException:
        present = glue.get_table(DatabaseName=database, Name=table)["Table"]
    present_keys = [key["Name"] for key in present["PartitionKeys"]]
    if present_keys != keys:
        raise ValueError(
            f"table {database}.{table} is partitioned by {', '.join(present_keys)}, not by {', '.join(keys)}; "
            "drop it from the catalog (its files stay) and run the task again"
        )
    if [(c["Name"], c["Type"]) for c in present["StorageDescriptor"]["Columns"]] != [
        (column.name, column.type) for column in columns
    ]:
        glue.update_table(DatabaseName=database, TableInput=wanted)


def _point_partition(
    glue: Any, database: str, table: str, columns: list[Column], values: list[str], location: str
) -> None:
    """Point one partition to a prefix. Create the partition if it does not exist."""
    wanted = {"Values": values, "StorageDescriptor": storage_descriptor(columns, location)}
    try:
        glue.create_partition(DatabaseName=database, TableName=table, PartitionInput=wanted)
    except glue.exceptions.AlreadyExistsException:
        glue.update_partition(DatabaseName=database, TableName=table, PartitionValueList=values, PartitionInput=wanted)
