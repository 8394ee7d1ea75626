"""Publish: point a table's partitions to what was built and audited. Nothing is written, nothing deleted.

Each partition changes in one catalog call, so a reader sees the old one or the new one. A publish that
stops half way is completed by running it again: partitions that already point to the build are left as
they are. The way back is the location that each partition remembers.
"""

from __future__ import annotations

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
"""Partitions BatchDeletePartition takes at most."""


@dataclass(frozen=True)
class Change:
    """One partition that a publish changed (``change``: added, replaced or removed)."""

    table: str
    partition: str
    change: str
    old_location: str
    new_location: str
    fingerprint: str


def stage(catalog: Catalog, build: TableBuild, candidate: str, location: str) -> None:
    """Make the build readable under a candidate name in the build database, for its audit."""
    catalog.drop_table(candidate)
    if build.partition_key is None:
        catalog.create_table(build, candidate, build.partitions[0].location)
        return
    catalog.create_table(build, candidate, location)
    catalog.add_partitions(candidate, build.columns, build.partitions)


def publish(catalog: Catalog, build: TableBuild, location: str) -> list[Change]:
    """Point the published table to the build; returns what changed.

    The table is there afterwards even when the build has no partition: readers can select from every published table,
    whatever the source holds.

    Args:
        catalog: the published database.
        build: audited build.
        location: root prefix of the table (partitions lie anywhere).
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


def new_columns(catalog: Catalog, build: TableBuild) -> tuple[str, ...]:
    """Return the build's columns that the published table does not have yet; none before its first publish."""
    published = catalog.column_names(build.table)
    return tuple(column.name for column in build.columns if published and column.name not in published)


def removal_of(catalog: Catalog, table: str) -> list[Change]:
    """Return what dropping a published table changes: each partition with its location; nothing without a table."""
    partitions = catalog.partitions(table).values()
    return [Change(table, p.value, "removed", p.location, "", p.fingerprint) for p in partitions]


def _same(published: PublishedPartition, built: PartitionBuild) -> bool:
    return published.location == built.location and published.fingerprint == built.fingerprint


def _align_table(catalog: Catalog, build: TableBuild, location: str) -> None:
    """Create the published table, or give it the build's columns where they differ."""
    table = catalog.table(build.table)
    if table is None:
        catalog.create_table(build, build.table, location)
    elif catalog.columns(build.table) != build.columns:
        catalog.glue.update_table(DatabaseName=catalog.database, TableInput=table_input(build, build.table, location))


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
    """A table without partitions is repointed itself."""
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
