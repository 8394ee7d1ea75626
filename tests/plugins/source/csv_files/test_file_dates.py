"""Dates, times and time zones of a file: what is read, and what is refused rather than guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from biz_insights import settings as settings_module
from biz_insights.errors import PermanentError
from biz_insights.source.csv_files import validation
from tests.plugins.source.csv_files.sample_files import DATES, times


@pytest.mark.parametrize(
    "text", ["03/08/2019", "3-8-2019", "03.08.2019 17:30", "03-08-2019 17:30:00", "03/08/2019 5:30 PM"]
)
def test_a_date_that_reads_two_ways_is_not_guessed(refused, text):
    said = refused(times("2024-01-01", text), "line 3 column CREATION_TIME_UTC", repr(text), "source_date_format=")
    assert "3 August 2019" in said
    assert "8 March 2019" in said


@pytest.mark.parametrize("text", ["25/08/2019", "20190308", "2019/03/08", "08-Mar-2019"])
def test_a_date_that_reads_one_way_is_not_guessed_either(refused, text):
    refused(times(text), "line 2 column CREATION_TIME_UTC", repr(text), "set source_date_format=")


@pytest.mark.parametrize("text", ["now", "today", "1552066200", "yesterday", "2019-03-08 17:30:00 trailing"])
def test_what_postgresql_alone_would_read_or_nobody_can_is_refused(refused, text):
    refused(times(text), "line 2 column CREATION_TIME_UTC", repr(text))


def test_a_zone_by_name_is_not_guessed(refused):
    refused(times("2019-03-08 17:30:00 CST"), "line 2", "time zone CST", "offset from UTC, such as -06:00")


@pytest.mark.parametrize("text", ["2019-02-30", "2019-03-08 25:00:00", "0000-00-00 00:00:00", "300000-01-01"])
def test_a_date_that_does_not_exist_is_refused(refused, text):
    refused(times("2024-01-01", text), "line 3 column CREATION_TIME_UTC", text, "out of range")


def test_postgresql_s_hint_is_told(refused):
    refused(times("2019-13-01"), "line 2 column CREATION_TIME_UTC", "PostgreSQL's hint: Perhaps you need a different")


@pytest.mark.parametrize(
    ("setting", "text", "moment"),
    [
        ("MM/DD/YYYY HH24:MI", "03/08/2019 17:30", datetime(2019, 3, 8, 17, 30)),
        ("DD/MM/YYYY HH24:MI", "03/08/2019 17:30", datetime(2019, 8, 3, 17, 30)),
        ("DD.MM.YYYY HH24:MI:SS", "3.8.2019 9:05:07.25", datetime(2019, 8, 3, 9, 5, 7, 250000)),
        ("MM/DD/YYYY HH12:MI AM", "3/8/2019 12:05 am", datetime(2019, 3, 8, 0, 5)),
        ("DD-Mon-YYYY", "08-Mar-2019", datetime(2019, 3, 8)),
        ("MM/DD/YY", "03/08/19", datetime(2019, 3, 8)),
        ("YYYYMMDD", "20190308", datetime(2019, 3, 8)),
        ("MM/DD/YYYY HH24:MI", "03/08/2019 17:30 +02:00", datetime(2019, 3, 8, 15, 30)),
    ],
)
def test_a_stated_format_decides(source, setting, text, moment):
    source.put("order_items", times(text))
    source.load(source_date_format=setting)
    assert source.rows("creation_time_utc") == [(moment.replace(tzinfo=UTC),)]


@pytest.mark.parametrize("text", ["25/08/2019", "2019-03-08", "03/08/2019 17:30", "03/08/19", "02/30/2019"])
def test_a_stated_format_is_strict(refused, text):
    refused(times("03/08/2019", text), "line 3 column CREATION_TIME_UTC", text, source_date_format="MM/DD/YYYY")


def test_two_digit_years_need_a_format_that_says_so(refused):
    refused(times("03/08/19"), "line 2", "MM/DD/YY", "8 March 2019")
    refused(times("03/08/19"), "line 2", source_date_format="MM/DD/YYYY")


def test_times_that_the_database_holds_are_left_to_silver(source):
    texts = ["infinity", "-infinity", "0044-03-15 10:00:00 BC", "20190-03-08 10:00:00+00"]
    source.put("order_items", times(*texts))
    source.load()
    assert source.rows("creation_time_utc::text") == [
        ("infinity",), ("-infinity",), ("0044-03-15 10:00:00+00 BC",), ("20190-03-08 10:00:00+00",),
    ]  # fmt: skip
    source.put("order_items", times("infinity", "03/08/2019"))
    source.load(source_date_format="MM/DD/YYYY")
    assert source.rows("creation_time_utc::text")[0] == ("infinity",)


@pytest.mark.parametrize("text", ["07-25-2024", "03/08/2024", "3.8.2024", "07/25/24"])
def test_a_calendar_s_date_is_not_guessed(refused, text):
    body = f"{DATES}{text},2024,July,1,Monday,FALSE,FALSE,\n"
    refused(body, f"line 3 column DATE_KEY: '{text}' is not written DD-MM-YYYY", table="date_dim")


def test_a_calendar_may_be_written_in_iso_dates(source):
    source.put(
        "date_dim", "date_key,is_holiday\n2024-07-04,TRUE\n2024-07-05 00:00:00,FALSE\n06-07-2024,FALSE\n?,FALSE\n"
    )
    source.load()
    assert source.rows("date_key", "date_dim") == [("04-07-2024",), ("05-07-2024",), ("06-07-2024",), ("?",)]


def test_a_local_time_is_of_the_stated_zone_and_an_offset_wins(source):
    source.put("order_items", times("2024-07-01 12:00:00", "2024-07-01 12:00:00Z", "2024-07-01T12:00:00+02:00"))
    notes = source.load(source_timezone="America/Chicago")["notes"]
    hours = [moment.astimezone(UTC).hour for (moment,) in source.rows("creation_time_utc")]
    assert hours == [17, 12, 10]
    assert notes == [
        "order_items.csv has times in CREATION_TIME_UTC without an offset: they are read as America/Chicago"
    ]


def test_without_a_stated_zone_a_local_time_is_utc(source):
    source.put("order_items", times("2024-07-01 12:00:00", "2024-07-02"))
    notes = source.load()["notes"]
    assert [moment.astimezone(UTC).hour for (moment,) in source.rows("creation_time_utc")] == [12, 0]
    assert [note.rpartition(": ")[2] for note in notes] == ["they are read as UTC", "they are read as midnight"]


def test_times_around_a_change_of_clocks_follow_the_stated_rule(source):
    source.put("order_items", times("2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-11-03 12:00:00"))
    notes = source.load(source_timezone="America/Chicago")["notes"]
    assert [moment.astimezone(UTC) for (moment,) in source.rows("creation_time_utc")] == [
        datetime(2024, 3, 10, 8, 30, tzinfo=UTC),
        datetime(2024, 11, 3, 7, 30, tzinfo=UTC),
        datetime(2024, 11, 3, 18, 0, tzinfo=UTC),
    ]
    skipped, twice = notes[1:]
    assert "do not exist in America/Chicago" in skipped and skipped.endswith(": 1")
    assert "occur twice in America/Chicago" in twice and twice.endswith(": 1")


def test_a_zone_that_the_database_does_not_know_is_told(source, monkeypatch):
    monkeypatch.setattr(settings_module, "require_region", lambda name: None)
    with pytest.raises(PermanentError, match="source_timezone: the database does not know the time zone 'Mars/Base'"):
        source.load(source_timezone="Mars/Base")


def test_a_column_is_judged_whole_or_refused(source, monkeypatch):
    monkeypatch.setattr(validation, "MOST_SHAPES", 2)
    source.put("order_items", times("2024-01-01", "2024-01-01 10:00", "03/08/2019"))
    with pytest.raises(PermanentError, match="column CREATION_TIME_UTC is written in 2 ways or more"):
        source.load()
