"""The local day and hour of a UTC timestamp."""

from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.transforms.days import order_date, order_hour


@pytest.mark.parametrize(
    ("utc", "local_date", "local_hour"),
    [
        ("2023-03-09 00:59:59", date(2023, 3, 8), 18),
        ("2023-03-09 01:00:00", date(2023, 3, 8), 19),  # after 19:00 local the UTC day is the next
        ("2023-03-09 05:59:59", date(2023, 3, 8), 23),
        ("2023-03-09 06:00:00", date(2023, 3, 9), 0),
        ("2023-07-02 04:59:59", date(2023, 7, 1), 23),  # summer time: five hours, not six
        ("2023-07-02 05:00:00", date(2023, 7, 2), 0),
        ("2023-03-12 08:00:00", date(2023, 3, 12), 3),  # the hour that the change to summer time leaves out
    ],
)
def test_chicago(spark: SparkSession, utc: str, local_date: date, local_hour: int) -> None:
    at = F.lit(utc).cast("timestamp")
    row = spark.range(1).select(order_date(at, "America/Chicago"), order_hour(at, "America/Chicago")).first()
    assert row is not None and tuple(row) == (local_date, local_hour)
