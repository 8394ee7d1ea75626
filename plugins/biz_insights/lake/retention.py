"""Retention rules: which as-of dates, cutoff dates and batches stay published. Pure functions over dates.

Ages are counted from the newest published date, not from the clock: while no run publishes, nothing expires.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise


def expired_as_of_dates(dates: Collection[str], days: int, held: Collection[str] = ()) -> list[str]:
    """Return the as-of dates to remove, sorted. The newest date is never among them.

    Every date of the `days` before the newest one stays. Of an older month its last published date stays: the end of
    the month, unless no run published that day.

    Args:
        dates: the published as-of dates of a table, `YYYY-MM-DD`.
        days: days before the newest date.
        held: dates that an operator has pinned.
    """
    if not dates:
        return []
    first = days_before(max(dates), days)
    last_of_month: dict[str, str] = {}
    for day in sorted(dates):
        last_of_month[day[:7]] = day
    return sorted(day for day in dates if day < first and last_of_month[day[:7]] != day and day not in held)


def expired_cutoff_dates(cutoffs: Collection[str], first_needed: str, held: Collection[str] = ()) -> list[str]:
    """Return the cutoff dates to remove, sorted: those before the first one that a recent as-of date reads.

    The newest cutoff date is never among them. A run for an older date builds the one that it needs again.
    """
    if not cutoffs:
        return []
    first = min(first_needed, max(cutoffs))
    return sorted(day for day in cutoffs if day < first and day not in held)


def expired_batches(published_at: Mapping[str, datetime], current: Collection[str], before: datetime) -> list[str]:
    """Return the batches of bronze to remove, sorted: those whose successor was published before a moment.

    A batch that was current at any time since then stays, and so does a batch that is current now.

    Args:
        published_at: when each batch was published.
        current: the batches that the slots name as current.
        before: the beginning of the retention.
    """
    by_age = sorted(published_at, key=lambda batch: (published_at[batch], batch))
    return sorted(old for old, new in pairwise(by_age) if published_at[new] < before and old not in current)


def days_before(day: str, days: int) -> str:
    """Return the date a number of days before a date, both `YYYY-MM-DD`."""
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
