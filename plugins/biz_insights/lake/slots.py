"""The two slots: Glue databases that hold the same tables. Readers see one of them, and a run changes the other.

`biz_insights_a` and `biz_insights_b` hold the tables; `biz_insights` holds views over both (`reader_views`). A run
copies the catalog entries of the slot that readers see to the other slot, publishes there, and then switches all
readers with one call (`releases`). Only catalog entries are copied: both slots point to the same files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from biz_insights.lake.builds import UNPARTITIONED
from biz_insights.lake.catalog import FINGERPRINT, TABLE_INPUT_FIELDS, Catalog, batches, raise_on_errors
from biz_insights.lake.publish import REMOVALS_PER_CALL, Change

TABLES_AT_ONCE = 6
"""Tables that are read and copied at the same time. Most of the time is waiting for Glue."""


@dataclass(frozen=True)
class StoredPartition:
    """A partition as the catalog stores it."""

    location: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class StoredTable:
    """A table as the catalog stores it: its TableInput, and its partitions by value (none without a partition key)."""

    definition: Mapping[str, Any]
    partitions: Mapping[str, StoredPartition]

    @property
    def contents(self) -> dict[str, StoredPartition]:
        """The partitions; a table without a partition key has one entry, `UNPARTITIONED`."""
        if self.definition.get("PartitionKeys"):
            return dict(self.partitions)
        location = self.definition["StorageDescriptor"]["Location"]
        return {UNPARTITIONED: StoredPartition(location, self.definition.get("Parameters") or {})}


def read_slot(catalog: Catalog, names: Iterable[str] | None = None) -> dict[str, StoredTable]:
    """Return the tables of a slot by name: all of them, or those of `names` that exist."""
    wanted = None if names is None else set(names)
    found = {
        table["Name"]: _definition(table)
        for page in catalog.glue.get_paginator("get_tables").paginate(DatabaseName=catalog.database)
        for table in page["TableList"]
        if wanted is None or table["Name"] in wanted
    }
    with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
        partitions = pool.map(lambda name: _partitions(catalog, name, found[name]), found)
        return {name: StoredTable(found[name], of_table) for name, of_table in zip(found, partitions, strict=True)}


def copy_slot(source: Catalog, target: Catalog, names: Iterable[str] | None = None) -> list[str]:
    """Make the tables of `target` equal to those of `source`. Return the names of the tables that differed.

    An interrupted copy is completed by the next one.

    Args:
        names: tables to compare; None compares all tables of both slots.
    """
    wanted = None if names is None else list(names)
    before, after = read_slot(target, wanted), read_slot(source, wanted)
    different = differing_tables(before, after)
    with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
        list(pool.map(lambda name: write_table(target, name, after.get(name), before.get(name)), different))
    return different


def write_table(target: Catalog, name: str, after: StoredTable | None, before: StoredTable | None = None) -> None:
    """Make one table of the catalog equal to `after` (None: remove it). `before` is what the catalog has now."""
    if after is None:
        target.drop_table(name)
        return
    if before is not None and before.definition.get("PartitionKeys") != after.definition.get("PartitionKeys"):
        target.drop_table(name)
        before = None
    if before is None:
        target.glue.create_table(DatabaseName=target.database, TableInput=after.definition)
    elif before.definition != after.definition:
        target.glue.update_table(DatabaseName=target.database, TableInput=after.definition)
    _copy_partitions(target, name, before.partitions if before else {}, after)


def differing_tables(before: Mapping[str, StoredTable], after: Mapping[str, StoredTable]) -> list[str]:
    """Return the names of the tables that differ in anything: also in a column or a parameter, or with no partition."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def differences(before: Mapping[str, StoredTable], after: Mapping[str, StoredTable]) -> list[Change]:
    """Return what readers see change when they move from one slot to the other: one entry for each partition."""
    changes = []
    for name in sorted(before.keys() | after.keys()):
        old = before[name].contents if name in before else {}
        new = after[name].contents if name in after else {}
        for value in sorted(old.keys() | new.keys()):
            was, now = old.get(value), new.get(value)
            if was is None and now is not None:
                changes.append(Change(name, value, "added", "", now.location, _fingerprint(now)))
            elif now is None and was is not None:
                changes.append(Change(name, value, "removed", was.location, "", _fingerprint(was)))
            elif was is not None and now is not None and _content(was) != _content(now):
                changes.append(Change(name, value, "replaced", was.location, now.location, _fingerprint(now)))
    return changes


def _content(partition: StoredPartition) -> tuple[str, str]:
    return partition.location, _fingerprint(partition)


def _fingerprint(partition: StoredPartition) -> str:
    return partition.parameters.get(FINGERPRINT, "")


def _definition(table: Mapping[str, Any]) -> dict[str, Any]:
    return {field: table[field] for field in TABLE_INPUT_FIELDS if field in table}


def _partitions(catalog: Catalog, name: str, definition: Mapping[str, Any]) -> dict[str, StoredPartition]:
    if not definition.get("PartitionKeys"):
        return {}
    pages = catalog.glue.get_paginator("get_partitions").paginate(
        DatabaseName=catalog.database, TableName=name, ExcludeColumnSchema=True
    )
    return {
        partition["Values"][0]: StoredPartition(
            partition["StorageDescriptor"]["Location"], partition.get("Parameters") or {}
        )
        for page in pages
        for partition in page["Partitions"]
    }


def _copy_partitions(target: Catalog, name: str, before: Mapping[str, StoredPartition], after: StoredTable) -> None:
    glue, where = target.glue, {"DatabaseName": target.database, "TableName": name}

    def inputs(is_due: Callable[[str], bool]) -> list[dict[str, Any]]:
        return [_input(after, value) for value in after.partitions if is_due(value)]

    for batch in batches(value for value in before if value not in after.partitions):
        for few in batches(batch, REMOVALS_PER_CALL):
            removed = glue.batch_delete_partition(**where, PartitionsToDelete=[{"Values": [value]} for value in few])
            raise_on_errors(f"removing partitions of {name}", removed)
    for batch in batches(inputs(lambda value: value not in before)):
        raise_on_errors(f"copying {name}", glue.batch_create_partition(**where, PartitionInputList=batch))
    for batch in batches(inputs(lambda value: value in before and before[value] != after.partitions[value])):
        entries = [{"PartitionValueList": entry["Values"], "PartitionInput": entry} for entry in batch]
        raise_on_errors(f"copying {name}", glue.batch_update_partition(**where, Entries=entries))


def _input(table: StoredTable, value: str) -> dict[str, Any]:
    partition = table.partitions[value]
    descriptor = {**table.definition["StorageDescriptor"], "Location": partition.location}
    return {"Values": [value], "StorageDescriptor": descriptor, "Parameters": dict(partition.parameters)}
