"""Prices, quantities and flags of a file: what is read, and what is refused."""

from __future__ import annotations

import pytest

from tests.plugins.source.csv_files.sample_files import ITEMS, prices


@pytest.mark.parametrize(("text", "value"), [("1.0", 1), ("2.00", 2), ("3.", 3), (" 4 ", 4), ("-2", -2), ("-1.0", -1)])
def test_a_whole_number_may_have_a_point(source, text, value):
    source.put("order_items", prices("5.99", text))
    source.load()
    assert source.rows("item_quantity")[2] == (value,)


@pytest.mark.parametrize("text", ["1.5", "0.5", "1.05", "2e0"])
def test_a_fraction_is_no_quantity(refused, text):
    refused(prices("5.99", text), f"line 4 column ITEM_QUANTITY: '{text}' is not a whole number")


@pytest.mark.parametrize("text", ["99999999999", "-3000000000.0"])
def test_a_quantity_beyond_the_database_s_range_is_refused(refused, text):
    refused(prices("5.99", text), f"line 4 column ITEM_QUANTITY: '{text}'", "out of range")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$5.99", "currency sign"),
        ("5.99 USD", "currency sign"),
        ("€5", "currency sign"),
        ('"1,234.56"', "thousands separators"),
        ("1 234.56", "thousands separators"),
        ('"5,99"', "decimal comma"),
        ("(5.99)", "-1234.50"),
        ("5.99-", "-1234.50"),
        ("five", "is not a number"),
    ],
)
def test_a_price_in_dress_is_refused_with_a_hint(refused, text, reason):
    refused(prices(text), "line 4 column ITEM_PRICE", reason, text.strip('"'))


@pytest.mark.parametrize("text", ["-5.99", "+5.99", ".5", "5.", "0", "1e2", "NaN"])
def test_prices_that_the_database_holds_are_left_to_silver(source, text):
    source.put("order_items", prices(text))
    source.load()
    assert source.rows("item_price")[2][0] is not None


def test_a_flag_that_is_neither_true_nor_false_is_refused(refused):
    refused(ITEMS.replace("TRUE", "maybe"), "line 3 column IS_LOYALTY: 'maybe'", "write one of them")
