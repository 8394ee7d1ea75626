"""A build: partitions that a job or a query has written to a fresh prefix and that nobody reads yet."""

from __future__ import annotations

from dataclasses import dataclass, field

UNPARTITIONED = ""
"""Partition value of a table without partitions: the table itself is what is repointed."""


@dataclass(frozen=True)
class Column:
    """A column of the catalog; ``type`` is Athena's name (``bigint``, ``decimal(18,4)``, ``array<string>``)."""

    name: str
    type: str


@dataclass(frozen=True)
class PartitionBuild:
    """One partition as built: where its files are, and the fingerprint of what it was made from."""

    value: str
    location: str
    fingerprint: str


@dataclass(frozen=True)
class TableBuild:
    """What a build would change in one published table: partitions to point to, values to take away.

    Attributes:
        table: published name.
        columns: all columns but the partition key, in file order.
        partition_key: the one key a published table may have, or None.
        partitions: built partitions (empty when only removals are due).
        removed: partition values that the source no longer has.
    """

    table: str
    columns: tuple[Column, ...]
    partition_key: Column | None
    partitions: tuple[PartitionBuild, ...]
    removed: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """True when publishing it would change nothing."""
        return not self.partitions and not self.removed
