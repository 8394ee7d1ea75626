"""Unusual sources in mart_sales_trends and mart_location_performance: rows have valid values and a status."""

from __future__ import annotations

from datetime import date, timedelta
from math import isfinite

import numpy as np
import pytest

from tests.dags.gold.harness import Lake, Row, calendar_day, line, pick
from tests.dags.gold.store_days import store_day_lake, store_days

TRENDS, LOCATIONS = "mart_sales_trends", "mart_location_performance"
ALL = "period_type = 'all'"


def days_of(first: str, amounts: list[float], **fields: object) -> list[Row]:
    start = date.fromisoformat(first)
    days = [(start + timedelta(days=i), amount) for i, amount in enumerate(amounts)]
    return [line(f"{first}-{day}", amount, day.isoformat(), **fields) for day, amount in days]


NEGATIVE = [-10.0, 5.0, -2.0, 0.0] * 30
SOURCES = {
    "one store, one day": [line("o1", 10)],
    "one free order": [line("o1", 0)],
    "one refund": [line("o1", -10)],
    "negative amounts": days_of("2023-01-02", NEGATIVE) + days_of("2023-01-02", NEGATIVE, restaurant_id="b"),
    "nothing but free orders": [
        row for store in "abc" for row in days_of("2023-01-02", [0.0] * 100, restaurant_id=store)
    ],
    "several currencies": days_of("2024-01-01", [10.0] * 9) + days_of("2024-01-01", [900.0] * 9, currency="JPY"),
    "all guests": days_of("2024-01-01", [10.0, 20.0], user_id=None),
    "before 1970": days_of("1969-12-25", [10.0] * 14) + days_of("1899-12-30", [5.0]),
    "far ahead": days_of("2199-12-25", [10.0] * 14),
    "a mistyped year": days_of("2024-01-01", [10.0] * 9) + days_of("9999-12-30", [10.0]),
    "neither store nor currency": [line("o1", 10, restaurant_id=None, currency=None)],
    "huge amounts": [line(f"o{i}", 9_999_999_999 + i, restaurant_id=f"s{i % 4}") for i in range(12)],
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_row_has_valid_values(name: str) -> None:
    lake = Lake(SOURCES[name], [calendar_day("2024-01-01", "New Year's Day")])
    for mart, statuses in ((TRENDS, ("anomaly_status", "holiday_effect_status")), (LOCATIONS, ("aov_status",))):
        rows = lake.rows(mart)
        assert rows
        for row in rows:
            assert all(row[status] for status in statuses)
            assert [name for name, value in row.items() if isinstance(value, float) and not isfinite(value)] == []


def test_a_change_against_zero_or_less_is_null() -> None:
    lake = Lake(
        [*days_of("2022-12-05", [1.0]), *days_of("2023-01-02", [-10.0] * 7 + [5.0] * 7 + [0.0] * 7 + [3.0] * 7)]
    )
    weeks = lake.rows(TRENDS, "2023-01-31", "level = 'chain' AND period_type = 'week'", "period_start")
    names = ("net_sales_previous_week", "net_sales_week_over_week")
    assert [pick(row, *names) for row in weeks[1:]] == [(None, None), (-70, None), (35, -1.0), (0, None)]
    years = Lake([line("o1", 10, "2022-01-01"), line("o1-refund", -15, "2022-01-02"), line("o2", 10, "2023-01-01")])
    row = years.row(LOCATIONS, "period_type = 'year' AND period_start = DATE '2023-01-01'", "2023-12-31")
    assert pick(row, "net_sales_year_ago", "same_store_growth") == (-5, None)


def test_days_with_refunds_are_judged_by_orders() -> None:
    rng = np.random.default_rng(4)
    days = store_days(rng.poisson(50, 280))
    days["net_sales"] = -days["net_sales"]
    rows = store_day_lake(days, [calendar_day("2020-09-07", "Labor Day")]).rows(TRENDS, where="level = 'chain'")
    judged = [row for row in rows if row["anomaly_status"] == "judged"]
    assert len(judged) == 280 - 56
    assert all(row["expected_net_sales"] == -10 * row["expected_orders"] for row in judged)
    (holiday,) = (row for row in rows if row["is_holiday"])
    assert pick(holiday, "holiday_effect", "holiday_effect_days", "holiday_effect_status") == (
        None, 0, "insufficient_data"
    )  # fmt: skip


def test_guests_count_in_sales_and_not_as_customers() -> None:
    row = Lake(days_of("2024-01-01", [10.0, 20.0], user_id=None)).row(LOCATIONS, ALL)
    assert pick(row, "orders", "aov", "guest_order_share", "customers", "repeat_customer_share") == (
        2,
        15.0,
        1.0,
        0,
        None,
    )


def test_an_order_with_a_mistyped_future_year_is_not_counted() -> None:
    lake = Lake(SOURCES["a mistyped year"])
    assert {row["period_start"].year for row in lake.rows(TRENDS, "2024-01-31", "period_type = 'day'")} == {2024}
    assert lake.row(LOCATIONS, ALL, "2024-01-31")["orders"] == 9
