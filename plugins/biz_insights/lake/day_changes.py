"""Changes of closed days: what a publish would change in days that are over and that readers have seen.

Late orders, voids and corrections change closed days a little, every day. A source that was cut off or loaded twice
changes them much. Two limits tell them apart: one for all closed days together, one for a single day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from biz_insights.lake.day_volumes import DayVolume, Volumes, typical_amount, typical_rows

LATE_DAYS = 7
"""Orders may come this many days late without limit. A day loses rows or money as little as any other day."""

LEAST_ROWS = 20
"""The least rows of a day that is judged by itself: below, one order is a large part of the day."""

LEAST_SHARE = Decimal("0.25")
"""The least rows of such a day, as a share of the typical closed day. Quieter days count in the total only."""

NOTHING = DayVolume(0, Decimal(0), Decimal(0))


@dataclass(frozen=True)
class DayChange:
    """A closed day before and after a publish. A day that vanishes has nothing after."""

    day: str
    before: DayVolume
    after: DayVolume

    @property
    def rows(self) -> int:
        """Rows that the day gains or, negative, loses; 0 when a side is not known."""
        return 0 if self.before.rows is None or self.after.rows is None else self.after.rows - self.before.rows

    @property
    def amount(self) -> Decimal:
        """Net sales that the day gains or, negative, loses; 0 when a side is not known."""
        known = self.before.amount is not None and self.after.amount is not None
        return (self.after.amount or Decimal(0)) - (self.before.amount or Decimal(0)) if known else Decimal(0)


def closed_days(volumes: Volumes, process_date: str) -> dict[str, DayVolume]:
    """Return the published days that are over, as they were published.

    These are the days up to the process date, and all before the newest published one: a run for an earlier date reads
    the whole source too. So the newest day is closed only once a run is for it; until then it is still growing.
    """
    return {day: volume for day, volume in volumes.before.items() if day <= process_date or day < volumes.newest}


def changes_of_closed_days(volumes: Volumes, closed: Mapping[str, DayVolume]) -> list[DayChange]:
    """Return the closed days that would lose or gain rows or money, by date, without those that late orders explain."""
    found = []
    late_from = _days_before(volumes.newest, LATE_DAYS) if volumes.newest else ""
    for day, before in sorted(closed.items()):
        change = DayChange(day, before, volumes.after.get(day, NOTHING))
        is_late = day > late_from and change.rows > 0 and change.amount >= 0
        if (change.rows or change.amount) and not is_late:
            found.append(change)
    return found


def total_shares(changes: Iterable[DayChange], closed: Mapping[str, DayVolume]) -> tuple[Decimal, Decimal]:
    """Return the total change, without signs, of rows and of money, in percent of what the closed days hold."""
    changes = list(changes)
    rows = percent(sum(abs(change.rows) for change in changes), sum(day.rows or 0 for day in closed.values()))
    amount = sum((abs(change.amount) for change in changes), Decimal(0))
    return rows, percent(amount, sum((abs(day.amount or Decimal(0)) for day in closed.values()), Decimal(0)))


def large_changes(
    changes: Iterable[DayChange], closed: Mapping[str, DayVolume], limit: Decimal
) -> dict[str, tuple[Decimal, Decimal]]:
    """Return the change in percent, of rows and of money, of each day of meaningful size that is beyond the limit.

    The size of a day is the larger one of before and after. Money is compared with the day's own or, if that is less,
    with a quarter of the typical day's: the net sales of a day with refunds may be close to zero.
    """
    typical = typical_rows(closed.values())
    least_rows = max(Decimal(LEAST_ROWS), typical * LEAST_SHARE)
    least_amount = typical_amount(closed.values()) * LEAST_SHARE
    found = {}
    for change in changes:
        before, after = change.before, change.after
        if max(before.rows or 0, after.rows or 0) < least_rows:
            continue
        shares = (
            percent(abs(change.rows), before.rows or 0),
            percent(abs(change.amount), max(abs(before.amount or Decimal(0)), least_amount)),
        )
        if max(shares) > limit:
            found[change.day] = shares
    return found


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal:
    """Return the part in percent of the whole; 100 for any part of nothing."""
    if not whole:
        return Decimal(100 if part else 0)
    return Decimal(part) * 100 / Decimal(whole)


def _days_before(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days)).isoformat()
