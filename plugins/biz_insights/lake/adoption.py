"""Take over a lake whose tables an earlier version published directly, without slots and releases.

The catalog entries are copied to a slot, which becomes release 1. No file is moved. The views of readers then take the
place of the tables, one by one, and show the same rows.
"""

from __future__ import annotations

from collections.abc import Collection

from biz_insights.lake.catalog import Catalog, batches, raise_on_errors
from biz_insights.lake.slots import StoredTable, read_slot, write_table
from biz_schema.operations_tables import OPERATIONS_TABLES, PUBLISH_HISTORY

OLD_HISTORY = "publish_history_before_releases"
"""What `publish_history` of the earlier version is called afterwards: it has other partition keys."""


def directly_published(published: Catalog) -> dict[str, StoredTable]:
    """Return the data tables of the published database by name; empty where readers use views."""
    return {
        name: table
        for name, table in read_slot(published).items()
        if table.definition.get("TableType") != "VIRTUAL_VIEW" and name not in {*OPERATIONS_TABLES, OLD_HISTORY}
    }


def adopt(tables: dict[str, StoredTable], slot: Catalog) -> None:
    """Write the catalog entries of the tables to a slot. An interrupted adoption is completed by the next one."""
    present = read_slot(slot, tables)
    for name, table in tables.items():
        write_table(slot, name, table, present.get(name))


def set_history_aside(published: Catalog) -> None:
    """Rename `publish_history` if it is that of the earlier version. Its rows stay readable."""
    found = read_slot(published, [PUBLISH_HISTORY.name]).get(PUBLISH_HISTORY.name)
    if found is None or _keys(found) == list(PUBLISH_HISTORY.partition_keys):
        return
    # Each partition has two keys, which `StoredTable` does not hold: they are copied as Glue returns them.
    glue, database = published.glue, published.database
    if published.table(OLD_HISTORY) is None:
        glue.create_table(DatabaseName=database, TableInput={**found.definition, "Name": OLD_HISTORY})
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=PUBLISH_HISTORY.name)
    present = _values(published, OLD_HISTORY)
    for page in pages:
        inputs = [
            {
                "Values": partition["Values"],
                "StorageDescriptor": {
                    **found.definition["StorageDescriptor"],
                    "Location": partition["StorageDescriptor"]["Location"],
                },
            }
            for partition in page["Partitions"]
            if tuple(partition["Values"]) not in present
        ]
        for batch in batches(inputs):
            created = glue.batch_create_partition(
                DatabaseName=database, TableName=OLD_HISTORY, PartitionInputList=batch
            )
            raise_on_errors(f"copying {PUBLISH_HISTORY.name} to {OLD_HISTORY}", created)
    published.drop_table(PUBLISH_HISTORY.name)


def _keys(table: StoredTable) -> list[str]:
    return [key["Name"] for key in table.definition.get("PartitionKeys", ())]


def _values(catalog: Catalog, table: str) -> Collection[tuple[str, ...]]:
    pages = catalog.glue.get_paginator("get_partitions").paginate(DatabaseName=catalog.database, TableName=table)
    return {tuple(partition["Values"]) for page in pages for partition in page["Partitions"]}
