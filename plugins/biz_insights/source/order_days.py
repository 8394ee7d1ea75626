"""The local days on which the source has orders, up to a day. Days after it and orders in the future do not count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

HISTORY_DAYS = 90
"""Days before the last day with orders that are read: what follows from the source's own habits rests on them."""

IS_ORDER = "lineitem_id IS NOT NULL AND item_quantity > 0"
"""Condition of a row of order_items that may become a line; silver quarantines the others."""


@dataclass(frozen=True)
class OrderDays:
    """What the source says about days with orders up to one day.

    Attributes:
        last: last day with orders up to that day; None without such a day.
        days: days with orders from HISTORY_DAYS before `last` to `last`.
        first: first day with orders.
        holidays: name (may be empty) of each holiday in the source's calendar.
    """

    first: date | None
    last: date | None
    days: frozenset[date] = frozenset()
    holidays: Mapping[date, str] = field(default_factory=dict)


def order_days(connection: Any, first: date | None, up_to: date, business_timezone: str) -> OrderDays:
    """Read the days with orders up to `up_to`, in the transaction of the connection.

    The database compares moments. The boundaries of the days come from Python's time zone rules, as in `count_source`.

    Args:
        first: the source's first day with orders, see `count_source`.
    """
    if first is None or first > up_to:
        return OrderDays(first, None)
    zone = ZoneInfo(business_timezone)
    last = last_day(connection, up_to, zone)
    if last is None:
        return OrderDays(first, None)
    oldest = max(first, last - timedelta(days=HISTORY_DAYS))
    days = [oldest + timedelta(days=n) for n in range((last - oldest).days + 1)]
    midnights = [midnight(day, zone) for day in (*days, last + timedelta(days=1))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT width_bucket(creation_time_utc, %(midnights)s::timestamptz[])
            FROM public.order_items
            WHERE creation_time_utc >= %(from)s AND creation_time_utc < %(before)s AND creation_time_utc <= now()
                AND {IS_ORDER}
            """,
            {"midnights": midnights, "from": midnights[0], "before": midnights[-1]},
        )
        found = frozenset(days[bucket - 1] for (bucket,) in cursor.fetchall())
        cursor.execute("SELECT date_key, holiday_name FROM public.date_dim WHERE is_holiday")
        holidays = {day: name or "" for key, name in cursor.fetchall() if (day := _date_of(key)) is not None}
    return OrderDays(first, last, found, holidays)


def last_day(connection: Any, up_to: date, zone: ZoneInfo) -> date | None:
    """Return the last local day with orders up to a day, and not in the future."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT max(creation_time_utc)
            FROM public.order_items
            WHERE creation_time_utc >= %(readable)s AND creation_time_utc < %(before)s AND creation_time_utc <= now()
                AND {IS_ORDER}
            """,
            {"readable": midnight(date(1900, 1, 1), zone), "before": midnight(up_to + timedelta(days=1), zone)},
        )
        (moment,) = cursor.fetchone()
    return None if moment is None else moment.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a local day begins."""
    return datetime.combine(day, time(), zone)


def _date_of(key: str | None) -> date | None:
    """Return the day of `date_key` (DD-MM-YYYY or YYYY-MM-DD); None where silver would quarantine the row."""
    for form in ("%d-%m-%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime((key or "").strip(), form).date()
        except ValueError:
            continue
    return None
