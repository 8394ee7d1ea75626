"""What a line and its options add to sales."""

from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession

from biz_schema.setting_values import NEGATIVE_LINE_RULES, QUARANTINE_RULE
from spark_jobs.transforms.lines import lines_with_reasons, typed_lines
from spark_jobs.transforms.money import option_sums, with_sales
from spark_jobs.transforms.options import options_with_reasons
from tests.spark_jobs.source_rows import bronze_lines, bronze_options, values


def sales(lines: DataFrame, options: DataFrame, price_basis: str = "line_total") -> DataFrame:
    typed = typed_lines(lines_with_reasons(lines, price_basis), "America/Chicago", price_basis, [])
    return with_sales(typed, option_sums(options_with_reasons(options)))


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
    options = bronze_options(spark, {"option_price": "free"}, {"option_quantity": 0}, {})
    found = sales(bronze_lines(spark, {}), options)
    assert values(found, "options_revenue", "discount_amount") == [(Decimal("1.50"), Decimal(0))]


def test_money_is_decimal_with_four_places(spark: SparkSession) -> None:
    found = sales(bronze_lines(spark, {}), bronze_options(spark, {}))
    money = [
        "item_price",
        "item_amount",
        "options_revenue",
        "gross_sales",
        "discount_amount",
        "refund_amount",
        "net_sales",
    ]
    assert {dict(found.dtypes)[name] for name in money} == {"decimal(18,4)"}


# What a refund says: price, quantity, price basis, and the amount it takes off.
@pytest.mark.parametrize(
    ("price", "quantity", "price_basis", "refund"),
    [
        ("-5.99", 1, "line_total", "5.99"),
        ("5.99", -1, "line_total", "5.99"),
        ("-5.99", -1, "line_total", "5.99"),
        ("-5.99", 3, "unit_price", "17.97"),
        ("5.99", -3, "unit_price", "17.97"),
        ("-5.99", -3, "unit_price", "17.97"),
    ],
)
def test_a_negative_line_is_a_refund_whichever_sign_says_so(
    spark: SparkSession, price: str, quantity: int, price_basis: str, refund: str
) -> None:
    lines = bronze_lines(spark, {"item_price": price, "item_quantity": quantity})
    found = sales(lines, bronze_options(spark, {"lineitem_id": "other"}), price_basis)
    money = ("gross_sales", "discount_amount", "refund_amount", "net_sales", "item_amount")
    assert values(found, "is_refund", "item_quantity", "reasons", *money) == [
        (True, -abs(quantity), [], Decimal(0), Decimal(0), Decimal(refund), -Decimal(refund), -Decimal(refund))
    ]


@pytest.mark.parametrize(
    ("line", "options", "refund"),
    [
        # The quantity says refund: options are stated as on the sale, paid and discount.
        ({"item_price": "10", "item_quantity": -1}, [("1.50", 1), ("-2.00", 1)], "9.50"),
        ({"item_price": "10", "item_quantity": -1}, [("1.50", -1)], "11.50"),
        # The price says refund: options carry their own signs.
        ({"item_price": "-10", "item_quantity": 1}, [("-1.50", 1), ("2.00", 1)], "9.50"),
        ({"item_price": "-10", "item_quantity": 1}, [("1.50", -1)], "11.50"),
    ],
)
def test_a_refunds_options_are_refunded_with_it(
    spark: SparkSession, line: dict[str, object], options: list[tuple[str, int]], refund: str
) -> None:
    rows = [{"option_price": price, "option_quantity": quantity} for price, quantity in options]
    found = sales(bronze_lines(spark, line), bronze_options(spark, *rows))
    assert values(found, "options_revenue", "discount_amount", "refund_amount", "net_sales") == [
        (Decimal(0), Decimal(0), Decimal(refund), -Decimal(refund))
    ]


def test_an_option_taken_back_is_a_refund_on_a_line_that_stays_a_sale(spark: SparkSession) -> None:
    options = bronze_options(spark, {"option_price": "2.00"}, {"option_price": "0.75", "option_quantity": -1})
    found = sales(bronze_lines(spark, {}), options)
    assert values(found, "is_refund", "gross_sales", "discount_amount", "refund_amount", "net_sales") == [
        (False, Decimal("7.99"), Decimal(0), Decimal("0.75"), Decimal("7.24"))
    ]


def test_under_the_rule_quarantine_no_negative_line_counts(spark: SparkSession) -> None:
    lines = bronze_lines(
        spark,
        {"lineitem_id": "1", "item_price": "-1"},
        {"lineitem_id": "2", "item_quantity": -2},
        {"lineitem_id": "3", "item_price": "-1", "item_quantity": -2},
        {"lineitem_id": "4"},
    )
    with_reasons = lines_with_reasons(lines, "line_total", QUARANTINE_RULE)
    assert values(with_reasons, "lineitem_id", "reasons") == [
        ("1", ["negative_price"]),
        ("2", ["non_positive_quantity"]),
        ("3", ["non_positive_quantity", "negative_price"]),
        ("4", []),
    ]
    options = options_with_reasons(
        bronze_options(spark, {"option_quantity": -1}, {"option_price": "-1"}), QUARANTINE_RULE
    )
    assert values(options, "id", "reasons") == [(1, ["non_positive_quantity"]), (2, [])]


@pytest.mark.parametrize("rule", NEGATIVE_LINE_RULES)
def test_a_negative_quantity_without_money_is_not_a_refund(spark: SparkSession, rule: str) -> None:
    lines = bronze_lines(spark, {"item_price": "0", "item_quantity": -40}, {"item_price": "-1", "item_quantity": 0})
    assert values(lines_with_reasons(lines, "line_total", rule), "reasons") == [(["non_positive_quantity"],)] * 2
