"""The two rules that question a setting: what they measure on made-up orders, and when they warn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from biz_insights.quality.rule_sql import placeholder_values
from biz_insights.quality.suites import load_suite
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb

PRICES, HOURS = "prices_fit_the_price_basis", "orders_keep_the_hours_of_the_time_zone"
Row = dict[str, Any]


def lines(price_of_two: Callable[[Decimal], Decimal], items: int = 40, **fields: Any) -> list[Row]:
    """Of each item five lines of one unit and three of two; the unit's price has risen once on the way."""
    rows = []
    for item in range(items):
        for copy in range(8):
            unit = Decimal(4 + item % 7) + Decimal("0.25") * (copy % 2)
            quantity = 1 if copy < 5 else 2
            price = unit if quantity == 1 else price_of_two(unit)
            row = {"restaurant_id": "store-a", "item_key": f"item-{item}", "item_quantity": quantity, "is_test": False}
            money = {"item_price": price, "item_amount": price, "gross_sales": price, "discount_amount": Decimal(0)}
            rows.append(row | money | fields)
    return rows


def orders(stores: str, shown: str, count: int = 1_000, open_minutes: int = 900) -> list[Row]:
    """Orders of a year from six in the morning on, by the stores' clock; order_hour is by the configured zone."""
    rows = []
    for number in range(count):
        local = datetime(2023, 1, 1, 6, tzinfo=ZoneInfo(stores)) + timedelta(days=number % 365)
        moment = (local + timedelta(minutes=number * 7 % open_minutes)).astimezone(UTC)
        hour = moment.astimezone(ZoneInfo(shown)).hour
        created_at = moment.replace(tzinfo=None)
        rows.append({"order_id": f"o{number}", "created_at": created_at, "order_hour": hour, "is_test": False})
    return rows


def measured(name: str, rows: list[Row], price_basis: str = "line_total", zone: str = "America/Chicago") -> Row:
    """What the rule's query returns for the rows: one row, by column."""
    (rule,) = (rule for rule in load_suite("silver_order_items").rules if rule.name == name)
    assert rule.severity == "warning" and rule.flag == "contradicts_setting"
    connection = macros.connect()
    connection.register("candidate", pa.Table.from_pylist(rows))
    values = placeholder_values(
        published="p", process_date="2024-01-31", price_basis=price_basis, business_timezone=zone
    )
    cursor = connection.execute(to_duckdb(rule.query("candidate", values)))
    (row,) = cursor.fetchall()
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def twice(unit: Decimal) -> Decimal:
    return 2 * unit


def same(unit: Decimal) -> Decimal:
    return unit


@pytest.mark.parametrize(("price_of_two", "supported", "ratio"), [(twice, "line_total", 2), (same, "unit_price", 1)])
@pytest.mark.parametrize("setting", ["line_total", "unit_price"])
def test_the_price_of_two_tells_the_basis(price_of_two: Any, supported: str, ratio: float, setting: str):
    found = measured(PRICES, lines(price_of_two), price_basis=setting)
    assert (found["price_basis"], found["supported_basis"], found["items"]) == (setting, supported, 40)
    assert found["median_price_ratio"] == pytest.approx(ratio, abs=0.15)
    assert found["contradicts_setting"] is (setting != supported)


def test_few_items_and_prices_between_the_two_are_no_verdict():
    assert measured(PRICES, lines(same, items=19))["supported_basis"] == "insufficient_data"
    between = measured(PRICES, lines(lambda unit: unit * Decimal("1.5")))
    assert (between["supported_basis"], between["contradicts_setting"]) == ("unclear", False)


@pytest.mark.parametrize(
    "fields",
    [{"gross_sales": Decimal(99)}, {"discount_amount": Decimal(1)}, {"item_price": Decimal(0)}, {"is_test": True}],
)
def test_lines_with_options_discounts_or_no_price_and_tests_do_not_count(fields: Row):
    found = measured(PRICES, lines(same, **fields))
    assert (found["items"], found["median_price_ratio"]) == (0, None)
    assert (found["supported_basis"], found["contradicts_setting"]) == ("insufficient_data", False)


def test_opening_hours_by_the_right_clock_hold():
    found = measured(HOURS, orders("America/Chicago", "America/Chicago"))
    assert (found["business_timezone"], found["orders"]) == ("America/Chicago", 1_000)
    assert (found["night_share"], found["best_shift_hours"], found["best_night_share"]) == (0, 0, 0)
    assert found["night_share_in_utc"] > 0.1
    assert not found["contradicts_setting"]


@pytest.mark.parametrize(
    ("stores", "shown", "direction"),
    [("America/Chicago", "UTC", -1), ("Asia/Tokyo", "America/Chicago", -1), ("America/Chicago", "Asia/Tokyo", 1)],
)
def test_a_clock_that_is_hours_off_is_contradicted(stores: str, shown: str, direction: int):
    found = measured(HOURS, orders(stores, shown), zone=shown)
    assert found["contradicts_setting"] is True
    assert found["night_share"] > 0.1 and found["best_night_share"] < found["night_share"] / 3
    assert found["best_shift_hours"] * direction > 0


def test_stores_that_never_close_and_few_orders_are_no_contradiction():
    never_closed = measured(HOURS, orders("UTC", "UTC", open_minutes=1440))
    assert never_closed["night_share"] > 0.15 and not never_closed["contradicts_setting"]
    assert not measured(HOURS, orders("America/Chicago", "UTC", count=499))["contradicts_setting"]


def test_test_orders_alone_are_no_contradiction():
    found = measured(HOURS, [row | {"is_test": True} for row in orders("UTC", "UTC", count=5)])
    assert not found["contradicts_setting"] and found["orders"] is None
