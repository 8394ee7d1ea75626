from datetime import date
from decimal import Decimal

import pytest

from tests.dags.gold.harness import Lake, line, pick


def test_percentages_of_a_stores_day() -> None:
    lake = Lake(
        [
            line("o1", 30, options=10, is_loyalty=True),
            line("o2", 10, user_id=None, discount=10),
            line("o3", 10, restaurant_id="store-b", item_quantity=3),
        ]
    )
    row = lake.row("v_daily_sales_by_store", "restaurant_id = 'store-a'")
    assert pick(row, "aov", "guest_order_pct", "guest_net_sales_pct") == (20.0, 50.0, 0.0)
    assert pick(row, "loyalty_order_pct", "loyalty_net_sales_pct") == (50.0, 100.0)
    assert pick(row, "discount_pct", "options_revenue_pct", "net_sales_pct_of_day") == (20.0, 20.0, 80.0)


def test_top_items_of_the_last_thirty_published_days() -> None:
    lake = Lake(
        [
            line("o1", 900, "2024-01-01", item_name="Old"),
            line("o2", 10, "2024-01-02"),
            line("o3", 10, "2024-01-31", restaurant_id="store-b", options=1),
            line("o4", 9, "2024-01-31", item_name="Shake"),
        ]
    )
    rows = lake.rows("v_top_items_30d", order_by="net_sales_rank")
    assert [pick(row, "net_sales_rank", "item_name", "net_sales", "restaurants") for row in rows] == [
        (1, "Bagel", Decimal(21), 2), (2, "Shake", Decimal(9), 1)
    ]  # fmt: skip
    assert pick(rows[0], "first_date", "last_date", "net_sales_share", "attach_rate") == (
        date(2024, 1, 2), date(2024, 1, 31), pytest.approx(0.7), 0.5
    )  # fmt: skip


def test_there_are_at_most_fifty_top_items() -> None:
    lake = Lake([line(f"o{i}", i, item_name=f"Item {i}") for i in range(1, 61)])
    assert len(lake.rows("v_top_items_30d")) == 50


def test_locations_are_ranked_by_net_sales_and_by_order_value() -> None:
    lake = Lake([line("o1", 10), line("o2", 10), line("o3", 15, restaurant_id="store-b")])
    rows = lake.rows("v_location_ranking", order_by="restaurant_id")
    assert [pick(row, "net_sales_rank", "aov_rank", "aov") for row in rows] == [(1, 2, 10.0), (2, 1, 15.0)]


def test_the_view_has_the_same_ranks_as_the_mart() -> None:
    lake = Lake(
        [
            line(f"{store}{i}", price, f"2024-01-{10 + i}", restaurant_id=store)
            for store, price, orders in (("a", 10, 3), ("b", 25, 1), ("c", 10, 2), ("d", 7, 5))
            for i in range(orders)
        ]
    )
    names = ("restaurant_id", "currency", "net_sales", "orders", "aov", "net_sales_rank", "aov_rank", "open_days")
    view = [pick(row, *names) for row in lake.rows("v_location_ranking", order_by="restaurant_id")]
    mart = lake.rows("mart_location_performance", where="period_type = 'all'", order_by="restaurant_id")
    assert view == [pick(row, *names) for row in mart]


def test_customer_value_is_shown_day_by_day() -> None:
    lake = Lake(
        [
            line("o1", 10, "2024-01-01"),
            line("o2", 5, "2024-01-01"),
            line("o3", 7, "2024-01-04"),
            line("o4", 99, "2024-01-02", user_id="bob"),
        ]
    )
    rows = lake.rows("v_customer_ltv_history", where="user_id = 'ann'", order_by="order_date")
    names = ("active_day", "days_since_previous_order", "running_orders", "running_net_sales")
    assert [pick(row, *names) for row in rows] == [(1, None, 2, 15), (2, 3, 3, 22)]
