from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from tests.dags.gold.harness import Lake, Row, calendar_day, line, pick

TABLE = "mart_sales_trends"
CHAIN_DAYS = "level = 'chain' AND period_type = 'day'"
CHAIN_WEEKS = "level = 'chain' AND period_type = 'week'"


def daily(first: str, amounts: Sequence[int | None], **fields: object) -> list[Row]:
    """Return one order on each day from `first`; None is a closed day."""
    start = date.fromisoformat(first)
    days = [(start + timedelta(days=i), amount) for i, amount in enumerate(amounts)]
    return [line(f"{day}", amount, day.isoformat(), **fields) for day, amount in days if amount is not None]


def by_start(rows: list[Row], column: str) -> dict[str, object]:
    return {str(row["period_start"]): row[column] for row in rows}


def test_levels_and_periods_have_the_same_sales() -> None:
    lake = Lake(
        [
            line("o1", 10, "2024-01-10"),
            line("o1", 4, "2024-01-10", lineitem_id="o1-2", item_category="Bowls"),
            line("o2", 6, "2024-01-10", restaurant_id="store-b", user_id=None),
            line("o3", 99, "2024-01-10", is_test=True),
        ]
    )
    rows = lake.rows(TABLE, where="period_type = 'day'")
    found = {pick(row, "level", "level_key"): pick(row, "net_sales", "orders", "aov") for row in rows}
    assert found == {
        ("chain", "all"): (20, 2, 10.0),
        ("store", "store-a"): (14, 1, 14.0),
        ("store", "store-b"): (6, 1, 6.0),
        ("category", "Breakfast"): (16, 2, 8.0),
        ("category", "Bowls"): (4, 1, 4.0),
    }
    shares = {pick(row, "level", "level_key"): row["net_sales_share"] for row in rows}
    assert (shares["store", "store-a"], shares["category", "Bowls"]) == (0.7, 0.2)


def test_the_seven_day_mean_needs_seven_days_and_skips_closed_ones() -> None:
    lake = Lake(daily("2024-01-01", [10, 20, 30, None, 40, 50, 60, 70, 80]))
    means = by_start(lake.rows(TABLE, "2024-01-31", CHAIN_DAYS), "net_sales_mean_7d")
    assert "2024-01-04" not in means
    assert means["2024-01-07"] is None
    assert means["2024-01-08"] == 40.0
    assert means["2024-01-09"] == 50.0


def test_week_over_week_compares_whole_weeks_only() -> None:
    # Sales begin on Wednesday 3 January; weeks start on the 1st, 8th, 15th, 22nd and 29th.
    lake = Lake(daily("2024-01-03", [10] * 5 + [10] * 7 + [20] * 7 + [20] * 7 + [20] * 2))
    rows = lake.rows(TABLE, "2024-01-30", CHAIN_WEEKS)
    assert by_start(rows, "is_whole_period") == {
        "2024-01-01": False, "2024-01-08": True, "2024-01-15": True, "2024-01-22": True, "2024-01-29": False
    }  # fmt: skip
    assert by_start(rows, "net_sales_week_over_week") == {
        "2024-01-01": None, "2024-01-08": None, "2024-01-15": 1.0, "2024-01-22": 0.0, "2024-01-29": None
    }  # fmt: skip
    assert by_start(rows, "net_sales_previous_week")["2024-01-15"] == 70


def test_a_week_after_a_closed_week_has_no_comparison() -> None:
    lake = Lake(daily("2024-01-01", [10] * 7 + [None] * 7 + [10] * 7))
    changes = by_start(lake.rows(TABLE, "2024-01-31", CHAIN_WEEKS), "net_sales_week_over_week")
    assert changes == {"2024-01-01": None, "2024-01-15": None}


def test_year_over_year_by_weekday_and_by_calendar() -> None:
    lake = Lake(
        [
            *daily("2023-01-01", [1]),
            *daily("2023-03-07", [10]),  # the Tuesday 364 days before 5 March 2024
            *daily("2023-03-05", [20]),
            *daily("2024-03-05", [30]),
        ]
    )
    row = lake.row(TABLE, f"{CHAIN_DAYS} AND period_start = DATE '2024-03-05'", as_of="2024-03-31")
    assert pick(row, "net_sales_year_ago_weekday", "net_sales_yoy_weekday") == (10, 2.0)
    assert pick(row, "net_sales_year_ago_calendar", "net_sales_yoy_calendar") == (20, 0.5)


