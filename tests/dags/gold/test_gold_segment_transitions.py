"""Moves between segments: segments equal those of the mart at each month end, and every move is counted once."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from tests.dags.gold.harness import DATABASE, Lake, Row, line, pick

TABLE = "gold_segment_transitions"
MONTH_ENDS = [
    "2022-12-31", "2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30", "2023-05-31", "2023-06-30", "2023-07-31",
    "2023-08-31", "2023-09-30", "2023-10-31", "2023-11-30", "2023-12-31",
]  # fmt: skip


def random_orders(seed: int, customers: int = 40) -> list[Row]:
    """Return orders of customers in two currencies over two years; some customers and one currency start later."""
    rng = random.Random(seed)
    rows = []
    for number in range(customers):
        start = date(2022, 3, 1) + timedelta(days=rng.randrange(700))
        for visit in range(rng.choice([1, 1, 2, 4, 8, 15])):
            day = start + timedelta(days=int(visit * rng.expovariate(1 / 30)))
            currency = "CAD" if number % 5 == 0 and day >= date(2023, 2, 10) else "USD"
            rows.append(
                line(
                    f"{number}-{visit}",
                    rng.randrange(2, 60),
                    min(day, date(2024, 1, 20)).isoformat(),
                    user_id=f"user-{number}",
                    currency=currency,
                )
            )
    return rows


def moves_of_the_mart(lake: Lake) -> dict[tuple[str, str, str, str], int]:
    """Count the moves from the mart at every month end: the table must have the same."""
    segments: list[dict[tuple[str, str], str]] = []
    for month_end in MONTH_ENDS:
        rows = lake.rows("mart_customer_segments", month_end)
        segments.append({(row["user_id"], row["currency"]): row["segment"] for row in rows})
    counts: dict[tuple[str, str, str, str], int] = {}
    for (before, after), month_end in zip(pairwise(segments), MONTH_ENDS[1:], strict=True):
        for customer, segment in after.items():
            key = (customer[1], month_end, before.get(customer, "No order yet"), segment)
            counts[key] = counts.get(key, 0) + 1
    return counts


@pytest.mark.parametrize("seed", [1, 2])
def test_moves_equal_those_between_the_marts_of_month_ends(seed: int) -> None:
    lake = Lake(random_orders(seed))
    expected = moves_of_the_mart(lake)
    rows = lake.rows(TABLE, "2024-01-20")
    found = {
        (row["currency"], row["to_month_end"].isoformat(), row["from_segment"], row["to_segment"]): row["customers"]
        for row in rows
    }
    assert {key: customers for key, customers in found.items() if customers} == expected
    assert len(rows) == 2 * 12 * 11 * 10


def test_a_rate_has_its_base_and_wilson_interval() -> None:
    # Ten customers order on 20 December, and three of them again on 20 January. The others move from New to Promising
    # to Needs attention because time passes.
    lines = [line(f"o{i}", 10, "2023-12-20", user_id=f"u{i}") for i in range(10)]
    lines += [line(f"p{i}", 10, "2024-01-20", user_id=f"u{i}") for i in range(3)]
    lake = Lake([*lines, line("later", 10, "2024-02-10", user_id="u9")])
    moves = lake.rows(TABLE, where="to_month_end = DATE '2024-01-31' AND customers > 0")
    assert [pick(row, "from_month_end", "from_segment", "to_segment", "customers") for row in moves] == [
        (date(2023, 12, 31), "New", "One-time", 7),
        (date(2023, 12, 31), "New", "Potential loyalist", 3),
    ]
    row = moves[1]
    assert pick(row, "from_customers", "transition_rate", "transition_status") == (10, 0.3, "estimated")
    assert pick(row, "transition_rate_low", "transition_rate_high") == pytest.approx((0.1078, 0.6032), abs=5e-5)
    unseen = lake.row(TABLE, "to_month_end = DATE '2024-01-31' AND from_segment = 'New' AND to_segment = 'Champions'")
    assert pick(unseen, "customers", "from_customers", "transition_rate") == (0, 10, 0.0)
    assert 0 < unseen["transition_rate_high"] < 0.3


def test_new_customers_have_no_rate() -> None:
    lake = Lake([line("o1", 10, "2024-01-05"), line("o2", 10, "2024-02-02", user_id="ben")])
    (row,) = lake.rows(TABLE, where="customers > 0")
    assert pick(row, "to_month_end", "from_segment", "to_segment") == (date(2024, 1, 31), "No order yet", "Promising")
    assert pick(row, "from_customers", "transition_rate", "transition_rate_high", "transition_status") == (
        None, None, None, "not_supported"
    )  # fmt: skip


def test_a_month_is_whole_on_its_last_day() -> None:
    lake = Lake([line("o1", 10, "2024-01-05"), line("o2", 10, "2024-02-29", user_id="ben")])
    assert lake.row(TABLE, "customers > 0 AND from_segment = 'Promising'")["to_segment"] == "One-time"
    months = lake.query(f"SELECT min(from_month_end) AS first, max(to_month_end) AS last FROM {DATABASE}.{TABLE}")
    assert months == [{"first": date(2023, 2, 28), "last": date(2024, 2, 29)}]
    assert max(row["to_month_end"] for row in lake.rows(TABLE, "2024-02-28")) == date(2024, 1, 31)


def test_months_before_the_data_have_a_status() -> None:
    rows = Lake([line("o1")]).rows(TABLE)
    assert len(rows) == 12 * 11 * 10
    assert {row["transition_status"] for row in rows} == {"insufficient_data", "not_supported"}
    assert {row["transition_rate"] for row in rows} == {None}


def test_guests_alone_give_no_moves() -> None:
    assert Lake([line("o1", user_id=None), line("o2", day="2024-03-01", user_id=None)]).rows(TABLE) == []


def test_customers_with_refunds_or_free_orders_have_segments() -> None:
    lake = Lake(
        [
            line("o1", 0, "2023-12-05"),
            line("o2", 5, "2023-12-05", user_id="ben"),
            line("o2-refund", -10, "2023-12-06", user_id="ben"),
            line("refund only", -10, "2023-12-06", user_id="cem"),
            line("o3", 1, "2024-02-01"),
        ]
    )
    moves = lake.rows(TABLE, where="to_month_end = DATE '2024-01-31' AND customers > 0")
    assert [pick(row, "from_segment", "to_segment", "customers") for row in moves] == [("Promising", "One-time", 2)]
