"""The setting `closed_days`: weekdays and dates on which no store is open, such as `SUNDAY, 2026-12-25`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


class StoreClosingsError(ValueError):
    """The text is not a list of weekdays and dates; the message says what to write."""


@dataclass(frozen=True)
class StoreClosings:
    """Closed weekdays (0 is Monday) and closed dates."""

    weekdays: frozenset[int] = frozenset()
    dates: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        return day.weekday() in self.weekdays or day in self.dates


def store_closings(text: str) -> StoreClosings:
    """Return the days that a list names: English weekdays and dates as `YYYY-MM-DD`, separated by commas.

    Raises:
        StoreClosingsError: a word is neither, or the list names every weekday, so that no day would ever be missing.
    """
    weekdays, dates = set(), set()
    for word in filter(None, (part.strip() for part in text.split(","))):
        if word.upper() in WEEKDAYS:
            weekdays.add(WEEKDAYS.index(word.upper()))
            continue
        try:
            dates.add(date.fromisoformat(word))
        except ValueError as error:
            raise StoreClosingsError(
                f"{word!r} is neither a weekday nor a date; write weekdays as SUNDAY and dates as 2026-12-25"
            ) from error
    if len(weekdays) == len(WEEKDAYS):
        raise StoreClosingsError(f"{text!r} names every weekday, so that missing orders would never be noticed")
    return StoreClosings(frozenset(weekdays), frozenset(dates))
