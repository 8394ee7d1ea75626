"""Which objects of a lake may be deleted: what nothing names any more, by kind and age. Pure functions.

Objects are judged in units: a folder of data, an export, the report of a run. A unit goes as a whole, when its newest
object is older than its kind allows and nothing that is needed is in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from biz_insights.lake.objects import StoredObject
from biz_insights.lake.references import References

LAYERS = ("bronze", "silver", "gold", "build", "scores")
"""Folders that jobs and queries write to. `build` is where an earlier version built gold."""

HISTORY_ONLY = frozenset({"ops/data_quality_results", "ops/publish_history"})
"""Folders of operations tables: what a repeated audit or a compaction has replaced."""

AUDIT_RECORDS = "audit records"

_RELEASE = re.compile(r"\d{6,}-.+")


@dataclass(frozen=True)
class Ages:
    """Days after which each kind goes; see the settings of the same names."""

    retention_days: int
    landing_days: int
    quality_days: int


@dataclass(frozen=True)
class Unit:
    """What is deleted as a whole: its kind, its address (a folder, or one object) and the days it stays."""

    kind: str
    uri: str
    days: int


@dataclass(frozen=True)
class Leftover:
    """A unit that may be deleted, with its objects."""

    unit: Unit
    objects: tuple[StoredObject, ...]

    @property
    def size(self) -> int:
        """Return the bytes of the objects."""
        return sum(stored.size for stored in self.objects)


def unit_of(uri: str, ages: Ages) -> Unit | None:
    """Return the unit of an object; None for an object that maintenance never deletes.

    >>> unit_of("s3://lake/landing/bi-1/restaurant/part-0.parquet", Ages(35, 7, 365)).uri
    's3://lake/landing/bi-1/'
    """
    scheme_and_bucket, key = uri[: uri.index("/", 5) + 1], uri[uri.index("/", 5) + 1 :]
    top, *rest = key.split("/")
    folder = uri.rpartition("/")[0] + "/"
    if not rest:
        return None
    if top == "landing":
        return (
            Unit("landing exports", f"{scheme_and_bucket}landing/{rest[0]}/", ages.landing_days) if rest[1:] else None
        )
    if top == "athena-results":
        return Unit("query results", uri, ages.landing_days)
    if top in LAYERS:
        return _in_layer(top, rest, uri, folder, ages)
    if top == "ops":
        return _of_operations(rest, folder, ages)
    if top == "quality" and rest[0].startswith("run="):
        return Unit("quality reports", f"{scheme_and_bucket}quality/{rest[0]}/", ages.quality_days)
    if top == "releases" and rest[1:] and _RELEASE.fullmatch(rest[0]):
        return Unit("release records", f"{scheme_and_bucket}releases/{rest[0]}/", ages.retention_days)
    return None


def _in_layer(layer: str, rest: list[str], uri: str, folder: str, ages: Ages) -> Unit:
    if len(rest) == 1 or (rest[0] == "tables" and len(rest) == 2):
        return Unit("temporary query files", uri, ages.landing_days)
    if rest[0] == "_plan":
        return Unit("plans", folder, ages.retention_days)
    return Unit(f"unreferenced {layer} files", folder, ages.retention_days)


def _of_operations(rest: list[str], folder: str, ages: Ages) -> Unit | None:
    if rest[0] == "audits":
        return Unit(AUDIT_RECORDS, folder, ages.retention_days)
    if f"ops/{rest[0]}" in HISTORY_ONLY and len(rest) > 2:
        return Unit("replaced operations files", folder, ages.landing_days)
    if rest[0] == "maintenance":
        return Unit("maintenance reports", folder, ages.quality_days)
    return None


def leftovers(
    objects: Iterable[StoredObject],
    needed: References,
    ages: Ages,
    now: datetime,
    running_exports: Collection[str] = (),
) -> list[Leftover]:
    """Return what may be deleted, sorted by address.

    Args:
        objects: all objects of the lake.
        needed: what must stay.
        ages: days that each kind stays.
        now: the time that ages are counted to.
        running_exports: names of exports that RDS is writing.
    """
    by_unit: dict[Unit, list[StoredObject]] = defaultdict(list)
    for stored in objects:
        if unit := unit_of(stored.uri, ages):
            by_unit[unit].append(stored)
    found = []
    for unit, stored_here in by_unit.items():
        newest = max(stored.modified for stored in stored_here)
        is_running = unit.kind == "landing exports" and unit.uri.rstrip("/").rpartition("/")[2] in running_exports
        if newest < now - timedelta(days=unit.days) and not is_running and not is_needed(unit, stored_here, needed):
            found.append(Leftover(unit, tuple(stored_here)))
    return sorted(found, key=lambda leftover: leftover.unit.uri)


def is_needed(unit: Unit, objects: Iterable[StoredObject], needed: References) -> bool:
    """Return whether a unit, or any of its objects, is needed."""
    return needed.need(unit.uri) or any(needed.need(stored.uri) for stored in objects)


def by_kind(found: Iterable[Leftover]) -> dict[str, dict[str, int]]:
    """Return objects and bytes by kind, sorted by kind."""
    totals: dict[str, dict[str, int]] = {}
    for leftover in sorted(found, key=lambda each: each.unit.kind):
        total = totals.setdefault(leftover.unit.kind, {"objects": 0, "bytes": 0})
        total["objects"] += len(leftover.objects)
        total["bytes"] += leftover.size
    return totals


def by_folder(objects: Iterable[StoredObject]) -> dict[str, dict[str, int]]:
    """Return objects and bytes by the first folder of the lake, and their total under `all`."""
    totals: dict[str, dict[str, int]] = {}
    for stored in objects:
        key = stored.uri[stored.uri.index("/", 5) + 1 :]
        for name in (key.partition("/")[0], "all"):
            total = totals.setdefault(name, {"objects": 0, "bytes": 0})
            total["objects"] += 1
            total["bytes"] += stored.size
    return dict(sorted(totals.items()))
