"""Is the source up to date for a day? A day without orders must be explained, or the run stops.

A source whose loads have stopped looks like a chain that is closed. Only days up to the process date decide: orders of
later days, or dated in the future by mistake, say nothing about it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.order_days import OrderDays
from biz_insights.store_closings import StoreClosings, store_closings

log = logging.getLogger(__name__)

WEEKS = 8
LISTED = 10
"""Days that a message names one by one."""


@dataclass(frozen=True)
class Judgement:
    """The days without orders that end with the process date: why each is closed, and those without a reason."""

    reasons: dict[date, str]
    unexplained: tuple[date, ...]


def require_orders(found: OrderDays, process_date: str, settings: Settings, *, accept_no_orders: bool = False) -> None:
    """Check that the source has orders of the process date, or that each day since its last order was closed.

    The log says why a day without orders passed.

    Args:
        found: the days with orders up to the process date.
        accept_no_orders: parameter of the DAG: pass without a reason, this time.

    Raises:
        PermanentError: names the days without orders, and the ways out.
    """
    day = date.fromisoformat(process_date)
    if found.last is None or found.last == day:
        return
    judged = judge(found, day, settings)
    if not judged.unexplained:
        for closed, reason in sorted(judged.reasons.items()):
            log.info("%s has no orders, and the run goes on: %s", named(closed), reason)
        return
    listed = ", ".join(named(missing) for missing in judged.unexplained[:LISTED])
    more = len(judged.unexplained) - LISTED
    listed += f" and {more:,} more" if more > 0 else ""
    if accept_no_orders:
        log.warning("no orders on %s; the run goes on, because accept_no_orders is set", listed)
        return
    raise PermanentError(
        f"process_date {process_date}: the source has no orders on {listed}; its last orders up to that day are of "
        f"{found.last}. Load newer files with load_source_database, or, if the stores were closed, name the days in "
        "the setting closed_days, or trigger this run with accept_no_orders"
    )


def judge(found: OrderDays, process_date: date, settings: Settings) -> Judgement:
    """Say of each day from the last day with orders to the process date why it has none.

    A gap passes as a whole when it is not longer than a gap of the last 90 days that nothing else explains: a small
    shop does not sell every day.
    """
    if found.last is None:
        return Judgement({}, ())
    gap = _days(found.last + timedelta(days=1), process_date)
    closed = store_closings(settings.closed_days)
    holidays = _public_holidays(settings, {day.year for day in (*gap, *_days(min(found.days), found.last))})
    reasons = {day: reason for day in gap if (reason := _reason(day, found, closed, holidays))}
    unexplained = tuple(day for day in gap if day not in reasons)
    usual = _longest_gap(found, closed, holidays)
    if unexplained and len(gap) <= usual:
        usually = f"a gap of {usual} day(s) is usual: the longest in the 90 days before {found.last}"
        return Judgement({**reasons, **dict.fromkeys(unexplained, usually)}, ())
    return Judgement(reasons, unexplained)


def named(day: date) -> str:
    """`Sunday 2024-02-18`."""
    return f"{day:%A} {day.isoformat()}"


def _reason(day: date, found: OrderDays, closed: StoreClosings, holidays: dict[date, str]) -> str | None:
    """Return why a day is closed, or None."""
    if day in closed:
        return "the setting closed_days names it"
    if day in found.holidays:
        return f"the source's calendar says holiday ({found.holidays[day] or 'without a name'})"
    if day in holidays:
        return f"a public holiday ({holidays[day]})"
    if _never_on(day.weekday(), found):
        return f"no orders on a {day:%A} in the {WEEKS} weeks before {found.last}"
    return None


def _never_on(weekday: int, found: OrderDays) -> bool:
    """Return whether the source had no orders on this weekday in the last eight weeks before the gap.

    The weeks are those before the gap: within a long gap no weekday has orders. A source that is younger than eight
    weeks has no such habit yet.
    """
    assert found.last is not None and found.first is not None
    begin = found.last - timedelta(weeks=WEEKS) + timedelta(days=1)
    return found.first <= begin and not any(day.weekday() == weekday for day in found.days if day >= begin)


def _longest_gap(found: OrderDays, closed: StoreClosings, holidays: dict[date, str]) -> int:
    """Return the days of the longest gap in the history that is not explained by what explains single days."""
    longest, gap = 0, list[date]()
    for day in _days(min(found.days), found.last or min(found.days)):
        if day not in found.days:
            gap.append(day)
            continue
        if any(_reason(missing, found, closed, holidays) is None for missing in gap):
            longest = max(longest, len(gap))
        gap = []
    return longest


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _public_holidays(settings: Settings, years: Iterable[int]) -> dict[date, str]:
    """Return public holidays of the setting `holiday_country` by date; none when the library is not installed."""
    try:
        import holidays
    except ImportError:
        log.warning("the Python module holidays is not installed: only the source's calendar says what is a holiday")
        return {}
    country, part = settings.holiday_country, settings.holiday_subdivision
    try:
        return dict(holidays.country_holidays(country, subdiv=part or None, years=sorted(years), observed=False))
    except NotImplementedError as error:
        raise PermanentError(
            f"holiday_country is {country!r} and holiday_subdivision {part!r}: {error}; set holiday_country to an ISO "
            "code such as US, holiday_subdivision to one of its parts or to nothing"
        ) from error
