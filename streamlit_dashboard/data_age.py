"""How old the figures are: the newest day in them beside the clock, in the business time zone, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from streamlit_dashboard import formats
from streamlit_dashboard.warehouse import athena

DUE_HOUR = 6
"""Local hour by which the run of 03:00 has published the day before."""

OLD_COPY_DAYS = 60
"""From this age on the figures may be old on purpose: a sample, or a copy."""


@dataclass(frozen=True)
class DataAge:
    """How old the newest day is.

    Attributes:
        days: days from the newest day to today; yesterday is one day old.
        is_late: a complete day is missing that should be there by now.
        sentence: the same in words.
    """

    days: int
    is_late: bool
    sentence: str


def now() -> datetime:
    """Return the time that the pages compare with; tests replace it."""
    return datetime.now(UTC)


def of(as_of: date, at: datetime) -> DataAge:
    """Return the age of figures that count the days up to `as_of`.

    Args:
        at: the time now, with a time zone.
    """
    local = at.astimezone(ZoneInfo(athena.settings().business_timezone))
    days = (local.date() - as_of).days
    end = formats.day(as_of)
    if days <= 1:
        through = f"yesterday, {end}" if days == 1 else end
        return DataAge(days, False, f"The data are up to date: they count every day through {through}.")
    yesterday = formats.day(local.date() - timedelta(days=1))
    if days == 2 and local.hour < DUE_HOUR:
        return DataAge(days, False, f"The data end on {end}. The run of this night adds yesterday, {yesterday}.")
    if days == 2:
        missing = f"yesterday, {yesterday}, is missing"
    else:
        missing = f"the {days - 1:,} days since then, up to yesterday, are missing"
    if days > OLD_COPY_DAYS:
        cause = "That is right for a sample or an old copy; otherwise the daily run has stopped."
    else:
        cause = "The daily run has failed or stopped: see Data health, and docs/runbook.md."
    return DataAge(days, True, f"The data end on {end} and are {days:,} days old: {missing}. {cause}")
