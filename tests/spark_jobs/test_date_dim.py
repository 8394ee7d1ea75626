"""The calendar: the source's days, and generated ones for the rest of the years with orders."""

from datetime import date

import pytest
from pyspark.sql import SparkSession

from biz_schema.silver_tables import SILVER_DATE_DIM
from spark_jobs.transforms.date_dim import (
    LONGEST_GAP_YEARS,
    calendar_years,
    days_of,
    generated_dates,
    order_years,
    silver_dates,
    source_holidays,
    typed_dates,
)
from tests.spark_jobs.source_rows import bronze_dates, values

FOURTH = date(2023, 7, 4)


def test_a_day_is_described_by_its_date_not_by_the_source(spark: SparkSession) -> None:
    wrong = {"date_key": "01-01-2023", "year": 1999, "week": 1, "month": "?", "day_of_week": "?", "is_weekend": False}
    none_generated = generated_dates(spark, [], {})
    found = silver_dates(typed_dates(bronze_dates(spark, wrong)), none_generated, "export-1")
    assert tuple(found.columns) == tuple(SILVER_DATE_DIM.columns)
    assert [tuple(row) for row in found.collect()] == [
        (date(2023, 1, 1), 2023, 1, 52, "Sunday", True, False, None, False, "export-1")
    ]


def test_holidays_of_the_source_are_its_own(spark: SparkSession) -> None:
    change = {"date_key": "04-07-2023", "is_holiday": True, "holiday_name": " Independence\nDay"}
    found = typed_dates(bronze_dates(spark, change, {"is_holiday": None}))
    assert values(found, "calendar_date", "is_holiday", "holiday_name") == [
        (date(2023, 3, 8), False, None),
        (FOURTH, True, "Independence Day"),
    ]


def test_days_that_are_none_and_days_said_twice_are_set_aside(spark: SparkSession) -> None:
    keys = ["31-02-2023", "2023-03-08", None, "08-03-2023", "08-03-2023"]
    found = typed_dates(bronze_dates(spark, *[{"date_key": key} for key in keys]))
    assert values(found, "source_id", "reasons") == [
        (1, ["unparseable_date_key"]),
        (2, ["unparseable_date_key"]),
        (3, ["unparseable_date_key"]),
        (4, ["duplicate_date"]),
        (5, []),
    ]


def test_a_partial_calendar_is_completed_and_the_sources_rows_win(spark: SparkSession) -> None:
    # The source has two days of 2023, one of them twice, one that the library would call a holiday, and a day of 2030.
    keys = ["08-03-2023", "08-03-2023", "04-07-2023", "01-01-2030", "31-02-2023"]
    dates = typed_dates(bronze_dates(spark, *[{"date_key": key} for key in keys]))
    generated = generated_dates(spark, [2023, 2024], {FOURTH: "Independence Day", date(2024, 12, 25): "Christmas Day"})
    found = silver_dates(dates, generated, "export-1").persist()
    assert found.count() == found.select("calendar_date").distinct().count() == 365 + 366 + 1
    assert values(found.filter("not is_generated"), "calendar_date", "is_holiday") == [
        (date(2023, 3, 8), False),
        (FOURTH, False),
        (date(2030, 1, 1), False),
    ]
    christmas = found.filter("calendar_date = date'2024-12-25'").first()
    assert christmas is not None
    assert tuple(christmas) == (
        date(2024, 12, 25), 2024, 12, 52, "Wednesday", False, True, "Christmas Day", True, "export-1"
    )  # fmt: skip
    assert values(found.filter("is_holiday"), "calendar_date") == [(date(2024, 12, 25),)]


def test_only_accepted_lines_lengthen_the_calendar(spark: SparkSession) -> None:
    days = [(date(2023, 1, 1), []), (date(2023, 12, 31), []), (date(2021, 5, 5), []), (date(2040, 1, 1), ["broken"])]
    lines = spark.createDataFrame([*days, (None, ["unparseable"])], "order_date date, reasons array<string>")
    assert order_years(lines) == [2021, 2023]


@pytest.mark.parametrize(
    ("with_orders", "covered"),
    [
        ([], []),
        ([2023], [2023]),
        ([2020, 2023], [2020, 2021, 2022, 2023]),
        # One mistyped date adds its own year and no other, before and after.
        ([1969, 2022, 2023, 2199], [1969, 2022, 2023, 2199]),
        ([2000, 2000 + LONGEST_GAP_YEARS], list(range(2000, 2001 + LONGEST_GAP_YEARS))),
        ([2000, 2001 + LONGEST_GAP_YEARS], [2000, 2001 + LONGEST_GAP_YEARS]),
    ],
)
def test_the_calendar_covers_whole_years_but_not_the_way_to_a_typing_error(
    with_orders: list[int], covered: list[int]
) -> None:
    assert calendar_years(with_orders) == covered


def test_a_year_has_all_its_days() -> None:
    assert [len(days_of(year)) for year in (1900, 2000, 2023, 2024)] == [365, 366, 365, 366]
    assert (days_of(2024)[0], days_of(2024)[-1]) == (date(2024, 1, 1), date(2024, 12, 31))


def test_the_sources_holidays_are_known_by_their_names(spark: SparkSession) -> None:
    named = {"is_holiday": True, "holiday_name": "Founders' Day"}
    changes = [
        {"date_key": "04-07-2023", **named},
        {"date_key": "05-07-2023", **named, "is_holiday": False},
        {"date_key": "06-07-2023", **named, "holiday_name": None},
        {"date_key": "01-01-0000", **named},
        {"date_key": "99-99-2023", **named},
    ]
    assert source_holidays(typed_dates(bronze_dates(spark, *changes))) == {FOURTH: "Founders' Day"}
