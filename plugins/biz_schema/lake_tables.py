"""The form in which a table of the lake is declared: columns with type and meaning, grain and partition keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

MONEY_TYPE = "decimal(18,4)"
"""Money of one row in silver and facts."""

TOTAL_TYPE = "decimal(28,4)"
"""Money summed over all rows of a table."""


class LakeColumn(NamedTuple):
    """A column's Athena type and its meaning."""

    type: str
    meaning: str


@dataclass(frozen=True, eq=False)
class LakeTable:
    """One table of the lake.

    Attributes:
        name: name in the Glue catalog.
        about: what a row is, in one sentence.
        grain: the columns that make a row unique.
        columns: columns by name, in order; the partition keys come last.
        partition_keys: columns that are not in the files but in the names of their folders.
    """

    name: str
    about: str
    grain: tuple[str, ...]
    columns: dict[str, LakeColumn]
    partition_keys: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        """Spark's DDL of all columns."""
        return ", ".join(f"{name} {column.type}" for name, column in self.columns.items())

    @property
    def file_columns(self) -> dict[str, LakeColumn]:
        """The columns in the files: all but the partition keys."""
        return {name: column for name, column in self.columns.items() if name not in self.partition_keys}

    @property
    def file_schema(self) -> str:
        """Spark's DDL of the columns in the files."""
        return ", ".join(f"{name} {column.type}" for name, column in self.file_columns.items())
