from datetime import date

from tests.gold.harness import Lake, line, pick

TABLE = "mart_churn_indicators"
AS_OF = "2024-06-30"


def test_a_customer_who_slows_down() -> None:
    lake = Lake(
        [
            line("o1", 10, "2024-01-11"),
            line("o2", 10, "2024-02-10"),
            line("o3", 10, "2024-03-11"),
            line("o4", 10, "2024-04-10"),
        ]
    )
    row = lake.row(TABLE, as_of=AS_OF)
    assert pick(row, "last_order_date", "days_since_last_order") == (date(2024, 4, 10), 81)
    assert pick(row, "mean_gap_days", "days_since_last_order_per_mean_gap") == (30.0, 2.7)
    assert pick(row, "orders_last_90d", "orders_previous_90d", "orders_change_90d") == (1, 3, -2)
    assert row["orders_change_rate_90d"] == -2 / 3
    assert pick(row, "net_sales", "net_sales_last_90d", "net_sales_previous_90d") == (40, 10, 30)


def test_the_45_day_rule_counts_from_the_as_of_date() -> None:
    lake = Lake([line("o1", day="2024-05-16"), line("o2", day="2024-05-15", user_id="bob")])
    found = {row["user_id"]: row["reference_rule_45_days_inactive"] for row in lake.rows(TABLE, AS_OF)}
    assert found == {"ann": False, "bob": True}


def test_a_one_time_customer_has_no_rhythm() -> None:
    row = Lake([line("o1", day="2024-06-01")]).row(TABLE, as_of=AS_OF)
    assert pick(row, "mean_gap_days", "days_since_last_order_per_mean_gap", "orders_change_rate_90d") == (
        None, None, None
    )  # fmt: skip
