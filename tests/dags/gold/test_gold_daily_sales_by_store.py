from decimal import Decimal

from tests.dags.gold.harness import Lake, line, pick

TABLE = "gold_daily_sales_by_store"


def test_money_and_counts_of_one_store_and_day() -> None:
    lake = Lake(
        [
            line("o1", 10, options=2.5, item_quantity=2),
            line("o1", 5, lineitem_id="o1-2", discount=1, is_loyalty=True),
            line("o2", 7, user_id=None),
            line("o3", 4, user_id="bob"),
        ]
    )
    row = lake.row(TABLE)
    assert pick(row, "restaurant_id", "currency", "orders", "items") == ("store-a", "USD", 3, 5)
    assert pick(row, "gross_sales", "discount_amount", "net_sales", "options_revenue") == (
        Decimal("28.5"), Decimal("1"), Decimal("27.5"), Decimal("2.5")
    )  # fmt: skip
    assert pick(row, "guest_orders", "guest_net_sales", "customers") == (1, Decimal("7"), 2)


def test_an_order_is_loyal_when_any_line_is() -> None:
    lake = Lake(
        [
            line("o1", 10),
            line("o1", 5, lineitem_id="o1-2", is_loyalty=True),
            line("o2", 7, user_id=None, is_loyalty=False),
        ]
    )
    row = lake.row(TABLE)
    assert pick(row, "loyalty_orders", "loyalty_net_sales") == (1, Decimal("15"))
    assert pick(row, "non_loyalty_orders", "non_loyalty_net_sales") == (1, Decimal("7"))


def test_test_channels_are_left_out() -> None:
    lake = Lake([line("o1", 10), line("o2", 500, app_name="Cafe - DEVELOPMENT", is_test=True)])
    assert pick(lake.row(TABLE), "orders", "net_sales") == (1, Decimal("10"))


def test_currencies_are_never_added() -> None:
    lake = Lake([line("o1", 10), line("o2", 20, currency="CAD"), line("o3", 1, currency="UNKNOWN")])
    found = {row["currency"]: row["net_sales"] for row in lake.rows(TABLE)}
    assert found == {"USD": Decimal("10"), "CAD": Decimal("20"), "UNKNOWN": Decimal("1")}


def test_an_order_in_two_stores_counts_once_and_its_money_counts_by_line() -> None:
    lake = Lake(
        [
            line("o1", 10, hour=9, restaurant_id="store-b"),
            line("o1", 3, hour=8, restaurant_id="store-a", lineitem_id="o1-2"),
        ]
    )
    found = [pick(row, "restaurant_id", "orders", "customers", "net_sales") for row in lake.rows(TABLE)]
    assert found == [("store-a", 1, 1, Decimal("3")), ("store-b", 0, 0, Decimal("10"))]


def test_a_user_of_two_channels_is_two_customers() -> None:
    lake = Lake([line("o1"), line("o2", app_name="Perks"), line("o3")])
    assert lake.row(TABLE)["customers"] == 2


def test_only_the_given_days_are_built() -> None:
    lake = Lake([line("o1", day="2024-01-10"), line("o2", day="2024-01-11"), line("o3", day="2024-01-12")])
    lake.build(TABLE, order_dates=["2024-01-10", "2024-01-12"])
    days = lake.query(f"SELECT CAST(order_date AS VARCHAR) AS day FROM biz_insights.{TABLE} ORDER BY 1")
    assert [row["day"] for row in days] == ["2024-01-10", "2024-01-12"]


def test_an_order_across_midnight_counts_on_each_date_with_that_dates_lines() -> None:
    lake = Lake([line("o1", 10, "2024-01-10", hour=23), line("o1", 4, "2024-01-11", hour=0, lineitem_id="o1-2")])
    found = [pick(row, "orders", "net_sales") for row in lake.rows(TABLE, order_by="order_date")]
    assert found == [(1, Decimal("10")), (1, Decimal("4"))]


def test_net_sales_of_an_order_are_squared_by_store_and_currency() -> None:
    lake = Lake(
        [
            line("o1", 10, options=2),
            line("o1", 5, lineitem_id="o1-2", discount=1),
            line("o1", 3, lineitem_id="o1-3", restaurant_id="store-b"),
            line("o2", -7, user_id=None),
            line("o3", 4, currency="CAD"),
            line("o4", 500, is_test=True),
        ]
    )
    found = {pick(row, "restaurant_id", "currency"): row["net_sales_squared"] for row in lake.rows(TABLE)}
    assert found == {("store-a", "USD"): 16**2, ("store-b", "USD"): 3**2, ("store-a", "CAD"): 4**2}
