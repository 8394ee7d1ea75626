"""Values that are implausible whatever was published before: one line worth a large part of all sales, a day far away.

They are looked for in days whose rows changed, so what an operator has accepted is not reported again. A source with
few rows has no typical line and no typical day: it is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from biz_insights.lake.day_volumes import Volumes, typical_amount, typical_rows

LEAST_ROWS, LEAST_DAYS = 1000, 30
"""The least rows and days of a source that is judged."""

LINE_PERCENT = 10
"""A line is implausible beyond this share of all net sales (the typical day's, for each day) …"""

LINE_RATIO = 1000
"""… if it is also this many times as large as the typical line. The share alone would find a small shop's catering."""

GAP_DAYS = 400
"""Days without an order around a period that is far from the rest. A shop that closes for a year is not."""

FAR_PERCENT = 1
"""The most rows, in percent of all, of a period that is far from the rest by mistake."""


@dataclass(frozen=True)
class Implausible:
    """A day with an implausible value, and the reason in words."""

    day: str
    reason: str


def implausible_values(volumes: Volumes) -> list[Implausible]:
    """Return the changed days with an implausible line, and the new days far from the rest; by date."""
    rows = sum(day.rows or 0 for day in volumes.after.values())
    if rows < LEAST_ROWS or len(volumes.after) < LEAST_DAYS:
        return []
    return sorted([*_large_lines(volumes), *_far_days(volumes, rows)], key=lambda found: found.day)


def _large_lines(volumes: Volumes) -> Iterator[Implausible]:
    """Yield days with a line that is too large. The typical day is a median: many such lines do not hide each other.

    A line up to the largest published one is not reported: an operator has accepted that size. So a chain that begins
    to sell in a currency with large numbers is asked once.
    """
    days = [day for day in volumes.after.values() if day.amount is not None]
    daily, rows = typical_amount(days), typical_rows(days)
    everything = daily * len(days)
    accepted = max((day.largest_amount or Decimal(0) for day in volumes.before.values()), default=Decimal(0))
    limit = max(everything * LINE_PERCENT / 100, LINE_RATIO * daily / max(rows, Decimal(1)), accepted)
    if not everything:
        return
    for day in volumes.changed:
        largest = volumes.after[day].largest_amount
        if largest is not None and largest > limit:
            yield Implausible(
                day,
                f"one line of {largest:,.2f} is {largest * 100 / everything:,.0f} % of the net sales of "
                f"{len(days):,} typical days",
            )


def _far_days(volumes: Volumes, all_rows: int) -> Iterator[Implausible]:
    """Yield new days of periods that are far from the rest and have few rows. Such a period is reported once."""
    for period in _periods(sorted(volumes.after)):
        rows = sum(volumes.after[day].rows or 0 for day in period)
        is_new = not any(day in volumes.before for day in period)
        if is_new and rows * 100 < all_rows * FAR_PERCENT:
            for day in period:
                yield Implausible(day, f"it is more than {GAP_DAYS} days from all other days with orders")


def _periods(days: list[str]) -> list[list[str]]:
    """Return the days in periods without a gap of more than `GAP_DAYS`."""
    periods: list[list[str]] = []
    for day in days:
        near = periods and (date.fromisoformat(day) - date.fromisoformat(periods[-1][-1])).days <= GAP_DAYS
        if near:
            periods[-1].append(day)
        else:
            periods.append([day])
    return periods