@pytest.mark.parametrize(
    ("days", "days_before", "compared"),
    [(7, 7, True), (6, 7, True), (7, 6, True), (5, 7, False), (7, 5, False), (1, 7, False)],
)
def test_weeks_are_compared_when_both_have_nearly_as_many_days(days: int, days_before: int, compared: bool) -> None:
    """80 % of the days are needed: 6 of 7 are compared, 5 of 7 are not. The numbers of days are shown in both cases."""
    lake = Lake(
        [
            *daily("2022-12-31", [1]),
            *daily("2023-03-06", [10] * days_before),  # 364 days before Monday 4 March 2024
            *daily("2024-02-26", [10] * days_before),
            *daily("2024-03-04", [20] * days),
        ]
    )
    row = lake.row(TABLE, f"{CHAIN_WEEKS} AND period_start = DATE '2024-03-04'", "2024-03-31")
    assert pick(row, "open_days", "open_days_year_ago_weekday", "open_days_previous_week") == (
        days,
        days_before,
        days_before,
    )
    change = 2 * days / days_before - 1 if compared else None
    assert (
        pick(row, "net_sales_yoy_weekday", "net_sales_week_over_week")
        == (change if change is None else pytest.approx(change),) * 2
    )
    assert row["net_sales_year_ago_weekday"] == 10 * days_before


def test_a_month_is_not_compared_with_a_month_of_few_days() -> None:
    lake = Lake([*daily("2023-01-01", [1]), *daily("2023-03-05", [20]), *daily("2024-03-01", [1] * 31)])
    where = "level = 'chain' AND period_type = 'month' AND period_start = DATE '2024-03-01'"
    row = lake.row(TABLE, where, "2024-03-31")
    assert pick(row, "net_sales_yoy_calendar", "open_days", "open_days_year_ago_calendar") == (None, 31, 1)


@pytest.mark.parametrize(("as_of", "change"), [("2024-03-31", 0.5), ("2024-03-30", None)])
def test_a_month_is_compared_when_it_is_over(as_of: str, change: float | None) -> None:
    lake = Lake([*daily("2023-01-01", [1]), *daily("2023-03-05", [20]), *daily("2024-03-05", [30])])
    where = "level = 'chain' AND period_type = 'month' AND period_start = DATE '2024-03-01'"
    row = lake.row(TABLE, where, as_of)
    assert pick(row, "net_sales_yoy_calendar", "net_sales_yoy_weekday") == (change, None)


def test_the_month_in_which_a_store_opened_is_not_compared() -> None:
    lake = Lake([*daily("2023-03-05", [20]), *daily("2024-03-05", [30])])
    where = "level = 'store' AND period_type = 'month' AND period_start = DATE '2024-03-01'"
    assert lake.row(TABLE, where, "2024-03-31")["net_sales_yoy_calendar"] is None


def test_the_calendar_flags_holidays_and_each_day_counts_once() -> None:
    lake = Lake(
        daily("2023-12-24", [10, 20]) + daily("2024-01-01", [30]),
        [calendar_day("2023-12-24"), calendar_day("2023-12-25", "Christmas"), calendar_day("2023-12-25")],
    )
    rows = lake.rows(TABLE, where=CHAIN_DAYS, order_by="period_start")
    assert [pick(row, "period_start", "net_sales", "is_holiday", "holiday_name") for row in rows] == [
        (date(2023, 12, 24), 10, False, None),
        (date(2023, 12, 25), 20, True, "Christmas"),
        (date(2024, 1, 1), 30, None, None),
    ]


def test_currencies_have_their_own_rows() -> None:
    lake = Lake([line("o1", 10), line("o2", 20, currency="CAD")])
    found = {row["currency"]: pick(row, "net_sales", "net_sales_share") for row in lake.rows(TABLE, where=CHAIN_DAYS)}
    assert found == {"USD": (10, 1.0), "CAD": (20, 1.0)}
