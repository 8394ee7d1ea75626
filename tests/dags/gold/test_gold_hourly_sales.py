from decimal import Decimal

from tests.dags.gold.harness import Lake, line, pick

TABLE = "gold_hourly_sales"


def test_all_lines_of_an_order_count_in_the_hour_of_its_earliest_line() -> None:
    lake = Lake(
        [
            line("o1", 10, hour=12),
            line("o1", 5, hour=11, lineitem_id="o1-2"),
            line("o2", 7, hour=23, user_id=None),
            line("o3", 9, hour=23, is_test=True),
        ]
    )
    found = [pick(row, "order_hour", "orders", "net_sales") for row in lake.rows(TABLE, order_by="order_hour")]
    assert found == [(11, 1, Decimal("15")), (23, 1, Decimal("7"))]


def test_late_hours_stay_on_their_local_day() -> None:
    # 23:00 in Chicago is the next day in UTC. Gold must use the date of silver.
    lake = Lake([line("o1", 7, "2024-01-10", hour=23)])
    row = lake.row(TABLE)
    assert (row["order_hour"], str(row["order_date"])) == (23, "2024-01-10")
