import re
from datetime import date, timedelta

import pytest
from jinja2 import Environment, FileSystemLoader

from biz_insights.gold.definition import GOLD_FOLDER, gold_tables
from tests.dags.gold.harness import Lake, Row, line, pick

TABLE = "mart_customer_segments"
AS_OF = date(2024, 6, 30)


def orders(user: str, count: int, days_ago: int, price: int = 10) -> list[Row]:
    day = (AS_OF - timedelta(days=days_ago)).isoformat()
    return [line(f"{user}{i}", price, day, user_id=user) for i in range(count)]


@pytest.mark.parametrize(
    ("count", "days_ago", "segment"),
    [
        (5, 30, "Champions"),
        (5, 90, "Loyal"),
        (4, 30, "Potential loyalist"),
        (2, 3, "Potential loyalist"),
        (1, 14, "New"),
        (1, 15, "Promising"),
        (2, 31, "Needs attention"),
        (3, 91, "At risk"),
        (12, 180, "At risk"),
        (2, 91, "Hibernating"),
        (2, 181, "Lost"),
        (20, 400, "Lost"),
        (1, 31, "One-time"),
        (1, 900, "One-time"),
    ],
)
def test_the_first_segment_that_fits(count: int, days_ago: int, segment: str) -> None:
    others = [row for i in range(9) for row in orders(f"other{i}", 1, 500, price=1)]
    row = Lake([*orders("ann", count, days_ago), *others]).row(TABLE, "user_id = 'ann'", AS_OF.isoformat())
    assert row["segment"] == segment


def test_a_recent_and_frequent_customer_with_low_sales_is_loyal() -> None:
    rich = [row for i in range(9) for row in orders(f"rich{i}", 1, 100, price=1000)]
    row = Lake([*orders("ann", 5, 1, price=1), *rich]).row(TABLE, "user_id = 'ann'", AS_OF.isoformat())
    assert pick(row, "rfm_code", "segment") == ("541", "Loyal")


def test_favourites_and_weekend_share() -> None:
    lake = Lake(
        [
            line("o1", day="2024-01-05", hour=8),  # a Friday
            line("o2", day="2024-01-06", hour=8),  # a Saturday
            line("o3", day="2024-01-07", hour=12, restaurant_id="store-b", item_category="Bowls"),
            line("o4", day="2024-01-08", hour=13),
        ]
    )
    row = lake.row(TABLE)
    assert pick(row, "favourite_restaurant_id", "favourite_restaurant_order_share", "stores_visited") == (
        "store-a", 0.75, 2
    )  # fmt: skip
    assert pick(row, "favourite_item_category", "weekend_order_share") == ("Breakfast", 0.5)


def test_on_a_tie_the_latest_favourite_counts_then_the_first_by_name() -> None:
    later = Lake(
        [
            line("o1", day="2024-01-05", hour=8),
            line("o2", day="2024-01-06", hour=18, restaurant_id="store-b", item_category="Wraps"),
        ]
    ).row(TABLE)
    by_name = Lake(
        [
            line("o1", hour=8, restaurant_id="store-b", item_category="Wraps"),
            line("o2", hour=18, restaurant_id="store-a"),
        ]
    ).row(TABLE)
    names = ("favourite_restaurant_id", "favourite_item_category", "favourite_daypart")
    assert pick(later, *names) == ("store-b", "Wraps", "evening")
    assert pick(by_name, *names) == ("store-a", "Breakfast", "evening")


def test_orders_after_the_as_of_date_change_nothing() -> None:
    lake = Lake([line("o1", day="2024-01-05"), *[line(f"b{i}", day="2024-02-05", restaurant_id="b") for i in "123"]])
    assert pick(lake.row(TABLE, as_of="2024-01-31"), "orders", "favourite_restaurant_id") == (1, "store-a")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("o1", user_id=None), line("o2", user_id=None)], []),
        ([line("o1", 0)], [("ann", "USD", 0, 511, "New")]),
        (
            [line("o1", 4), line("refund", -8), line("o2", 3, user_id="ben"), line("o3", -1, user_id="cem")],
            [("ann", "USD", -4, 511, "New"), ("ben", "USD", 3, 513, "New")],
        ),
        (
            [line("o1", 10), line("o2", 10, "2024-01-05", currency="CAD"), line("o3", 5, currency="CAD")],
            [("ann", "CAD", 15, 521, "Potential loyalist"), ("ann", "USD", 10, 511, "New")],
        ),
        ([line("o1", 10, "1969-12-31", user_id="old"), line("o2", 10)],
         [("ann", "USD", 10, 511, "New"), ("old", "USD", 10, 111, "One-time")]),
        ([line(f"o{i}", 1) for i in range(3000)], [("ann", "USD", 3000, 551, "Loyal")]),
    ],
    ids=["guests", "free", "refund", "currencies", "before 1970", "thousands of orders"],
)  # fmt: skip
def test_odd_input(lines: list[Row], expected: list[tuple[object, ...]]) -> None:
    found = [pick(row, "user_id", "currency", "net_sales", "rfm_code", "segment") for row in Lake(lines).rows(TABLE)]
    assert [(user, currency, net, int(code), segment) for user, currency, net, code, segment in found] == expected


def test_the_header_states_the_limits_of_every_segment() -> None:
    """The text that people sign off equals the SQL, for every combination of scores."""
    meaning = gold_tables()[TABLE].columns["segment"]
    stated = re.findall(r"([A-Z][a-z -]+) \((.+?)\)", meaning)
    macro = Environment(loader=FileSystemLoader(GOLD_FOLDER)).get_template("macros/rfm.sql").module
    assert [name for name, _ in stated] == macro.segments
    combinations = "SELECT * FROM range(1, 6) AS r (r), range(1, 6) AS f (f), range(1, 6) AS m (m)"
    found = Lake([]).query(f"SELECT r, f, m, {macro.segment('r', 'f', 'm')} AS segment FROM ({combinations})")
    assert len(found) == 125
    for row in found:
        fits = [
            name
            for name, limits in stated
            if all(row[score] >= int(least) for score, least in re.findall(r"([rfm]) (\d)\+", limits))
        ]
        assert row["segment"] == fits[0], row
