from decimal import Decimal

from tests.dags.gold.harness import Lake, line, pick

TABLE = "gold_customer_day"


def test_a_customers_day_across_stores_categories_and_hours() -> None:
    lake = Lake(
        [
            line("o1", 10, hour=8, options=1, item_quantity=2),
            line("o1", 5, hour=8, lineitem_id="o1-2", item_category="Smoothies"),
            line("o2", 7, hour=18, restaurant_id="store-b", is_loyalty=True),
            line("o3", 3, hour=9, discount=1),
        ]
    )
    row = lake.row(TABLE)
    assert pick(row, "app_name", "user_id", "currency", "orders", "items") == ("Cafe", "ann", "USD", 3, 5)
    assert pick(row, "gross_sales", "discount_amount", "net_sales", "options_revenue") == (
        Decimal("26"), Decimal("1"), Decimal("25"), Decimal("1")
    )  # fmt: skip
    assert pick(row, "loyalty_orders", "loyalty_net_sales") == (1, Decimal("7"))
    assert pick(row, "restaurant_ids", "restaurant_orders") == (["store-a", "store-b"], [2, 1])
    assert pick(row, "item_categories", "item_category_orders") == (["Breakfast", "Smoothies"], [3, 1])


def test_every_hour_is_in_one_daypart() -> None:
    lake = Lake([line(f"o{hour}", hour=hour) for hour in range(24)])
    row = lake.row(TABLE)
    assert pick(
        row, "morning_orders", "midday_orders", "afternoon_orders", "evening_orders", "night_orders"
    ) == (6, 3, 3, 4, 8)  # fmt: skip
    assert row["orders"] == 24


def test_an_order_is_placed_in_the_hour_of_its_earliest_line() -> None:
    lake = Lake([line("o1", hour=11), line("o1", hour=10, lineitem_id="o1-2")])
    assert pick(lake.row(TABLE), "morning_orders", "midday_orders") == (1, 0)


def test_guests_and_test_channels_are_left_out() -> None:
    assert Lake([line("o1", user_id=None), line("o2", is_test=True)]).rows(TABLE) == []


def test_customers_are_separate_by_channel_and_currency() -> None:
    lake = Lake([line("o1", 1), line("o2", 2, app_name="Perks"), line("o3", 4, currency="CAD")])
    found = {pick(row, "app_name", "currency", "net_sales") for row in lake.rows(TABLE)}
    assert found == {("Cafe", "USD", Decimal(1)), ("Perks", "USD", Decimal(2)), ("Cafe", "CAD", Decimal(4))}


def test_an_order_in_two_currencies_counts_in_the_first() -> None:
    lake = Lake([line("o1", 1, hour=8), line("o1", 2, hour=9, lineitem_id="o1-2", currency="CAD")])
    found = {row["currency"]: pick(row, "orders", "net_sales", "restaurant_ids") for row in lake.rows(TABLE)}
    assert found == {"USD": (1, Decimal(1), ["store-a"]), "CAD": (0, Decimal(2), None)}
