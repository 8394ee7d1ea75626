"""Refunds reduce net sales on their day and at their store; they are not orders, active days or units sold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.dags.gold.harness import Lake, Row, line, pick

MONEY = ("gross_sales", "discount_amount", "refund_amount", "net_sales")
FIRST, LATER, LAST = "2024-01-10", "2024-01-15", "2024-01-20"


def lake() -> Lake:
    """Ann buys, gets half of it refunded in the same order and more five days later, and buys again."""
    return Lake(
        [
            line("o1", 10, FIRST, options=2, discount=1, item_quantity=2),
            line("o1", -4, FIRST, lineitem_id="o1-2", hour=8, item_category="Bowls"),
            line("o1-refund", 3, LATER, item_quantity=-1),
            line("o2", 20, LAST, refund="0.50"),
            line("o3", -5, LATER, user_id=None, restaurant_id="store-b"),
        ]
    )


def test_a_stores_days() -> None:
    rows = lake().rows("gold_daily_sales_by_store", order_by="order_date, restaurant_id")
    measures = ("orders", "items", "refunded_items", "customers", "guest_orders", *MONEY)
    assert [pick(row, *measures) for row in rows] == [
        (1, 2, 1, 1, 0, Decimal(12), Decimal(1), Decimal(4), Decimal(7)),
        (0, 0, 1, 0, 0, Decimal(0), Decimal(0), Decimal(3), Decimal(-3)),
        (0, 0, 1, 0, 0, Decimal(0), Decimal(0), Decimal(5), Decimal(-5)),
        (1, 1, 0, 1, 0, Decimal(20), Decimal(0), Decimal("0.50"), Decimal("19.50")),
    ]
    assert [row["net_sales_squared"] for row in rows] == [49.0, 0.0, 0.0, 19.5**2]


def test_an_order_has_the_hour_of_its_first_sale() -> None:
    hours = lake().rows("gold_hourly_sales", where=f"order_date = DATE '{FIRST}'")
    assert [pick(row, "order_hour", "orders", "net_sales") for row in hours] == [(12, 1, Decimal(7))]


def test_an_items_days() -> None:
    rows = lake().rows("gold_item_sales_by_day", order_by="order_date, restaurant_id, item_category")
    measures = ("lines", "category_orders", "items", "refunded_items", "item_amount", "refund_amount", "net_sales")
    assert [pick(row, *measures) for row in rows] == [
        (0, 0, 0, 1, Decimal(0), Decimal(4), Decimal(-4)),
        (1, 1, 2, 0, Decimal(10), Decimal(0), Decimal(11)),
        (0, 0, 0, 1, Decimal(0), Decimal(3), Decimal(-3)),
        (0, 0, 0, 1, Decimal(0), Decimal(5), Decimal(-5)),
        (1, 1, 1, 0, Decimal(20), Decimal("0.50"), Decimal("19.50")),
    ]


def test_discounts_leave_out_refunds_without_an_order() -> None:
    rows = lake().rows("gold_discounts_by_day", order_by="order_date, restaurant_id")
    measures = ("orders", "discounted_net_sales", "full_price_orders", "full_price_net_sales", "refund_only_amount")
    assert [pick(row, *measures) for row in rows] == [
        (1, Decimal(7), 0, Decimal(0), Decimal(0)),
        (0, Decimal(0), 0, Decimal(0), Decimal(3)),
        (0, Decimal(0), 0, Decimal(0), Decimal(5)),
        (1, Decimal(0), 1, Decimal("19.50"), Decimal(0)),
    ]


@pytest.mark.parametrize("as_of", ["2024-01-31", "2026-06-30"], ids=["read day by day", "read as a balance"])
def test_a_day_with_refunds_only_is_not_an_active_day(as_of: str) -> None:
    row = lake().row("gold_customer_facts", as_of=as_of)
    assert pick(row, "first_order_date", "last_order_date") == (date(2024, 1, 10), date(2024, 1, 20))
    assert pick(
        row, "active_days", "repeat_active_days", "days_first_to_last_order", "mean_gap_days", "longest_gap_days"
    ) == (2, 1, 10, 10.0, 10)
    assert pick(row, "orders", "items", *MONEY) == (
        2, 3, Decimal(32), Decimal(1), Decimal("7.50"), Decimal("23.50")
    )  # fmt: skip


@pytest.mark.parametrize("as_of", ["2024-01-31", "2026-06-30"], ids=["read day by day", "read as a balance"])
def test_a_refund_does_not_change_the_last_order_date(as_of: str) -> None:
    found = Lake([line("o1", 10, FIRST), line("refund", -4, LAST)]).row("gold_customer_facts", as_of=as_of)
    assert pick(found, "last_order_date", "active_days", "longest_gap_days", "net_sales") == (
        date(2024, 1, 10), 1, None, Decimal(6)
    )  # fmt: skip


@pytest.mark.parametrize("as_of", ["2024-01-31", "2026-06-30"], ids=["read day by day", "read as a balance"])
def test_refunds_alone_are_not_a_customer(as_of: str) -> None:
    found = Lake([line("refund", -4, FIRST), line("o1", 10, FIRST, user_id="ben")])
    marts = ("gold_customer_facts", "mart_customer_segments", "mart_churn_indicators", "mart_customer_lifetime_value")
    for mart in marts:
        assert [row["user_id"] for row in found.rows(mart, as_of)] == ["ben"], mart
    loyal = found.rows("mart_loyalty_impact", as_of, "metric = 'customers' AND NOT period_type = 'all'")
    assert {row["non_loyal_numerator"] for row in loyal} == {1}


def test_customer_value_grows_by_orders_and_shrinks_by_refunds() -> None:
    rows = lake().rows("v_customer_ltv_history", order_by="order_date")
    names = ("active_day", "days_since_previous_order", "orders", "running_net_sales")
    assert [pick(row, *names) for row in rows] == [
        (1, None, 1, Decimal(7)),
        (1, None, 0, Decimal(4)),
        (2, 10, 1, Decimal("23.50")),
    ]


def test_a_day_with_refunds_only_is_not_an_open_day_but_its_money_counts() -> None:
    found = lake()
    month = found.row("mart_sales_trends", "level = 'chain' AND period_type = 'month'", "2024-01-31")
    assert pick(month, "open_days", "orders", *MONEY) == (
        2, 2, Decimal(32), Decimal(1), Decimal("12.50"), Decimal("18.50")
    )  # fmt: skip
    stores = found.rows("mart_location_performance", "2024-01-31", "period_type = 'month'", "restaurant_id")
    assert [pick(row, "open_days", "net_sales", "net_sales_per_open_day") for row in stores] == [
        (2, Decimal("23.50"), 11.75),
        (0, Decimal("-5.00"), None),
    ]
    ranking = found.rows("v_location_ranking", order_by="restaurant_id")
    assert [pick(row, "open_days", "first_order_date", "refund_amount") for row in ranking] == [
        (2, date(2024, 1, 10), Decimal("7.50")),
        (0, None, Decimal("5.00")),
    ]


def test_expected_values_use_only_weekdays_with_sales() -> None:
    """Eight Mondays have two orders, then one has refunds only, then the Monday after."""
    mondays = [(date(2024, 1, 1) + timedelta(days=7 * week)).isoformat() for week in range(8)]
    rows: list[Row] = [line(f"{day}-{n}", 10, day) for day in mondays for n in range(2)]
    found = Lake([*rows, line("refund", -99, "2024-02-26"), line("next", 10, "2024-03-04")])
    day = found.row("mart_sales_trends", "level = 'chain' AND period_type = 'day' AND period_start = DATE '2024-03-04'")
    assert pick(day, "expected_orders", "expected_net_sales") == (2.0, 20.0)


def test_an_item_with_refunds_only_has_no_rates() -> None:
    found = Lake([line("o1", 10, FIRST), line("o2", -3, FIRST, item_name="Soup")])
    row = found.row("mart_pricing_and_discounts", "level = 'item' AND item_key = 'soup'")
    assert pick(row, "lines", "attach_rate", "attach_rate_low", "unit_price", "refund_amount", "refund_share") == (
        0, None, None, None, Decimal("3.00"), None
    )  # fmt: skip
    top = found.row("v_top_items_30d", "item_key = 'soup'")
    assert pick(top, "attach_rate", "net_sales", "refund_amount") == (None, Decimal("-3.00"), Decimal("3.00"))
