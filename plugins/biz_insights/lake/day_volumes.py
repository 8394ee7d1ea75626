"""How much each day of silver's order lines holds, as published and as it would be after a publish."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Protocol

from biz_insights.lake.catalog import PublishedPartition

COUNTED_FINGERPRINT = re.compile(r"([0-9]+)-[0-9a-f]{32}")
"""A fingerprint of the jobs (`spark_jobs/partitions.py`): it begins with the number of rows."""


class Counted(Protocol):
    """What the guard reads of a built partition: a `PartitionBuild` or a `Volume`."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def rows(self) -> int | None: ...
    @property
    def amount(self) -> str | None: ...
    @property
    def largest_amount(self) -> str | None: ...


@dataclass(frozen=True)
class DayVolume:
    """Rows, net sales and the largest line of one day; None where it is not known."""

    rows: int | None
    amount: Decimal | None
    largest_amount: Decimal | None


@dataclass(frozen=True)
class Volumes:
    """The days before and after a publish, by day.

    Attributes:
        before: the published days.
        after: the days that readers would see.
        changed: days whose content would be new or another one. A day that is built again from the same rows is not.
        newest: the last published day, or an empty text before the first publish.
    """

    before: Mapping[str, DayVolume]
    after: Mapping[str, DayVolume]
    changed: frozenset[str]
    newest: str


def volumes(
    published: Mapping[str, PublishedPartition], built: Mapping[str, Counted], removed: Collection[str]
) -> Volumes:
    """Return the days before and after a publish.

    Args:
        published: the published partitions by day.
        built: the built ones by day. Unchanged days may be among them (`Manifest.volumes`): they say how much a day
            holds that was published before this was stored.
        removed: days that the source no longer has.
    """
    unchanged = {day for day, part in built.items() if day in published and same(published[day], part)}
    before = {day: volume_of(built[day] if day in unchanged else part) for day, part in published.items()}
    kept = {day: volume for day, volume in before.items() if day not in set(removed)}
    after = kept | {day: volume_of(part) for day, part in built.items()}
    return Volumes(before, after, frozenset(built.keys() - unchanged), max(published, default=""))


def same(published: PublishedPartition, built: Counted) -> bool:
    """Return whether a built day has the rows of the published one."""
    return published.fingerprint == built.fingerprint


def volume_of(part: Counted) -> DayVolume:
    """Return how much a partition holds. The rows of an old partition are read from its fingerprint."""
    rows, counted = part.rows, COUNTED_FINGERPRINT.fullmatch(part.fingerprint)
    if rows is None and counted:
        rows = int(counted[1])
    return DayVolume(rows, _decimal(part.amount), _decimal(part.largest_amount))


def typical_rows(days: Iterable[DayVolume]) -> Decimal:
    """Return the median number of rows; 0 when there is none."""
    return Decimal(median([day.rows for day in days if day.rows is not None] or [0]))


def typical_amount(days: Iterable[DayVolume]) -> Decimal:
    """Return the median of the days' net sales, without sign; 0 when there is none."""
    return Decimal(median([abs(day.amount) for day in days if day.amount is not None] or [Decimal(0)]))


def _decimal(amount: str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
