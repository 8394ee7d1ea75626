"""Order lines as silver has them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from biz_schema.silver_tables import SILVER_ORDER_ITEMS
from spark_jobs.partitions import Fingerprint
from spark_jobs.transforms.fingerprints import fingerprints
from spark_jobs.transforms.lines import line_days, lines_with_reasons, silver_lines, typed_lines
from spark_jobs.transforms.money import option_sums, with_sales
from spark_jobs.transforms.options import options_with_reasons
from tests.spark_jobs.source_rows import bronze_lines, bronze_options, values


def lines(bronze: DataFrame) -> DataFrame:
    return typed_lines(lines_with_reasons(bronze, "line_total"), "America/Chicago", "line_total", ["DEVELOPMENT"])


@pytest.mark.parametrize(
    ("app_name", "is_test"),
    [
        ("Alltown Fresh - DEVELOPMENT", True),
        ("alltown development", True),
        ("Alltown Neighborhood Perks", False),
        ("Alltown Fresh", False),
        (None, False),
    ],
)
def test_test_channels_are_flagged_not_dropped(spark: SparkSession, app_name: str | None, is_test: bool) -> None:
    found = silver_lines(with_no_options(spark, lines(bronze_lines(spark, {"app_name": app_name}))), "export-1")
    assert values(found, "app_name", "is_test") == [(app_name or "UNKNOWN", is_test)]


def test_no_test_names_means_no_test_channel(spark: SparkSession) -> None:
    with_reasons = lines_with_reasons(bronze_lines(spark, {"app_name": "DEVELOPMENT"}), "line_total")
    assert values(typed_lines(with_reasons, "UTC", "line_total", []), "is_test") == [(False,)]


@pytest.mark.parametrize("user_id", [None, "", "  "])
def test_a_line_without_user_is_a_guests(spark: SparkSession, user_id: str | None) -> None:
    found = lines(bronze_lines(spark, {"user_id": user_id, "printed_card_number": ""}))
    assert values(found, "user_id", "printed_card_number", "reasons") == [(None, None, [])]


def test_what_the_source_leaves_out_is_said(spark: SparkSession) -> None:
    silent = dict.fromkeys(("restaurant_id", "currency", "item_category", "item_name", "is_loyalty"))
    found = lines(bronze_lines(spark, silent))
    assert values(found, "restaurant_id", "currency", "item_category", "item_name", "is_loyalty", "reasons") == [
        ("UNKNOWN", "UNKNOWN", "Uncategorised", "Unnamed item", False, [])
    ]


def test_names_are_put_on_one_line_and_the_category_source_kept(spark: SparkSession) -> None:
    change = {"item_name": " Soup\nof  the\tDay ", "item_category": "Bowls0 \n", "currency": " usd"}
    found = lines(bronze_lines(spark, change))
    assert values(found, "item_name", "item_key", "item_category", "item_category_source", "currency") == [
        ("Soup of the Day", "soup of the day", "Bowls", "Bowls0 \n", "USD")
    ]


@pytest.mark.parametrize(
    ("creation_time", "reasons"),
    [
        ("2024-02-19 09:00:00+00", []),  # a day ahead of INGESTED_AT: a clock that is off
        ("2024-02-19 09:00:00.001+00", ["future_creation_time"]),
        ("2199-01-01 00:00:00+00", ["future_creation_time"]),
        ("infinity", ["unparseable_creation_time_utc"]),
        ("-infinity", ["unparseable_creation_time_utc"]),
        ("0044-03-15 12:00:00+00 BC", ["unparseable_creation_time_utc"]),
        ("1950-03-15 12:00:00+00 BC", ["unparseable_creation_time_utc"]),
        ("0001-01-01 00:00:00+00", ["unparseable_creation_time_utc"]),
        ("1899-12-31 23:59:59+00", ["unparseable_creation_time_utc"]),
        ("12024-01-01 00:00:00+00", ["unparseable_creation_time_utc"]),
        ("294276-12-31 23:59:59+00", ["unparseable_creation_time_utc"]),
        (None, ["unparseable_creation_time_utc"]),
    ],
)
def test_a_line_is_not_accepted_without_a_time_at_which_it_can_have_been_ordered(
    spark: SparkSession, creation_time: str | None, reasons: list[str]
) -> None:
    found = lines(bronze_lines(spark, {"creation_time_utc": creation_time}))
    assert values(found, "reasons") == [(reasons,)]


def test_a_duplicate_from_the_future_does_not_displace_the_line(spark: SparkSession) -> None:
    found = lines(bronze_lines(spark, {}, {"creation_time_utc": "2027-03-01 18:00:00+00"}))
    assert values(found, "source_id", "reasons") == [(1, []), (2, ["future_creation_time", "duplicate_line"])]


def test_silver_has_the_accepted_lines_in_its_columns(spark: SparkSession) -> None:
    bronze = bronze_lines(spark, {"creation_time_utc": "2023-03-09 01:00:00+00"}, {"lineitem_id": None})
    found = silver_lines(with_no_options(spark, lines(bronze)), "export-1")
    assert tuple(found.columns) == tuple(SILVER_ORDER_ITEMS.columns)
    assert values(found, "source_id", "order_date", "order_hour", "net_sales", "batch_id") == [
        (1, date(2023, 3, 8), 19, Decimal("5.99"), "export-1")
    ]


def test_a_days_fingerprint_does_not_tell_a_second_delivery_from_the_first(spark: SparkSession) -> None:
    """Lines come again in another order and under other ids, some of them twice: no day has changed."""
    delivered = [
        {"order_id": f"order-{number}", "creation_time_utc": f"2023-03-0{2 + number % 2} 18:00:00+00"}
        for number in range(6)
    ]
    again = [*reversed(delivered), delivered[4], delivered[1]]
    corrected = [*again, delivered[3] | {"item_price": "6.49"}]

    def by_day(*changes: dict[str, Any]) -> dict[str, Fingerprint]:
        accepted = silver_lines(with_no_options(spark, lines(bronze_lines(spark, *changes))), "export")
        return fingerprints(accepted, "order_date")

    first, third = by_day(*delivered), by_day(*corrected)
    assert by_day(*again) == first and sum(day.rows for day in first.values()) == 6
    assert [day for day in first if first[day] != third[day]] == ["2023-03-03"]


def test_a_line_lends_its_day_to_options_only_when_accepted(spark: SparkSession) -> None:
    found = line_days(lines(bronze_lines(spark, {}, {"lineitem_id": "line-2", "item_quantity": 0})))
    assert values(found, "order_id", "lineitem_id", "order_date", "is_test") == [
        ("order-1", "line-1", date(2023, 3, 8), False)
    ]


def with_no_options(spark: SparkSession, typed: DataFrame) -> DataFrame:
    return with_sales(typed, option_sums(options_with_reasons(bronze_options(spark, {"order_id": "none"}))))
