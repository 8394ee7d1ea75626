from decimal import Decimal

from tests.dags.gold.harness import Lake, line, pick

TABLE = "gold_discounts_by_day"


def test_one_discounted_line_makes_the_order_discounted() -> None:
    lake = Lake(
        [
            line("o1", 10, discount=2),
            line("o1", 5, lineitem_id="o1-2"),
            line("o2", 8),
            line("o3", 100, discount=50, is_test=True),
        ]
    )
    row = lake.row(TABLE)
    assert pick(row, "orders", "discounted_orders", "full_price_orders") == (2, 1, 1)
    assert pick(row, "discounted_gross_sales", "discount_amount", "discounted_net_sales") == (
        Decimal("15"), Decimal("2"), Decimal("13")
    )  # fmt: skip
    assert pick(row, "full_price_net_sales", "no_discounts_observed") == (Decimal("8"), False)


def test_a_day_without_discounts_is_marked() -> None:
    row = Lake([line("o1", 10)]).row(TABLE)
    assert pick(row, "discounted_orders", "discounted_net_sales", "no_discounts_observed") == (0, 0, True)


def test_net_sales_of_whole_orders_are_squared() -> None:
    lake = Lake(
        [
            line("o1", 10, discount=2),
            line("o1", 5, lineitem_id="o1-2"),
            line("o2", 8),
            line("o3", -3),
            line("o4", 6),
            line("o4", 7, lineitem_id="o4-2", restaurant_id="store-b"),
        ]
    )
    squares = ("discounted_net_sales_squared", "full_price_net_sales_squared")
    first, second = lake.rows(TABLE, order_by="restaurant_id")
    assert pick(first, *squares) == (13.0**2, 8.0**2 + 6.0**2)
    assert pick(second, *squares) == (0.0, 7.0**2)
