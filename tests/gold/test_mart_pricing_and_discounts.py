import pytest

from tests.gold.harness import Lake, line, pick

TABLE = "mart_pricing_and_discounts"


def test_attach_rate_and_its_interval() -> None:
    lake = Lake([line(f"o{i}", 10, options=1.5 if i < 3 else 0) for i in range(10)])
    row = lake.row(TABLE, "level = 'item'")
    assert pick(row, "item_key", "lines", "lines_with_paid_option", "attach_rate") == ("bagel", 10, 3, 0.3)
    # Wilson, 95 %: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    assert pick(row, "attach_rate_low", "attach_rate_high") == pytest.approx((0.1078, 0.6032), abs=5e-5)
    assert pick(row, "options_revenue", "options_revenue_per_line", "unit_price") == (4.5, 0.45, 10.0)


@pytest.mark.parametrize("level", ["chain", "store", "item", "store_item"])
def test_every_level_adds_up_to_all_sales(level: str) -> None:
    lake = Lake(
        [
            line("o1", 10, options=2),
            line("o2", 5, restaurant_id="store-b", discount=1),
            line("o3", 7, item_name="Shake", item_category="Smoothies", user_id=None),
            line("o4", 700, is_test=True),
        ]
    )
    rows = lake.rows(TABLE, where=f"level = '{level}'")
    assert sum(row["net_sales"] for row in rows) == 23
    assert sum(row["lines"] for row in rows) == 3


def test_without_discounts_the_bound_is_three_over_n() -> None:
    row = Lake([line(f"o{i}") for i in range(60)]).row(TABLE, "level = 'chain'")
    assert pick(row, "discount_status", "discounted_order_share") == ("no_discounts_observed", 0.0)
    assert pick(row, "discounted_order_share_low", "discounted_order_share_high") == (0.0, 0.05)
    assert pick(row, "discounted_net_sales", "discounted_aov", "discount_depth") == (None, None, None)
    assert pick(row, "full_price_orders", "full_price_aov") == (60, 10.0)


def test_the_bound_of_a_few_orders_is_one() -> None:
    assert Lake([line("o1")]).row(TABLE, "level = 'chain'")["discounted_order_share_high"] == 1.0


def test_discounted_beside_full_price_orders() -> None:
    lake = Lake(
        [
            line("o1", 20, discount=5),
            line("o2", 20),
            line("o3", 30),
            line("o4", 30),
            line("o5", 10, restaurant_id="store-b"),
        ]
    )
    chain = lake.row(TABLE, "level = 'chain'")
    assert pick(chain, "discount_status", "discounted_orders", "discounted_order_share") == (
        "discounts_observed", 1, 0.2
    )  # fmt: skip
    assert pick(chain, "discounted_order_share_low", "discounted_order_share_high") == pytest.approx(
        (0.0362, 0.6245), abs=5e-5
    )
    assert pick(chain, "discounted_aov", "discount_depth", "full_price_aov") == (15.0, 0.25, 22.5)
    status = {row["restaurant_id"]: row["discount_status"] for row in lake.rows(TABLE, where="level = 'store'")}
    assert status == {"store-a": "discounts_observed", "store-b": "no_discounts_observed"}


def test_items_say_that_discounted_orders_are_not_counted_for_them() -> None:
    row = Lake([line("o1", 10, discount=2)]).row(TABLE, "level = 'item'")
    assert pick(row, "discount_status", "discounted_orders", "discount_amount") == ("not_counted_by_item", None, 2)
