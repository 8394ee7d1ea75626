"""The source's calendar."""

from datetime import date

from pyspark.sql import SparkSession

from spark_jobs.transforms.date_dim import SILVER_COLUMNS, silver_dates, typed_dates
from tests.spark_jobs.source_rows import bronze_dates, values


def test_a_day_is_described_by_its_date_not_by_the_source(spark: SparkSession) -> None:
    wrong = {"date_key": "01-01-2023", "year": 1999, "week": 1, "month": "?", "day_of_week": "?", "is_weekend": False}
    found = silver_dates(typed_dates(bronze_dates(spark, wrong)), "export-1")
    assert tuple(found.columns) == SILVER_COLUMNS
    assert [tuple(row) for row in found.collect()] == [
        (date(2023, 1, 1), 2023, 1, 52, "Sunday", True, False, None, "export-1")
    ]


def test_holidays_are_the_sources(spark: SparkSession) -> None:
    change = {"date_key": "04-07-2023", "is_holiday": True, "holiday_name": " Independence\nDay"}
    found = typed_dates(bronze_dates(spark, change, {"is_holiday": None}))
    assert values(found, "calendar_date", "is_holiday", "holiday_name") == [
        (date(2023, 3, 8), False, None),
        (date(2023, 7, 4), True, "Independence Day"),
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


def test_a_partial_calendar_is_not_completed_here(spark: SparkSession) -> None:
    found = silver_dates(typed_dates(bronze_dates(spark, {"date_key": "08-03-2023"})), "export-1")
    assert values(found, "calendar_date") == [(date(2023, 3, 8),)]
