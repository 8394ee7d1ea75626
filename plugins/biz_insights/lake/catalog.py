"""The Glue catalog as the pipeline uses it: published tables, their partitions, candidate tables.

A published table is an external Parquet table with at most one partition key. Where each partition points,
and the fingerprint of what it was made from, stand in the partition itself (for a table without
partitions, in the table), so that the catalog alone says what is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.lake.builds import UNPARTITIONED, Column, PartitionBuild, TableBuild

BATCH = 100
"""Partitions a Glue batch call takes at most."""

TABLE_INPUT_FIELDS = ("Name", "Description", "TableType", "StorageDescriptor", "PartitionKeys", "Parameters")
"""What UpdateTable takes back of what GetTable gives."""

FINGERPRINT = "fingerprint"
PREVIOUS_FINGERPRINT = "previous_fingerprint"
PREVIOUS_LOCATION = "previous_location"


@dataclass(frozen=True)
class PublishedPartition:
    """A partition that readers see."""

    value: str
    location: str
    fingerprint: str


def storage_descriptor(columns: Sequence[Column], location: str) -> dict[str, Any]:
    """Glue's description of Parquet files at ``location``."""
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
    """Consecutive lists of at most ``size`` items."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class Catalog:
    """One Glue database, through a boto3 Glue client (see `short_partition_responses`)."""

    def __init__(self, glue: Any, database: str) -> None:
        self.glue = glue
        self.database = database

    def table(self, name: str) -> dict[str, Any] | None:
        """Glue's table, or None where there is none."""
        try:
            return self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None

    def partitions(self, name: str) -> dict[str, PublishedPartition]:
        """Partitions by value; one under ``""`` for a table without partitions; none where no table is."""
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
        """Published fingerprint by partition value."""
        return {value: partition.fingerprint for value, partition in self.partitions(name).items()}

    def partition_key(self, name: str) -> str | None:
        """Name of the table's partition column; None for a table without, or for no table."""
        table = self.table(name)
        keys = table.get("PartitionKeys") if table else None
        return keys[0]["Name"] if keys else None

    def columns(self, name: str) -> tuple[Column, ...]:
        """Columns without the partition key.

        Raises:
            PermanentError: there is no such table.
        """
        table = self.table(name)
        if table is None:
            raise PermanentError(f"table {self.database}.{name} is not in the Glue catalog")
        return tuple(Column(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"])

    def column_names(self, name: str) -> tuple[str, ...]:
        """Names of all columns, the partition keys last; none where there is no such table."""
        table = self.table(name) or {"StorageDescriptor": {}}
        columns = [*table["StorageDescriptor"].get("Columns", ()), *table.get("PartitionKeys", ())]
        return tuple(column["Name"] for column in columns)

    def create_table(self, build: TableBuild, name: str, location: str) -> None:
        """Create an empty external table of the build's shape."""
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
        """A parameter of the table, None where it or the table is missing."""
        table = self.table(name)
        return (table.get("Parameters") or {}).get(key) if table else None

    def set_parameter(self, name: str, key: str, value: str) -> None:
        """Set one parameter of a published table, leaving the others as they are."""
        table = self.table(name)
        if table is None:
            raise PermanentError(f"table {self.database}.{name} is not in the Glue catalog")
        kept = {field: table[field] for field in TABLE_INPUT_FIELDS if field in table}
        kept["Parameters"] = {**(table.get("Parameters") or {}), key: value}
        self.glue.update_table(DatabaseName=self.database, TableInput=kept)

    def drop_table(self, name: str) -> None:
        """Forget a table (its files stay); silent where there is none."""
        try:
            self.glue.delete_table(DatabaseName=self.database, Name=name)
        except self.glue.exceptions.EntityNotFoundException:
            return


def _published(value: str, entry: dict[str, Any]) -> PublishedPartition:
    parameters = entry.get("Parameters") or {}
    return PublishedPartition(value, entry["StorageDescriptor"]["Location"], parameters.get(FINGERPRINT, ""))


def table_input(
    build: TableBuild, name: str, location: str, parameters: dict[str, str] | None = None
) -> dict[str, Any]:
    """Glue's TableInput for a build under ``name``."""
    keys = [{"Name": build.partition_key.name, "Type": build.partition_key.type}] if build.partition_key else []
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": storage_descriptor(build.columns, location),
        "PartitionKeys": keys,
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE", **(parameters or {})},
    }


def partition_input(
    columns: Sequence[Column], built: PartitionBuild, previous: PublishedPartition | None = None
) -> dict[str, Any]:
    """Glue's PartitionInput; it remembers what it replaces, which is the way back."""
    parameters = {FINGERPRINT: built.fingerprint}
    if previous is not None:
        parameters[PREVIOUS_LOCATION] = previous.location
        parameters[PREVIOUS_FINGERPRINT] = previous.fingerprint
    return {
        "Values": [built.value],
        "StorageDescriptor": storage_descriptor(columns, built.location),
        "Parameters": parameters,
    }


def raise_on_errors(doing: str, response: dict[str, Any]) -> None:
    """Glue's batch calls answer 200 with a list of errors: raise on the first.

    Raises:
        RuntimeError: an error that a retry may cure.
    """
    errors = response.get("Errors")
    if not errors:
        return
    first = errors[0]
    values = first.get("PartitionValues") or first.get("PartitionValueList")
    detail = first.get("ErrorDetail", {})
    raise RuntimeError(
        f"{doing}: {len(errors)} refused, first {values}: {detail.get('ErrorCode')} {detail.get('ErrorMessage')}"
    )
