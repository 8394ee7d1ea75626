"""The Glue catalog: published tables, their partitions, and candidate tables.

A published table is an external Parquet table with at most one partition key. Each partition stores its location, the
fingerprint of what it was made from and how much it holds. For a table without partitions the table stores them. So the
catalog alone says what is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.lake.builds import UNPARTITIONED, Column, PartitionBuild, TableBuild

BATCH = 100
"""The most partitions that one Glue batch call accepts."""

TABLE_INPUT_FIELDS = ("Name", "Description", "TableType", "StorageDescriptor", "PartitionKeys", "Parameters")
"""The fields of a GetTable response that UpdateTable accepts."""

FINGERPRINT = "fingerprint"
PREVIOUS_FINGERPRINT = "previous_fingerprint"
PREVIOUS_LOCATION = "previous_location"

STATISTICS = ("rows", "amount", "largest_amount", "files", "size")
"""Parameters that say how much a partition holds (fields of `PartitionBuild`). A partition has those that are known."""


@dataclass(frozen=True)
class PublishedPartition:
    """A published partition: its value, location and fingerprint, and how much it holds (see `PartitionBuild`).

    Lakes that were built before these were stored have None, until the partition is built again.
    """

    value: str
    location: str
    fingerprint: str
    rows: int | None = None
    amount: str | None = None
    largest_amount: str | None = None
    files: int | None = None
    size: int | None = None


def storage_descriptor(columns: Sequence[Column], location: str) -> dict[str, Any]:
    """Return Glue's description of Parquet files at `location`."""
    return {
        "Columns": [{"Name": column.name, "Type": column.type} for column in columns],
        "Location": location,
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
            "Parameters": {"serialization.format": "1"},
        },
    }


