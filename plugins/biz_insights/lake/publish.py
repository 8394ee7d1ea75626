"""Publish: point the partitions of a table to what was built and audited. No file is written or deleted.

Each partition changes in one catalog call, so a reader sees the old partition or the new one. Run an interrupted
publish again to complete it: partitions that already point to the build do not change. Each partition stores its
previous location, so a publish can be undone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from biz_insights.lake.builds import UNPARTITIONED, PartitionBuild, TableBuild
from biz_insights.lake.catalog import (
    FINGERPRINT,
    PREVIOUS_FINGERPRINT,
    PREVIOUS_LOCATION,
    Catalog,
    PublishedPartition,
    batches,
    partition_input,
    raise_on_errors,
    table_input,
)

REMOVALS_PER_CALL = 25
"""The most partitions that one call of BatchDeletePartition accepts."""


@dataclass(frozen=True)
class Change:
    """One partition that a publish changed. `change` is added, replaced or removed."""

    table: str
    partition: str
    change: str
    old_location: str
    new_location: str
    fingerprint: str


def stage(catalog: Catalog, build: TableBuild, candidate: str, location: str) -> None:
    """Create a table in the build database, named `candidate`, through which the audit reads the build."""
    catalog.drop_table(candidate)
    if build.partition_key is None:
        catalog.create_table(build, candidate, build.partitions[0].location)
        return
    catalog.create_table(build, candidate, location)
    catalog.add_partitions(candidate, build.columns, build.partitions)


def publish(catalog: Catalog, build: TableBuild, location: str) -> list[Change]:
    """Point the published table to the build. Return what changed.

    The table is created even when the build has no partition, so readers can always select from it.

    Args:
        catalog: the published database.
        build: audited build.
        location: location of the table; its partitions have locations of their own.
    """
    if build.partition_key is None:
        return _publish_whole(catalog, build) if build.partitions else []
    _align_table(catalog, build, location)
    published = catalog.partitions(build.table)
    added = [p for p in build.partitions if p.value not in published]
    replaced = [p for p in build.partitions if p.value in published and not _same(published[p.value], p)]
    removed = [published[value] for value in build.removed if value in published]
    catalog.add_partitions(build.table, build.columns, added)
    _replace(catalog, build, replaced, published)
    _remove(catalog, build.table, removed)
    return [
        *(Change(build.table, p.value, "added", "", p.location, p.fingerprint) for p in added),
        *(
            Change(build.table, p.value, "replaced", published[p.value].location, p.location, p.fingerprint)
            for p in replaced
        ),
        *(Change(build.table, p.value, "removed", p.location, "", p.fingerprint) for p in removed),
    ]


def forget_fingerprints(catalog: Catalog, table: str, values: Collection[str]) -> None:
    """Take the fingerprint from partitions, so that the next run takes them for changed and builds them again."""
    if UNPARTITIONED in values:
        catalog.set_parameter(table, FINGERPRINT, "")
        return
    columns = catalog.columns(table)
    published = catalog.partitions(table)
    for batch in batches(value for value in sorted(values) if value in published):
        entries = [
            {
                "PartitionValueList": [value],
                "PartitionInput": partition_input(
                    columns, PartitionBuild(value, published[value].location, fingerprint="")
                ),
            }
            for value in batch
        ]
        response = catalog.glue.batch_update_partition(DatabaseName=catalog.database, TableName=table, Entries=entries)
        raise_on_errors(f"marking partitions of {table}", response)


def new_columns(catalog: Catalog, build: TableBuild) -> tuple[str, ...]:
    """Return the columns of the build that the published table lacks; empty before the first publish."""
    published = catalog.column_names(build.table)
    return tuple(column.name for column in build.columns if published and column.name not in published)


def removal_of(catalog: Catalog, table: str) -> list[Change]:
    """Return what dropping a published table removes: each partition with its location; empty without a table."""
    partitions = catalog.partitions(table).values()
    return [Change(table, p.value, "removed", p.location, "", p.fingerprint) for p in partitions]


def remove_partitions(catalog: Catalog, table: str, values: Collection[str]) -> None:
    """Remove partitions of a table from the catalog. Their files stay. Values that it does not have are left out."""
    published = catalog.partitions(table)
    _remove(catalog, table, [published[value] for value in sorted(values) if value in published])


def _same(published: PublishedPartition, built: PartitionBuild) -> bool:
    return published.location == built.location and published.fingerprint == built.fingerprint


def _align_table(catalog: Catalog, build: TableBuild, location: str) -> None:
    """Create the published table, or update its columns when those of the build differ."""
    table = catalog.table(build.table)
    if table is None:
        catalog.create_table(build, build.table, location)
    elif catalog.columns(build.table) != build.columns:
        # The parameters say what the table was built from: they stay when its columns change.
        parameters = table.get("Parameters") or {}
        catalog.glue.update_table(
            DatabaseName=catalog.database, TableInput=table_input(build, build.table, location, parameters)
        )


def _replace(
    catalog: Catalog,
    build: TableBuild,
    replaced: list[PartitionBuild],
    published: dict[str, PublishedPartition],
) -> None:
    for batch in batches(replaced):
        response = catalog.glue.batch_update_partition(
            DatabaseName=catalog.database,
            TableName=build.table,
            Entries=[
                {
                    "PartitionValueList": [p.value],
                    "PartitionInput": partition_input(build.columns, p, published[p.value]),
                }
                for p in batch
            ],
        )
        raise_on_errors(f"publishing {build.table}", response)


def _remove(catalog: Catalog, table: str, removed: list[PublishedPartition]) -> None:
    for batch in batches(removed, REMOVALS_PER_CALL):
        response = catalog.glue.batch_delete_partition(
            DatabaseName=catalog.database,
            TableName=table,
            PartitionsToDelete=[{"Values": [p.value]} for p in batch],
        )
        raise_on_errors(f"removing partitions of {table}", response)


def _publish_whole(catalog: Catalog, build: TableBuild) -> list[Change]:
    """Publish a table without partitions: change the location of the table itself."""
    (built,) = build.partitions
    parameters = {FINGERPRINT: built.fingerprint}
    previous = catalog.partitions(build.table).get(UNPARTITIONED)
    if previous is None:
        catalog.glue.create_table(
            DatabaseName=catalog.database,
            TableInput=table_input(build, build.table, built.location, parameters),
        )
        return [Change(build.table, "", "added", "", built.location, built.fingerprint)]
    if _same(previous, built):
        return []
    parameters |= {PREVIOUS_LOCATION: previous.location, PREVIOUS_FINGERPRINT: previous.fingerprint}
    catalog.glue.update_table(
        DatabaseName=catalog.database, TableInput=table_input(build, build.table, built.location, parameters)
    )
    return [Change(build.table, "", "replaced", previous.location, built.location, built.fingerprint)]
