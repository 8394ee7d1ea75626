"""The days with orders that a real PostgreSQL holds, up to a day: what counts as evidence of a fresh source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.csv_files.load import DDL
from biz_insights.source.database import count_source, days_with_orders
from biz_insights.source.freshness import require_orders
from biz_insights.source.order_days import HISTORY_DAYS, OrderDays

CHICAGO = "America/Chicago"
Read = Callable[..., OrderDays]


@pytest.fixture
def read(database: psycopg.Connection) -> Read:
    """Reads the days of a source whose order lines have the given times."""
    database.execute(DDL)

    def found(up_to: str, *times: str | datetime, zone: str = CHICAGO) -> OrderDays:
        with database.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO order_items (lineitem_id, item_quantity, creation_time_utc) VALUES ('l', 1, %s)",
                [(time,) for time in times],
            )
        with database.transaction():
            return days_with_orders(database, count_source(database, zone), up_to, zone)

    return found


def noon(day: date) -> str:
    return f"{day.isoformat()} 18:00:00+00"


def test_days_after_the_process_date_say_nothing(read: Read) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    found = read("2024-01-05", noon(date(2024, 1, 1)), noon(date(2024, 1, 3)), noon(date(2024, 1, 6)), tomorrow)
    assert (found.first, found.last) == (date(2024, 1, 1), date(2024, 1, 3))
    assert found.days == {date(2024, 1, 1), date(2024, 1, 3)}


@pytest.mark.parametrize("stray", ["2199-06-01 12:00:00+00", "tomorrow", "later today", "infinity"])
def test_a_stray_order_never_makes_a_stale_source_pass(read: Read, stray: str) -> None:
    """The source stopped two weeks ago, and one line is dated in the future."""
    now = datetime.now(UTC)
    stopped = now.date() - timedelta(days=14)
    times: list[str | datetime] = [noon(stopped - timedelta(days=n)) for n in range(100)]
    moments = {"tomorrow": now + timedelta(days=1), "later today": now + timedelta(minutes=30)}
    yesterday = (now - timedelta(days=1)).date().isoformat()
    found = read(yesterday, *times, moments.get(stray, stray))
    with pytest.raises(PermanentError, match=f"its last orders up to that day are of {stopped}"):
        require_orders(found, yesterday, Settings())


def test_an_order_of_today_does_not_hide_that_yesterday_is_missing(read: Read) -> None:
    """Such as one line of a till that was loaded after midnight."""
    now = datetime.now(UTC)
    yesterday = now.date() - timedelta(days=1)
    times: list[str | datetime] = [noon(yesterday - timedelta(days=n)) for n in range(1, 100)]
    found = read(yesterday.isoformat(), *times, now - timedelta(seconds=1), zone="UTC")
    with pytest.raises(PermanentError, match="has no orders on"):
        require_orders(found, yesterday.isoformat(), Settings(holiday_country="AQ"))


def test_only_the_last_ninety_days_are_read(read: Read) -> None:
    last = date(2024, 3, 8)
    days = [last - timedelta(days=n) for n in (0, HISTORY_DAYS, HISTORY_DAYS + 1, 900)]
    found = read("2024-03-10", *map(noon, days))
    assert found.days == set(days[:2])
    assert found.first == days[-1]


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("America/Chicago", "2024-03-10 05:59:59+00", date(2024, 3, 9)),  # the day on which summer time begins
        ("America/Chicago", "2024-03-11 04:59:59+00", date(2024, 3, 10)),
        ("America/Chicago", "2024-03-11 05:00:00+00", date(2024, 3, 11)),
        ("Asia/Kathmandu", "2024-03-10 18:14:59+00", date(2024, 3, 10)),
        ("Asia/Kathmandu", "2024-03-10 18:15:00+00", date(2024, 3, 11)),
    ],
)
def test_a_day_begins_at_the_zone_s_midnight(read: Read, zone: str, instant: str, day: date) -> None:
    found = read("2024-03-20", "2024-03-01 12:00+00", instant, zone=zone)
    assert found.last == day
    assert found.days == {date(2024, 3, 1), day}


def test_rows_that_cannot_be_lines_are_no_orders(read: Read, database: psycopg.Connection) -> None:
    database.execute(
        "INSERT INTO order_items (lineitem_id, item_quantity, creation_time_utc) "
        "VALUES (NULL, 1, '2024-01-02 18:00+00'), ('l', 0, '2024-01-03 18:00+00')"
    )
    assert read("2024-01-04", noon(date(2024, 1, 1))).last == date(2024, 1, 1)


def test_the_calendar_of_the_source_names_its_holidays(read: Read, database: psycopg.Connection) -> None:
    database.execute(
        "INSERT INTO date_dim (date_key, is_holiday, holiday_name) VALUES "
        "('02-01-2024', true, 'Inventory'), ('2024-01-03', true, NULL), ('04-01-2024', false, NULL), ('soon', true, '')"
    )
    found = read("2024-01-03", noon(date(2024, 1, 1)))
    assert found.holidays == {date(2024, 1, 2): "Inventory", date(2024, 1, 3): ""}
    require_orders(found, "2024-01-03", Settings())
    with pytest.raises(PermanentError, match="no orders on Thursday 2024-01-04;"):
        require_orders(found, "2024-01-04", Settings())
