import pytest

from tests.dags.gold.harness import Lake, line, pick

TABLE = "mart_location_performance"
ALL = "period_type = 'all'"


def test_a_stores_period() -> None:
    lake = Lake(
        [
            line("o1", 10, "2024-01-10", is_loyalty=True),
            line("o2", 20, "2024-01-12"),
            line("o3", 30, "2024-01-12", user_id="bob"),
            line("o4", 40, "2024-01-12", user_id=None),
            line("o5", 50, "2024-01-12", restaurant_id="store-b", user_id="bob"),
            line("o6", 900, "2024-01-12", is_test=True),
        ]
    )
    row = lake.row(TABLE, f"{ALL} AND restaurant_id = 'store-a'")
    assert pick(row, "net_sales", "orders", "aov", "open_days", "net_sales_per_open_day") == (100, 4, 25.0, 2, 50.0)
    assert pick(row, "net_sales_rank", "aov_rank", "guest_order_share", "loyalty_order_share") == (1, 2, 0.25, 0.25)
    assert pick(row, "customers", "repeat_customer_share") == (2, 0.5)
    assert row["net_sales_share"] == pytest.approx(2 / 3)


def test_stores_of_equal_sales_share_a_rank() -> None:
    lake = Lake([line(f"o{store}", 10, restaurant_id=store) for store in "abc"] + [line("o4", 1, restaurant_id="d")])
    ranks = [row["net_sales_rank"] for row in lake.rows(TABLE, where=ALL, order_by="restaurant_id")]
    assert ranks == [1, 1, 1, 4]


def test_the_mix_adjusted_index_ignores_a_mix_of_more_expensive_categories() -> None:
    # Both stores have the same prices; store-b only sells more bowls.
    lake = Lake(
        [line(f"a{i}", 5) for i in range(3)]
        + [line("a9", 20, item_category="Bowls")]
        + [line("b1", 5, restaurant_id="store-b")]
        + [line(f"b{i}", 20, restaurant_id="store-b", item_category="Bowls") for i in range(2, 5)]
    )
    found = {row["restaurant_id"]: pick(row, "aov", "mix_adjusted_aov_index") for row in lake.rows(TABLE, where=ALL)}
    assert found == {"store-a": (8.75, 1.0), "store-b": (16.25, 1.0)}


def test_the_mix_adjusted_index_shows_higher_sales_for_the_same_mix() -> None:
    lake = Lake([line("a1", 6), line("b1", 2, restaurant_id="store-b")])
    found = {row["restaurant_id"]: row["mix_adjusted_aov_index"] for row in lake.rows(TABLE, where=ALL)}
    assert found == {"store-a": 1.5, "store-b": 0.5}


@pytest.mark.parametrize(
    ("opened", "as_of", "growth"),
    [
        ("2023-02-01", "2024-02-29", 0.5),
        ("2023-02-01", "2024-02-28", None),  # February is not over
        ("2023-02-02", "2024-02-29", None),  # the store opened during the earlier month
    ],
)
def test_same_store_growth_needs_two_whole_months(opened: str, as_of: str, growth: float | None) -> None:
    lake = Lake([line("o1", 20, opened), line("o2", 30, "2024-02-10")])
    where = "period_type = 'month' AND period_start = DATE '2024-02-01'"
    assert lake.row(TABLE, where, as_of)["same_store_growth"] == growth


@pytest.mark.parametrize(("days", "growth"), [(10, 0.0), (8, -0.2), (7, None)])
def test_growth_needs_nearly_as_many_days(days: int, growth: float | None) -> None:
    before = [line(f"b{n}", 10, f"2023-02-{n:02d}") for n in range(1, 11)]
    lake = Lake([*before, *(line(f"n{n}", 10, f"2024-02-{n:02d}") for n in range(1, days + 1))])
    row = lake.row(TABLE, "period_type = 'month' AND period_start = DATE '2024-02-01'", "2024-02-29")
    assert row["same_store_growth"] == (growth if growth is None else pytest.approx(growth))
    assert pick(row, "open_days", "open_days_year_ago", "net_sales_year_ago") == (days, 10, 100)


def test_a_year_is_compared_with_the_year_before() -> None:
    lake = Lake([line("o1", 20, "2022-01-01"), line("o2", 25, "2023-06-10")])
    row = lake.row(TABLE, "period_type = 'year' AND period_start = DATE '2023-01-01'", "2023-12-31")
    assert pick(row, "net_sales_year_ago", "same_store_growth") == (20, 0.25)


def test_currencies_are_ranked_separately() -> None:
    lake = Lake([line("o1", 10), line("o2", 999, restaurant_id="store-b", currency="CAD")])
    found = {
        row["restaurant_id"]: pick(row, "net_sales_rank", "net_sales_share") for row in lake.rows(TABLE, where=ALL)
    }
    assert found == {"store-a": (1, 1.0), "store-b": (1, 1.0)}
