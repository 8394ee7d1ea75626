"""The generated source against source-profile's measured shape, at scale 0.05."""

import re
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

import pytest


def share(rows, chosen):
    return sum(map(bool, map(chosen, rows))) / len(rows)


def test_size(small):
    orders = len({row["ORDER_ID"] for row in small.items})
    assert len(small.items) == pytest.approx(203_519 * 0.05, rel=0.15)
    assert len(small.items) / orders == pytest.approx(203_519 / 131_328, rel=0.08)
    users = {row["USER_ID"] for row in small.items} - {""}
    assert len(users) == pytest.approx(20_174 * 0.05, rel=0.02)


def test_lines_by_year(small):
    years = Counter(row["CREATION_TIME_UTC"][:4] for row in small.items)
    profile = {"2020": 0.050, "2021": 0.214, "2022": 0.295, "2023": 0.396, "2024": 0.045}
    assert set(years) == set(profile)
    for year, expected in profile.items():
        assert years[year] / len(small.items) == pytest.approx(expected, abs=0.06), year
    assert years["2020"] < years["2021"] < years["2022"] < years["2023"]


def test_store_concentration(small):
    stores = Counter(row["RESTAURANT_ID"] for row in small.items)
    assert len(stores) == 28
    ranked = [number / len(small.items) for _, number in stores.most_common()]
    assert 0.12 < ranked[0] < 0.22
    assert 0.75 < sum(ranked[:10]) < 0.87


def test_a_store_opened_late_and_one_closed(small):
    days = defaultdict(list)
    for row in small.items:
        days[row["RESTAURANT_ID"]].append(row["CREATION_TIME_UTC"][:10])
    stores = small.truth["stores"]
    assert min(days[stores["late"]]) >= "2023-10-02"
    ((closed, last_day),) = stores["closed"].items()
    assert max(days[closed]) <= "2023-04-01" and last_day == "2023-03-31"


def test_guests(small):
    assert share(small.items, lambda row: not row["USER_ID"]) == pytest.approx(0.0875, abs=0.02)


def test_loyalty_is_exactly_the_lines_with_a_card(small):
    assert share(small.items, lambda row: row["IS_LOYALTY"] == "TRUE") == pytest.approx(0.226, abs=0.08)
    assert {row["IS_LOYALTY"] for row in small.items} == {"TRUE", "FALSE"}
    for row in small.items:
        assert (row["IS_LOYALTY"] == "TRUE") == bool(re.fullmatch(r"\d{16}", row["PRINTED_CARD_NUMBER"]))
    assert not [row for row in small.items if row["IS_LOYALTY"] == "TRUE" and not row["USER_ID"]]


def test_loyalty_is_of_the_order_and_some_users_have_both(small):
    by_order, by_user, by_card = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in small.items:
        by_order[row["ORDER_ID"]].add(row["IS_LOYALTY"])
        if row["USER_ID"]:
            by_user[row["USER_ID"]].add(row["IS_LOYALTY"])
        if row["PRINTED_CARD_NUMBER"]:
            by_card[row["PRINTED_CARD_NUMBER"]].add(row["USER_ID"])
    assert {len(kinds) for kinds in by_order.values()} == {1}
    assert share(list(by_user.values()), lambda kinds: len(kinds) == 2) == pytest.approx(0.138, abs=0.04)
    assert [len(users) for users in by_card.values() if len(users) > 1] == [2]


def test_half_of_the_users_ordered_once(small):
    orders = defaultdict(set)
    for row in small.items:
        orders[row["USER_ID"]].add(row["ORDER_ID"])
    del orders[""]
    assert share(list(orders.values()), lambda ids: len(ids) == 1) == pytest.approx(0.5, abs=0.05)


def test_one_order_has_one_user_store_and_time(small):
    heads = defaultdict(set)
    for row in small.items:
        heads[row["ORDER_ID"]].add(tuple(row.values())[:8])
    assert {len(found) for found in heads.values()} == {1}
    keys = Counter((row["ORDER_ID"], row["LINEITEM_ID"]) for row in small.items)
    assert max(keys.values()) == 1


def test_categories(small):
    categories = Counter(row["ITEM_CATEGORY"] for row in small.items)
    profile = {"Breakfast": 0.354, "Sandwiches": 0.273, "Smoothies": 0.104, "Bowls": 0.059, "Salads": 0.059}
    assert [name for name, _ in categories.most_common(3)] == list(profile)[:3]
    for name, expected in profile.items():
        assert categories[name] / len(small.items) == pytest.approx(expected, rel=0.15), name


def test_prices_and_quantities(small):
    prices = [Decimal(row["ITEM_PRICE"]) for row in small.items]
    quantities = [int(row["ITEM_QUANTITY"]) for row in small.items]
    assert 7 < median(prices) < 9 and median(quantities) == 1
    assert min(prices) == 0 and max(prices) == 5_000
    assert prices.count(Decimal(0)) == small.truth["counts"]["zero_price_lines"] == 8
    assert 4 <= sum(price > 100 for price in prices) <= 20
    assert {300, 500} <= set(quantities)
    assert sum(number > 1 for number in quantities) / len(quantities) == pytest.approx(0.067, abs=0.012)
    assert {row["CURRENCY"] for row in small.items} == {"USD"}


def test_options(small):
    prices = [Decimal(row["OPTION_PRICE"]) for row in small.options]
    with_options = Counter((row["ORDER_ID"], row["LINEITEM_ID"]) for row in small.options)
    assert len(with_options) / len(small.items) == pytest.approx(0.5, abs=0.03)
    assert len(small.options) / len(small.items) == pytest.approx(0.948, rel=0.1)
    assert sum(price > 0 for price in prices) / len(prices) == pytest.approx(0.337, abs=0.04)
    assert max(with_options.values()) == 152
    assert max(prices) <= 8
    assert {row["OPTION_QUANTITY"] for row in small.options} == {"1"}
    assert len({row["OPTION_GROUP_NAME"] for row in small.options}) == 133
    assert 600 < len({row["OPTION_NAME"] for row in small.options}) <= 637


def test_ids_are_24_hex_with_the_creation_second(small):
    for row in small.items[:500]:
        for name in ("RESTAURANT_ID", "ORDER_ID", "LINEITEM_ID", "USER_ID"):
            assert re.fullmatch(r"[0-9a-f]{24}|", row[name]), name
        assert row["LINEITEM_ID"][:8] in ("", row["ORDER_ID"][:8])


def test_closed_days_have_no_order_and_weekdays_more_than_sundays(small):
    zone = ZoneInfo("America/Chicago")
    days = Counter(datetime.fromisoformat(row["CREATION_TIME_UTC"]).astimezone(zone).date() for row in small.items)
    closed = {"2021-11-25", "2021-12-25", "2022-01-01", "2022-04-17", "2020-05-09", "2021-02-16"}
    assert not closed & {str(day) for day in days}
    weekdays = Counter()
    for day, number in days.items():
        weekdays[day.weekday()] += number
    assert weekdays[6] < 0.85 * weekdays[4]
