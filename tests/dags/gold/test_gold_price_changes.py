"""Price changes found in weekly prices, and the sales that are compared before and after them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.dags.gold.harness import Lake, Row, line, pick
from tests.dags.gold.item_days import FIRST_MONDAY, item_day_lake, simulated_item_days, weeks_of

TABLE = "gold_price_changes"
WEEKS = 60
CHANGED = [5.0] * 30 + [5.5] * 30  # in week 30
UNCHANGED = [4.0] * WEEKS


def monday(week: int) -> date:
    return FIRST_MONDAY + timedelta(days=7 * week)


def wrap_change(*frames: Any) -> Row:
    return item_day_lake(*frames).row(TABLE, "item_key = 'wrap'")


def test_a_change_with_the_units_before_and_after_it() -> None:
    row = wrap_change(weeks_of("wrap", CHANGED), weeks_of("soup", UNCHANGED, 7), weeks_of("cake", UNCHANGED, 2))
    assert pick(row, "item_key", "item_name", "change_week", "last_week_at_old_price") == (
        "wrap", "WRAP", monday(30), monday(29)
    )  # fmt: skip
    assert pick(row, "old_unit_price", "new_unit_price") == (Decimal("5.00"), Decimal("5.50"))
    assert row["price_change"] == pytest.approx(0.1)
    assert pick(row, "items_before", "items_after", "use_status") == (130, 130, "usable")
    assert pick(row, "siblings", "sibling_items_before", "sibling_items_after") == (2, 13 * 9, 13 * 9)


def test_siblings_are_unchanged_items_of_the_store_and_category_sold_throughout() -> None:
    row = wrap_change(
        weeks_of("wrap", CHANGED),
        weeks_of("soup", UNCHANGED, 3),
        weeks_of(
            "rare", [4.0 if week in (2, 58) else None for week in range(WEEKS)]
        ),  # sold before and after the windows
        # An item that sold on one side only is a sibling too. Without it the siblings would seem to grow less.
        weeks_of("late", [4.0 if week in (2, 35, 58) else None for week in range(WEEKS)], 5),
        weeks_of("new", [None] * 25 + [4.0] * 35),
        weeks_of("gone", [4.0] * 40 + [None] * 20),
        weeks_of("other", UNCHANGED, category="Bowls"),
        weeks_of("other", UNCHANGED, store="store-b"),
        weeks_of("dearer", [4.0] * 20 + [6.0] * 2 + [4.5] * 38),  # the week is not clear, but the price changed
    )
    # The rare item sold nothing in these weeks and is not counted as a sibling.
    assert pick(row, "siblings", "sibling_items_before", "sibling_items_after") == (2, 39, 44)


@pytest.mark.parametrize(
    "prices",
    [
        [5.0] * 30 + [4.0] + [5.0] * 29,  # a week's promotion
        [5.0] * 30 + [0.0] + [5.0] * 29,  # given away
        [5.0] * 30 + [5.04] * 30,  # under 1 %
        [5.0 + (week * 7 % 5) / 2 for week in range(WEEKS)],  # the price is different every week
        [5.0, 6.0, 6.0],  # too few weeks
    ],
)
def test_prices_without_a_lasting_change(prices: list[float]) -> None:
    assert item_day_lake(weeks_of("wrap", prices), weeks_of("soup", UNCHANGED)).rows(TABLE) == []


@pytest.mark.parametrize(
    ("prices", "change_week", "last_old_week"),
    [
        ([5.0] * 29 + [5.2] + [5.5] * 30, 30, 28),  # the week between has both prices
        ([5.0] * 29 + [0.0] + [5.5] * 30, 30, 28),
        ([5.0] * 30 + [5.5] + [1.0] + [5.5] * 28, 30, 29),  # a mistake soon after
        ([5.0] * 28 + [None] * 4 + [5.5] * 28, 32, 27),  # not sold in four weeks
    ],
)
def test_noise_near_a_change_does_not_move_its_date(
    prices: list[float | None], change_week: int, last_old_week: int
) -> None:
    row = wrap_change(weeks_of("wrap", prices), weeks_of("soup", UNCHANGED))
    assert pick(row, "change_week", "last_week_at_old_price") == (monday(change_week), monday(last_old_week))
    assert pick(row, "old_unit_price", "new_unit_price", "use_status") == (Decimal("5"), Decimal("5.5"), "usable")
    assert pick(row, "items_before", "items_after") == (130, 130)


@pytest.mark.parametrize(
    ("prices", "status"),
    [
        ([5.0] * 30 + [11.0] * 30, "not_comparable"),
        ([5.0] * 25 + [None] * 9 + [5.5] * 26, "not_dated"),
        ([5.0] * 10 + [5.5] * 50, "window_incomplete"),
        ([5.0] * 50 + [5.5] * 10, "window_incomplete"),
        ([None] * 20 + [5.0] * 10 + [5.5] * 30, "item_not_sold_throughout"),
        ([5.0] * 30 + [5.5] * 10 + [None] * 20, "item_not_sold_throughout"),
    ],
)
def test_unusable_changes_have_a_reason(prices: list[float | None], status: str) -> None:
    row = wrap_change(weeks_of("wrap", prices), weeks_of("soup", UNCHANGED))
    assert row["use_status"] == status
    assert (row["items_before"] is None) == (status == "not_dated")


def test_two_changes_of_an_item_in_one_window_are_not_used() -> None:
    lake = item_day_lake(weeks_of("wrap", [5.0] * 25 + [5.5] * 10 + [6.0] * 25), weeks_of("soup", UNCHANGED))
    assert [pick(row, "change_week", "use_status") for row in lake.rows(TABLE, order_by="change_week")] == [
        (monday(25), "another_change_in_window"), (monday(35), "another_change_in_window")
    ]  # fmt: skip


def test_a_change_without_siblings_is_not_used() -> None:
    soup = weeks_of("soup", [4.0] * 30 + [4.4] * 30)
    row = wrap_change(weeks_of("wrap", CHANGED), soup, weeks_of("bowl", UNCHANGED, category="Bowls"))
    assert pick(row, "siblings", "use_status") == (0, "no_unchanged_siblings")


def test_a_very_large_order_is_capped() -> None:
    bulk = weeks_of("wrap", [5.5], 500)
    bulk["order_date"] = [monday(35) + timedelta(days=1)]
    row = wrap_change(weeks_of("wrap", CHANGED), bulk, weeks_of("soup", UNCHANGED))
    assert pick(row, "items_before", "items_after") == (130, 12 * 10 + 50)


def test_the_unit_price_is_the_amount_over_the_quantity() -> None:
    days = [(date(2022, 1, 5) + timedelta(days=7 * week)).isoformat() for week in range(WEEKS)]
    lines = [
        line(f"o{week}", 5.0 * (1 + week % 3), day, item_quantity=1 + week % 3, source_id=week)
        for week, day in enumerate(days)
    ]
    assert Lake(lines).rows(TABLE) == []


def test_simulated_changes_are_found_with_their_prices() -> None:
    rows = item_day_lake(simulated_item_days(5, 0.0)).rows(TABLE)
    assert 160 <= len(rows) <= 200  # five stores x thirty items x two rounds, six in ten items change
    usable = [row for row in rows if row["use_status"] == "usable"]
    assert len(usable) > 140
    assert all(0.03 < abs(row["price_change"]) < 0.165 for row in rows)
    assert all(row["siblings"] >= 1 and row["items_before"] + row["items_after"] > 0 for row in usable)


def test_one_day_of_sales_has_no_changes() -> None:
    assert Lake([line("o1", 0), line("o2", -3, item_name="Refund")]).rows(TABLE) == []
