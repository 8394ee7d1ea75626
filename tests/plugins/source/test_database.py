"""What the source is found to hold, in a real PostgreSQL: rows, readable times, the span of its order days."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from biz_insights.errors import PermanentError
from biz_insights.settings import resolve
from biz_insights.source.csv_files.load import DDL
from biz_insights.source.database import (
    READABLE_BEFORE,
    READABLE_FROM,
    SourceCount,
    connect,
    count_source,
    require_day,
)
from mwaa.local_runner.environment import LocalRunError
from mwaa.local_runner.run import last_complete_day
from spark_jobs.transforms.typed import TIMESTAMP_PATTERN

UNREADABLE = [
    "infinity",
    "-infinity",
    "4713-01-01 00:00:00+00 BC",
    "0044-03-15 12:00:00+00 BC",
    "0001-01-01 00:00:00+00",
    "1899-12-31 23:59:59.999+00",
    "2200-01-01 00:00:00+00",
    "12024-01-01 00:00:00+00",
    "294276-12-31 23:59:59+00",
    None,
]
CHICAGO = "America/Chicago"

Count = Callable[..., SourceCount]


@pytest.fixture
def count(database: psycopg.Connection) -> Count:
    """Counts a source whose order_items are lines with the given creation times."""
    database.execute(DDL)

    def counted(*times: str | datetime | None, zone: str = CHICAGO) -> SourceCount:
        with database.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO order_items (order_id, lineitem_id, item_quantity, creation_time_utc) "
                "VALUES ('o', 'l', 1, %s)",
                [(time,) for time in times],
            )
        with database.transaction():
            return count_source(database, zone)

    return counted


def test_no_time_that_postgresql_stores_stops_the_count(count: Count) -> None:
    found = count("2024-01-01 18:00:00+00", "2024-01-28 18:00:00+00", *UNREADABLE)
    assert found.rows["order_items"] == 2 + len(UNREADABLE)
    assert (found.first_day, found.last_day) == (date(2024, 1, 1), date(2024, 1, 28))
    assert (found.unreadable_rows, found.future_rows) == (len(UNREADABLE), 0)
    assert found.findings == [
        "order_items has 10 row(s) without a time in 1900 to 2199, quarantined as unparseable_creation_time_utc"
    ]


def test_a_source_of_nothing_but_unreadable_times_says_so(count: Count) -> None:
    found = count(*UNREADABLE)
    assert (found.first_day, found.last_day) == (None, None)
    with pytest.raises(PermanentError, match=r"no orders up to now \(order_items has 10 row.*load_source_database"):
        require_day(found, "2024-01-27")
    with pytest.raises(LocalRunError, match="order_items has 10 row"):
        last_complete_day(found)


def test_an_order_in_the_future_neither_chooses_the_day_nor_hides_a_stale_source(count: Count) -> None:
    now = datetime.now(UTC)
    found = count("2024-01-28 18:00:00+00", "2024-01-01 18:00:00+00", now + timedelta(days=2), "2199-06-01 12:00:00+00")
    assert (found.future_rows, found.last_day) == (2, date(2024, 1, 28))
    assert last_complete_day(found) == "2024-01-01"
    with pytest.raises(PermanentError, match=r"from 2024-01-01 to 2024-01-28 \(order_items has 2 row"):
        require_day(found, "2023-12-31")


def test_a_clock_a_little_ahead_is_no_finding_and_no_evidence(count: Count) -> None:
    found = count("2024-01-28 18:00:00+00", datetime.now(UTC) + timedelta(hours=13))
    assert (found.future_rows, found.findings, found.last_day) == (0, [], date(2024, 1, 28))


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Pacific/Honolulu", "2024-01-28 05:00+00", date(2024, 1, 27)),
        ("Asia/Kolkata", "2024-01-28 05:00+00", date(2024, 1, 28)),
        # PostgreSQL takes these names for abbreviations, without summer time: it must not be asked for their days.
        ("CET", "2024-06-30 22:30+00", date(2024, 7, 1)),
        ("EET", "2024-06-30 21:30+00", date(2024, 7, 1)),
    ],
)
def test_days_are_those_of_the_zone_by_python_s_rules(count: Count, zone: str, instant: str, day: date) -> None:
    assert count(instant, zone=zone).last_day == day


def test_the_day_chosen_without_date_has_orders(count: Count) -> None:
    """The newest day may be incomplete, and the day before it may be one on which the chain is closed."""
    assert last_complete_day(count("2024-01-26 18:00+00", "2024-01-28 18:00+00")) == "2024-01-26"


def test_the_only_day_is_chosen(count: Count) -> None:
    assert last_complete_day(count("2024-01-28 18:00+00", "2024-01-28 19:00+00")) == "2024-01-28"


def test_lines_that_cannot_be_accepted_choose_no_day(count: Count, database: psycopg.Connection) -> None:
    database.execute(
        "INSERT INTO order_items (lineitem_id, item_quantity, creation_time_utc) "
        "VALUES (NULL, 1, '2024-02-02'), ('l', 0, '2024-02-03')"
    )
    assert count("2024-01-28 18:00:00+00").last_day == date(2024, 1, 28)


def test_a_time_without_offset_is_utc_whatever_the_database_s_time_zone(
    count: Count, database: psycopg.Connection
) -> None:
    """As in the column CREATION_TIME_UTC of a source file."""
    database.execute("ALTER DATABASE restaurant SET timezone = 'Asia/Kolkata'")
    try:
        with connect(resolve(os.environ)) as connection:
            connection.execute(
                "INSERT INTO order_items (lineitem_id, item_quantity, creation_time_utc) "
                "VALUES ('l', 1, '2024-01-28 20:00')"
            )
        with connect(resolve(os.environ)) as connection:
            assert count_source(connection, "Asia/Kolkata").last_day == date(2024, 1, 29)
    finally:
        database.execute("ALTER DATABASE restaurant RESET timezone")


def test_a_missing_table_names_the_next_step(database: psycopg.Connection) -> None:
    with (
        database.transaction(),
        pytest.raises(PermanentError, match="does not exist; run the DAG load_source_database"),
    ):
        count_source(database, CHICAGO)


def test_the_count_and_silver_agree_on_what_is_readable() -> None:
    pattern = re.compile(TIMESTAMP_PATTERN)
    for edge in (READABLE_FROM, READABLE_BEFORE - timedelta(seconds=1)):
        assert pattern.match(edge.isoformat(sep=" "))
    for edge in (READABLE_FROM - timedelta(seconds=1), READABLE_BEFORE):
        assert not pattern.match(edge.isoformat(sep=" "))
