from datetime import date
from decimal import Decimal

import pytest

from tests.dags.gold.harness import Lake, line, pick

TABLE = "gold_customer_facts"


def test_gaps_of_a_returning_customer() -> None:
    lake = Lake(
        [
            line("o1", 10, "2024-01-01"),
            line("o2", 20, "2024-01-11"),
            line("o3", 5, "2024-01-11"),
            line("o4", 8, "2024-01-15", options=2, is_loyalty=True),
        ]
    )
    row = lake.row(TABLE, as_of="2024-01-31")
    assert pick(row, "first_order_date", "last_order_date") == (date(2024, 1, 1), date(2024, 1, 15))
    assert pick(
        row,
        "active_days",
        "repeat_active_days",
        "days_first_to_last_order",
        "days_since_first_order",
        "days_since_last_order",
    ) == (3, 2, 14, 30, 16)
    assert pick(row, "mean_gap_days", "longest_gap_days") == (7.0, 10)
    assert pick(row, "orders", "net_sales", "loyalty_orders", "loyalty_net_sales") == (4, 45, 1, 10)


def test_one_active_day_has_no_gap() -> None:
    row = Lake([line("o1"), line("o2")]).row(TABLE)
    assert pick(row, "repeat_active_days", "days_first_to_last_order", "mean_gap_days", "longest_gap_days") == (
        0,
        0,
        None,
        None,
    )


def test_windows_end_with_the_as_of_date() -> None:
    as_of = "2024-06-30"
    days_ago = {0: "2024-06-30", 29: "2024-06-01", 30: "2024-05-31", 89: "2024-04-02", 90: "2024-04-01",
                179: "2024-01-03", 180: "2024-01-02", 364: "2023-07-02", 365: "2023-07-01"}  # fmt: skip
    lake = Lake([line(f"o{ago}", 1, day) for ago, day in days_ago.items()])
    row = lake.row(TABLE, as_of=as_of)
    assert pick(
        row, "orders_last_30d", "orders_last_90d", "orders_previous_90d", "orders_last_365d", "orders"
    ) == (2, 4, 2, 8, 9)  # fmt: skip
    assert pick(
        row, "net_sales_last_30d", "net_sales_last_90d", "net_sales_previous_90d", "net_sales_last_365d"
    ) == (2, 4, 2, 8)  # fmt: skip


def test_days_after_the_as_of_date_do_not_count() -> None:
    lake = Lake([line("o1", 10, "2024-01-10"), line("o2", 99, "2024-02-01")])
    row = lake.row(TABLE, as_of="2024-01-31")
    assert pick(row, "orders", "net_sales", "as_of_date") == (1, 10, date(2024, 1, 31))


def test_guests_are_not_customers() -> None:
    assert Lake([line("o1", user_id=None)]).rows(TABLE) == []


@pytest.mark.parametrize(
    ("day", "score"),
    [("2024-06-16", 5), ("2024-06-15", 4), ("2024-05-31", 4), ("2024-05-30", 3), ("2024-04-01", 3),
     ("2024-03-31", 2), ("2024-01-02", 2), ("2024-01-01", 1)],
)  # fmt: skip
def test_recency_scores_by_fixed_days(day: str, score: int) -> None:
    assert Lake([line("o1", day=day)]).row(TABLE, as_of="2024-06-30")["r_score"] == score


@pytest.mark.parametrize(("orders", "score"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (9, 4), (10, 5), (40, 5)])
def test_frequency_scores_by_fixed_counts(orders: int, score: int) -> None:
    assert Lake([line(f"o{i}") for i in range(orders)]).row(TABLE)["f_score"] == score


def money_scores(lake: Lake, as_of: str) -> dict[str, int]:
    return {row["user_id"]: row["m_score"] for row in lake.rows(TABLE, as_of)}


def test_money_scores_are_quintiles() -> None:
    lake = Lake([line(f"o{i}", i, "2024-01-10", user_id=f"u{i:02}") for i in range(1, 11)])
    assert list(money_scores(lake, "2024-01-31").values()) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_equal_amounts_never_get_different_money_scores() -> None:
    amounts = [5, 5, 5, 5, 5, 5, 5, 9, 9, 20]
    lake = Lake([line(f"o{i}", amount, user_id=f"u{i}") for i, amount in enumerate(amounts)])
    by_amount: dict[int, set[int]] = {}
    for user, score in money_scores(lake, "2024-01-31").items():
        by_amount.setdefault(amounts[int(user[1:])], set()).add(score)
    assert by_amount == {5: {1}, 9: {4}, 20: {5}}


def test_money_cutoffs_are_frozen_at_the_start_of_the_quarter() -> None:
    before = [line(f"a{i}", 10 * i, "2023-12-10", user_id=f"u{i}") for i in range(1, 6)]
    after = [line(f"b{i}", 1000, "2024-01-10", user_id=f"new{i}") for i in range(5)]
    alone, crowded = Lake(before), Lake([*before, *after])
    old = money_scores(alone, "2024-01-31")
    assert old == {"u1": 1, "u2": 2, "u3": 3, "u4": 4, "u5": 5}
    assert {user: score for user, score in money_scores(crowded, "2024-01-31").items() if user in old} == old
    assert crowded.row(TABLE, "user_id = 'u1'", "2024-01-31")["m_cutoffs_frozen_on"] == date(2024, 1, 1)


def test_each_currency_has_its_own_money_cutoffs() -> None:
    lake = Lake(
        [line(f"o{i}", i, user_id=f"u{i}") for i in range(1, 6)]
        + [line("c", Decimal(1), user_id="cad", currency="CAD")]
    )
    assert money_scores(lake, "2024-01-31")["cad"] == 1
