"""Java's rules of a time zone against the pipeline's, by days with orders."""

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from biz_insights.time_zones import offset_changes
from spark_jobs.errors import JobError
from spark_jobs.transforms.days import order_date
from spark_jobs.zone_rules import Difference, differences, java_offsets, java_rules, require_same_rules

HOUR = 3600


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "zone",
    ["UTC", "America/Chicago", "Pacific/Honolulu", "Asia/Kolkata", "Pacific/Auckland", "Europe/London",
     "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"],
)  # fmt: skip
def test_java_and_python_have_the_same_rules_of_a_region(spark: SparkSession, zone: str) -> None:
    first, last = at("1972-01-01"), at("2026-01-01")
    assert differences(offset_changes(zone), java_offsets(spark, zone, first, last), last) == []


def test_rules_are_every_change_of_the_clock_to_the_second() -> None:
    rules = offset_changes("America/Chicago")
    of_2024 = {moment: offset for moment, offset in rules.items() if at("2024-01-01") <= moment < at("2025-01-01")}
    assert of_2024 == {at("2024-03-10T08:00"): -5 * HOUR, at("2024-11-03T07:00"): -6 * HOUR}
    assert all(earlier < later and rules[earlier] != rules[later] for earlier, later in pairwise(rules))
    zone = ZoneInfo("Africa/Casablanca")  # its summer time pauses for a month each year
    rules = offset_changes("Africa/Casablanca")
    for moment, offset in rules.items():
        assert datetime.fromtimestamp(moment, zone).utcoffset().total_seconds() == offset
        if moment != min(rules):
            assert datetime.fromtimestamp(moment - 1, zone).utcoffset().total_seconds() != offset


def test_differences_are_the_stretches_between_changes_of_either() -> None:
    expected = {0: 0, 100: HOUR, 200: 0}
    found = {50: 0, 120: HOUR, 200: 0, 300: HOUR}
    assert differences(expected, found, 399) == [Difference(100, 120, HOUR, 0), Difference(300, 400, 0, HOUR)]
    assert differences(expected, {50: 0}, 90) == []


@pytest.mark.parametrize(
    ("days", "refused"),
    [
        (["2024-11-02"], None),  # ends as the difference begins: local midnight is 05:00 UTC
        (["2024-11-03"], "2024-11-03"),
        (["2024-10-01", "2024-11-20"], "2024-11-20"),
        (["2024-10-01", "2025-03-09"], "2025-03-09"),  # the last hours of the difference
        (["2024-10-01", "2025-03-10"], None),
        (["1970-01-01", "2024-10-01"], None),  # one order with a mistyped year says nothing of the winter
        (["1950-07-01", "2024-10-01"], None),  # nor is it judged by rules that nobody maintains
        ([], None),
    ],
)
def test_only_days_with_orders_count(spark: SparkSession, days: list[str], refused: str | None) -> None:
    """The pipeline's rules here lack the winter of 2024, as a region's do that gives winter time up."""
    offsets = offset_changes("America/Chicago")
    del offsets[at("2024-11-03T07:00")], offsets[at("2025-03-09T08:00")]
    if refused is None:
        require_same_rules(spark, "America/Chicago", offsets, days)
        return
    with pytest.raises(JobError, match=rf"say UTC-05:00, this job's Java says UTC-06:00.*orders on {refused}; next"):
        require_same_rules(spark, "America/Chicago", offsets, days)


def test_the_moment_named_is_the_first_with_orders(spark: SparkSession) -> None:
    offsets = offset_changes("Asia/Kolkata") | {at("2024-01-01T00:00"): 5 * HOUR}
    with pytest.raises(JobError, match=r"Asia/Kolkata: from 2024-03-04T18:30:00Z .* UTC\+05:00, .* UTC\+05:30"):
        require_same_rules(spark, "Asia/Kolkata", offsets, ["2023-06-01", "2024-03-05"])


def test_spark_places_orders_by_the_rules_that_are_compared(spark: SparkSession) -> None:
    moment = F.lit("2024-03-10 05:59:59").cast("timestamp")
    row = spark.range(1).select(order_date(moment, "America/Chicago")).first()
    offset = java_offsets(spark, "America/Chicago", at("2024-03-10T05:59:59"), at("2024-03-10T05:59:59"))
    assert (row and row[0], list(offset.values())) == (date(2024, 3, 9), [-6 * HOUR])


def test_a_zone_that_java_lacks_is_named(spark: SparkSession) -> None:
    with pytest.raises(
        JobError, match=r"'Mars/Olympus' is unknown to this job's Java \d+.*next: set business_timezone"
    ):
        java_rules(spark, "Mars/Olympus")
