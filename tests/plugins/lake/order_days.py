"""Days of order lines for tests of the volume guard: as built, and as published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from biz_insights.lake.builds import Volume
from biz_insights.lake.catalog import PublishedPartition
from biz_insights.lake.volume_guard import VolumeReport, volume_report
from biz_insights.settings import Settings

FIRST = date(2023, 1, 1)


def day(number: int) -> str:
    """The day `number` of the source; the first is 0."""
    return (FIRST + timedelta(number)).isoformat()


def volume(rows: int, price: str = "10.00", largest: str | None = None) -> Volume:
    """A day with lines of one price, and perhaps a larger one on top."""
    amount = rows * Decimal(price) + (Decimal(largest) if largest else 0)
    return Volume(f"{rows}-{price}-{largest}", rows + (largest is not None), str(amount), largest or price)


def shop(days: int, rows: int = 40) -> dict[str, Volume]:
    """A shop with as many lines every day."""
    return {day(number): volume(rows) for number in range(days)}


def published(built: Mapping[str, Volume]) -> dict[str, PublishedPartition]:
    """The days as a catalog has them after a publish."""
    return {
        value: PublishedPartition(
            value, f"s3://lake/{value}/", part.fingerprint, part.rows, part.amount, part.largest_amount
        )
        for value, part in built.items()
    }


def report(
    before: Mapping[str, Volume],
    built: Mapping[str, Volume],
    removed: Iterable[str] = (),
    process_date: str | None = None,
    **settings: float,
) -> VolumeReport:
    """What the guard says on the morning after the last day, unless a process date is given."""
    last = process_date or max([*before, *built])
    return volume_report(published(before), built, list(removed), last, Settings(**settings))


def from_lines(lines: Iterable[tuple[str, Decimal]]) -> dict[str, Volume]:
    """The days of lines, each a day and an amount."""
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for value, amount in lines:
        amounts[value].append(amount)
    return {
        value: Volume(f"{len(found)}-{sum(found)}", len(found), str(sum(found)), str(max(map(abs, found))))
        for value, found in amounts.items()
    }
