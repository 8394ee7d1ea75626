"""A build: partitions that a job or a query has written below a new prefix and that are not published yet."""

from __future__ import annotations

from dataclasses import dataclass, field

UNPARTITIONED = ""
"""Partition value of a table without partitions. A publish changes the location of the table itself."""


@dataclass(frozen=True)
class Column:
    """A column of the catalog. `type` is Athena's name of the type (`bigint`, `decimal(18,4)`, `array<string>`)."""

    name: str
    type: str


@dataclass(frozen=True)
class PartitionBuild:
    """One built partition: its value, the location of its files, and the fingerprint of what it was made from.

    What is not known is None.

    Attributes:
        rows: number of rows.
        amount: silver's order lines: net sales of the day without test orders, an exact decimal text.
        largest_amount: the amount of one line that is farthest from zero, without its sign, in the same form.
        files: number of files (`lake.file_sizes.measured` adds it and the size).
        size: bytes of the files.
    """

    value: str
    location: str
    fingerprint: str
    rows: int | None = None
    amount: str | None = None
    largest_amount: str | None = None
    files: int | None = None
    size: int | None = None


@dataclass(frozen=True)
class Volume:
    """How much a partition holds after a run, built or unchanged; fields as in `PartitionBuild`."""

    fingerprint: str
    rows: int | None = None
    amount: str | None = None
    largest_amount: str | None = None


@dataclass(frozen=True)
class TableBuild:
    """The build of one table: partitions to publish and partitions to remove.

    Attributes:
        table: published name.
        columns: all columns except the partition key, in the order of the files.
        partition_key: the partition key, or None; a published table has at most one.
        partitions: built partitions; empty when partitions are only removed.
        removed: partition values that the source no longer has.
    """

    table: str
    columns: tuple[Column, ...]
    partition_key: Column | None
    partitions: tuple[PartitionBuild, ...]
    removed: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Return whether the build has nothing to publish and nothing to remove."""
        return not self.partitions and not self.removed
