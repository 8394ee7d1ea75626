"""What a line and its options add to sales."""

from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession

from spark_jobs.transforms.lines import judged_lines, typed_lines
from spark_jobs.transforms.money import option_sums, with_sales
from spark_jobs.transforms.options import judged_options
from tests.spark_jobs.source_rows import bronze_lines, bronze_options, values


def sales(lines: DataFrame, options: DataFrame, price_basis: str = "line_total") -> DataFrame:
    typed = typed_lines(judged_lines(lines, price_basis), "America/Chicago", price_basis, [])
    return with_sales(typed, option_sums(judged_options(options)))


@pytest.mark.parametrize(("price_basis", "expected"), [("line_total", "17.97"), ("unit_price", "53.91")])
def test_the_price_is_the_lines_total_unless_the_setting_says_unit(
    spark: SparkSession, price_basis: str, expected: str
) -> None:
    lines = bronze_lines(spark, {"item_price": "17.97", "item_quantity": 3})
    found = sales(lines, bronze_options(spark, {"lineitem_id": "other"}), price_basis)
    assert values(found, "item_amount", "net_sales") == [(Decimal(expected), Decimal(expected))]


def test_options_are_summed_once_per_line_and_do_not_multiply_it(spark: SparkSession) -> None:
    lines = bronze_lines(spark, {}, {"lineitem_id": "line-2"})
    options = bronze_options(spark, {"option_price": "1.50"}, {"option_price": "0.25", "option_quantity": 2}, {})
    found = sales(lines, options)
    assert values(found, "lineitem_id", "options_revenue", "gross_sales", "net_sales") == [
        ("line-1", Decimal("3.50"), Decimal("9.49"), Decimal("9.49")),
        ("line-2", Decimal("0"), Decimal("5.99"), Decimal("5.99")),
    ]


def test_negative_options_are_discounts(spark: SparkSession) -> None:
    options = bronze_options(spark, {"option_price": "2.00"}, {"option_price": "-1.25"}, {"option_price": "-0.50"})
    found = sales(bronze_lines(spark, {}), options)
    assert values(found, "options_revenue", "gross_sales", "discount_amount", "net_sales") == [
        (Decimal("2.00"), Decimal("7.99"), Decimal("1.75"), Decimal("6.24"))
    ]


def test_exact_duplicate_options_all_count(spark: SparkSession) -> None:
    found = sales(bronze_lines(spark, {}), bronze_options(spark, {}, {}, {}))
    assert values(found, "options_revenue") == [(Decimal("4.50"),)]


def test_a_quarantined_option_adds_nothing(spark: SparkSession) -> None:
    options = bronze_options(spark, {"option_price": "free"}, {"option_quantity": -1}, {})
    found = sales(bronze_lines(spark, {}), options)
    assert values(found, "options_revenue", "discount_amount") == [(Decimal("1.50"), Decimal(0))]


def test_money_is_decimal_with_four_places(spark: SparkSession) -> None:
    found = sales(bronze_lines(spark, {}), bronze_options(spark, {}))
    money = ["item_price", "item_amount", "options_revenue", "gross_sales", "discount_amount", "net_sales"]
    assert {dict(found.dtypes)[name] for name in money} == {"decimal(18,4)"}