def batches(items: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    """Yield the items in lists of at most `size` items, in order."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class Catalog:
    """One Glue database, read and changed with a boto3 Glue client (see `short_partition_responses`)."""

    def __init__(self, glue: Any, database: str) -> None:
        self.glue = glue
        self.database = database

    def table(self, name: str) -> dict[str, Any] | None:
        """Return Glue's description of a table, or None when there is no such table."""
        try:
            return self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None

    def partitions(self, name: str) -> dict[str, PublishedPartition]:
        """Return the partitions by value; empty when there is no such table.

        A table without partitions has one entry, under `UNPARTITIONED`.
        """
        table = self.table(name)
        if table is None:
            return {}
        if not table.get("PartitionKeys"):
            return {UNPARTITIONED: _published(UNPARTITIONED, table)}
        found: dict[str, PublishedPartition] = {}
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=name, ExcludeColumnSchema=True
        )
        for page in pages:
            for partition in page["Partitions"]:
                value = partition["Values"][0]
                found[value] = _published(value, partition)
        return found

    def fingerprints(self, name: str) -> dict[str, str]:
        """Return the published fingerprints by partition value."""
        return {value: partition.fingerprint for value, partition in self.partitions(name).items()}

    def partition_key(self, name: str) -> str | None:
        """Return the name of the partition column, or None when the table has none or does not exist."""
        table = self.table(name)
        keys = table.get("PartitionKeys") if table else None
        return keys[0]["Name"] if keys else None

    def columns(self, name: str) -> tuple[Column, ...]:
        """Return the columns without the partition key.

        Raises:
            PermanentError: there is no such table.
        """
        table = self.table(name)
        if table is None:
            raise PermanentError(_missing(self.database, name))
        return tuple(Column(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"])

    def column_names(self, name: str) -> tuple[str, ...]:
        """Return the names of all columns, the partition keys last; empty when there is no such table."""
        table = self.table(name) or {"StorageDescriptor": {}}
        columns = [*table["StorageDescriptor"].get("Columns", ()), *table.get("PartitionKeys", ())]
        return tuple(column["Name"] for column in columns)

    def create_table(self, build: TableBuild, name: str, location: str) -> None:
        """Create an empty external table with the columns and the partition key of the build."""
        self.glue.create_table(DatabaseName=self.database, TableInput=table_input(build, name, location))

    def add_partitions(self, name: str, columns: Sequence[Column], built: Iterable[PartitionBuild]) -> None:
        """Add partitions that are not in the catalog yet."""
        for batch in batches(built):
            response = self.glue.batch_create_partition(
                DatabaseName=self.database,
                TableName=name,
                PartitionInputList=[partition_input(columns, partition) for partition in batch],
            )
            raise_on_errors(f"adding partitions to {self.database}.{name}", response)

    def parameter(self, name: str, key: str) -> str | None:
        """Return a parameter of the table, or None when the parameter or the table does not exist."""
        table = self.table(name)
        return (table.get("Parameters") or {}).get(key) if table else None

    def set_parameter(self, name: str, key: str, value: str) -> None:
        """Set one parameter of a published table. The other parameters stay as they are.

        Raises:
            PermanentError: there is no such table.
        """
        table = self.table(name)
        if table is None:
            raise PermanentError(_missing(self.database, name))
        wanted = {field: table[field] for field in TABLE_INPUT_FIELDS if field in table}
        wanted["Parameters"] = {**(table.get("Parameters") or {}), key: value}
        self.glue.update_table(DatabaseName=self.database, TableInput=wanted)

    def drop_table(self, name: str) -> None:
        """Remove a table from the catalog. Its files stay. Do nothing when there is no such table."""
        try:
            self.glue.delete_table(DatabaseName=self.database, Name=name)
        except self.glue.exceptions.EntityNotFoundException:
            return


def _missing(database: str, table: str) -> str:
    return f"table {database}.{table} is not in the Glue catalog; clear the build task of this table"


def _published(value: str, entry: dict[str, Any]) -> PublishedPartition:
    parameters = entry.get("Parameters") or {}
    rows, files, size = (int(parameters[key]) if key in parameters else None for key in ("rows", "files", "size"))
    return PublishedPartition(
        value=value,
        location=entry["StorageDescriptor"]["Location"],
        fingerprint=parameters.get(FINGERPRINT, ""),
        rows=rows,
        amount=parameters.get("amount"),
        largest_amount=parameters.get("largest_amount"),
        files=files,
        size=size,
    )


def statistics(built: PartitionBuild) -> dict[str, str]:
    """Return what is known of how much the partition holds, as Glue parameters."""
    found = {name: getattr(built, name) for name in STATISTICS}
    return {name: str(value) for name, value in found.items() if value is not None}


def table_input(
    build: TableBuild, name: str, location: str, parameters: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return Glue's TableInput for a build, with the table name `name`.

    A table without partitions stores how much it holds itself.
    """
    whole = statistics(build.partitions[0]) if build.partition_key is None and build.partitions else {}
    keys = [{"Name": build.partition_key.name, "Type": build.partition_key.type}] if build.partition_key else []
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": storage_descriptor(build.columns, location),
        "PartitionKeys": keys,
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE", **whole, **(parameters or {})},
    }


def partition_input(
    columns: Sequence[Column], built: PartitionBuild, previous: PublishedPartition | None = None
) -> dict[str, Any]:
    """Return Glue's PartitionInput. It stores the previous location and fingerprint: with them a publish is undone."""
    parameters = {FINGERPRINT: built.fingerprint, **statistics(built)}
    if previous is not None:
        parameters[PREVIOUS_LOCATION] = previous.location
        parameters[PREVIOUS_FINGERPRINT] = previous.fingerprint
    return {
        "Values": [built.value],
        "StorageDescriptor": storage_descriptor(columns, built.location),
        "Parameters": parameters,
    }


def raise_on_errors(doing: str, response: dict[str, Any]) -> None:
    """Raise an error if the response of a Glue batch call lists errors. Such a call answers 200 even then.

    Raises:
        RuntimeError: some partitions were refused; a retry may succeed.
    """
    errors = response.get("Errors")
    if not errors:
        return
    first = errors[0]
    values = first.get("PartitionValues") or first.get("PartitionValueList")
    detail = first.get("ErrorDetail", {})
    raise RuntimeError(
        f"{doing}: {len(errors)} refused, first {values}: {detail.get('ErrorCode')} {detail.get('ErrorMessage')}; "
        "clear this task to complete it"
    )
