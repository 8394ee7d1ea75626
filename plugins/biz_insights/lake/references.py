"""What the lake still needs: every location that a catalog, the publish history or a pinned partition names.

One function, `References.need`, decides whether something may be deleted. All deletions ask it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from biz_insights.lake.holds import hold_of
from biz_insights.lake.slots import StoredTable
from biz_insights.lake.table_parameters import HELD

_RUN = re.compile(r"^(s3://[^/]+/[^/]+/)[^/]+/(run=[^/]+/)")


@dataclass(frozen=True)
class References:
    """Addresses that may not be deleted.

    Attributes:
        below: locations of data: everything below them is needed.
        directly: locations of tables whose data is in partitions: only objects directly in them are needed.
    """

    below: frozenset[str]
    directly: frozenset[str] = frozenset()

    def need(self, uri: str) -> bool:
        """Return whether an object or a prefix (with a slash at its end) is needed, or contains what is needed."""
        if uri in self._around:
            return True
        folder = uri.rpartition("/")[0] + "/"
        if folder in self.directly:
            return True
        while folder.count("/") > 2:
            if folder in self.below:
                return True
            folder = _parent(folder)
        return False

    @cached_property
    def _around(self) -> frozenset[str]:
        """Return the locations and all folders that contain one."""
        found: set[str] = set()
        for folder in self.below | self.directly:
            while folder.count("/") > 2 and folder not in found:
                found.add(folder)
                folder = _parent(folder)
        return frozenset(found)


def references(locations: Iterable[str], roots: Iterable[str] = ()) -> References:
    """Return the references to locations of data, and to locations of partitioned tables.

    What one job run wrote is needed together with the run's manifest.
    """
    below = {_folder(location) for location in locations if location}
    manifests = {f"{found[1]}_manifest/{found[2]}" for location in below if (found := _RUN.match(location))}
    return References(frozenset(below | manifests), frozenset(_folder(root) for root in roots if root))


def catalog_locations(tables: Mapping[str, StoredTable]) -> tuple[set[str], set[str]]:
    """Return the locations of data of catalog tables, and the locations of those of them that have partitions."""
    below: set[str] = set()
    roots: set[str] = set()
    for table in tables.values():
        location = (table.definition.get("StorageDescriptor") or {}).get("Location") or ""
        if table.definition.get("PartitionKeys"):
            roots.add(location)
            below |= {partition.location for partition in table.partitions.values()}
        else:
            below.add(location)
    return below, roots


def held_partitions(tables: Mapping[str, StoredTable]) -> set[tuple[str, str]]:
    """Return the partitions that an operator has pinned, as (table, value): those of `lake.holds`, absent ones too.

    A partition that has a parameter with such a name itself is pinned as well.
    """
    found: set[tuple[str, str]] = set()
    for name, table in tables.items():
        hold = hold_of(table.definition.get("Parameters") or {})
        found |= {(name, value) for value in (hold.partitions if hold else ())}
        found |= {(name, value) for value, part in table.partitions.items() if _is_held(part.parameters)}
    return found


def history_locations(rows: Sequence[Mapping[str, Any]], since: datetime, held: set[tuple[str, str]]) -> set[str]:
    """Return the locations that the publish history names: since a moment, and at any time for pinned partitions.

    With them every state since that moment can be published again: a partition that was replaced later has its
    earlier location in the row of the replacement.
    """
    return {
        row[side]
        for row in rows
        if row["published_at"] >= since or (row["table_name"], row["partition"]) in held
        for side in ("old_location", "new_location")
        if row[side]
    }


def _is_held(parameters: Mapping[str, str]) -> bool:
    return any(name.startswith(HELD) and value not in ("", "false") for name, value in parameters.items())


def _parent(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[0] + "/"


def _folder(location: str) -> str:
    return location if location.endswith("/") else f"{location}/"
