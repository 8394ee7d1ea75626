"""The eleven quirks of the real source, each measured on the generated files, at scale 0.01."""

import re
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

SIGNATURE = "Bacon Egg & Cheese*"
LOCAL = ZoneInfo("America/Chicago")


def line_key(row):
    return row["ORDER_ID"], row["LINEITEM_ID"]


def local_time(row):
    return datetime.fromisoformat(row["CREATION_TIME_UTC"]).astimezone(LOCAL)


def test_1_price_is_the_lines_total(small):
    prices = defaultdict(list)
    for row in small.items:
        if row["ITEM_NAME"] == SIGNATURE and row["ITEM_PRICE"] != "0":
            prices[int(row["ITEM_QUANTITY"])].append(Decimal(row["ITEM_PRICE"]))
    assert median(prices[1]) == Decimal("5.99")
    assert median(prices[2]) == Decimal("11.98")
    units = defaultdict(set)
    for row in small.items:
        if row["ITEM_QUANTITY"] == "1":
            units[row["ITEM_NAME"]].add(Decimal(row["ITEM_PRICE"]))
    several = [row for row in small.items if int(row["ITEM_QUANTITY"]) > 1 and row["ITEM_NAME"] in units]
    assert len(several) > 300
    as_total = sum(Decimal(row["ITEM_PRICE"]) / int(row["ITEM_QUANTITY"]) in units[row["ITEM_NAME"]] for row in several)
    as_unit = sum(Decimal(row["ITEM_PRICE"]) in units[row["ITEM_NAME"]] for row in several)
    assert as_total > 0.9 * len(several)  # the rest saw no single sale at that month's price
    assert as_unit == 0


def test_2_embedded_newlines_and_quoted_commas(tiny):
    physical = (tiny.folder / "order_items.csv").read_bytes().count(b"\n") - 1
    assert physical - len(tiny.items) == tiny.truth["quirks"]["2_embedded_newlines"] == 2
    assert any("," in row["ITEM_NAME"] for row in tiny.items)
    assert any("," in row["ITEM_CATEGORY"] for row in tiny.items)


def test_3_fractions_of_no_to_three_digits(tiny):
    digits = Counter(len(row["CREATION_TIME_UTC"][20:-1]) for row in tiny.items)
    assert set(digits) == {0, 1, 2, 3}
    assert digits[3] > 0.8 * len(tiny.items)
    assert digits[0] == tiny.truth["quirks"]["3_lines_without_fraction"]
    pattern = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z")
    assert all(pattern.fullmatch(row["CREATION_TIME_UTC"]) for row in tiny.items)


def test_4_one_malformed_line(tiny):
    bad = [row for row in tiny.items if not row["LINEITEM_ID"]]
    assert len(bad) == 1
    assert (bad[0]["ITEM_CATEGORY"], bad[0]["ITEM_NAME"]) == ("", "")
    assert (bad[0]["ITEM_PRICE"], bad[0]["ITEM_QUANTITY"]) == ("4.39", "0")
    assert not [row for row in tiny.items if row is not bad[0] and int(row["ITEM_QUANTITY"]) < 1]


def test_5_test_channel_beside_a_real_one(tiny):
    apps = Counter(row["APP_NAME"] for row in tiny.items)
    test = [row for row in tiny.items if "DEVELOPMENT" in row["APP_NAME"]]
    assert set(apps) == {
        "Quillmoor Fresh",
        "Quillmoor Fresh - DEVELOPMENT",
        "Quillmoor Neighborhood Perks",
        "Quillmoor Catering",
    }
    assert len(test) == tiny.truth["quirks"]["5_test_lines"]
    assert len({row["ORDER_ID"] for row in test}) == 7
    assert apps["Quillmoor Neighborhood Perks"] == tiny.truth["quirks"]["5_perks_lines"] > 0


def test_6_duplicate_and_orphan_options(tiny):
    counts = Counter(tuple(row.values()) for row in tiny.options)
    repeated = {values: number - 1 for values, number in counts.items() if number > 1}
    assert sum(repeated.values()) == tiny.truth["quirks"]["6_duplicate_options"] == 23
    assert {values[4] for values in repeated} == {"0"}
    lines = {line_key(row) for row in tiny.items}
    orphans = [row for row in tiny.options if line_key(row) not in lines]
    assert len(orphans) == tiny.truth["quirks"]["6_orphan_options"] == 2


def test_7_damaged_categories_and_spellings(small):
    categories = Counter(row["ITEM_CATEGORY"] for row in small.items)
    damaged = small.truth["quirks"]["7_damaged_categories"]
    assert {name: categories[name] for name in damaged} == damaged
    assert {"Bowls0", "Sandwiches`1`", "Sqalads", "Test Items"} < set(damaged)
    assert sum(name.startswith("https://") for name in damaged) == 2
    names = {row["ITEM_NAME"] for row in small.items}
    folded = {name.casefold() for name in names}
    assert 15 <= len(names) - len(folded) <= 35
    menu = small.truth["menu"]
    assert (menu["categories"], menu["names"], menu["names_folded"]) == (45, 431, 396)


def test_8_date_dim_has_2023_only_with_iso_weeks(tiny):
    assert len(tiny.dates) == 365
    assert tiny.dates[0]["date_key"] == "01-01-2023" and tiny.dates[0]["week"] == "52"
    assert tiny.dates[-1]["date_key"] == "31-12-2023" and tiny.dates[-1]["week"] == "52"
    for row in tiny.dates:
        day = datetime.strptime(row["date_key"], "%d-%m-%Y").date()
        assert (int(row["year"]), row["month"]) == (2023, day.strftime("%B"))
        assert int(row["week"]) == day.isocalendar().week
        assert row["day_of_week"] == day.strftime("%A")
        assert row["is_weekend"] == str(day.weekday() >= 5).upper()
        assert (row["is_holiday"] == "TRUE") == bool(row["holiday_name"])
    holidays = {row["date_key"]: row["holiday_name"] for row in tiny.dates if row["is_holiday"] == "TRUE"}
    assert len(holidays) == 11
    assert holidays["23-11-2023"] == "Thanksgiving Day" and holidays["29-05-2023"] == "Memorial Day"


def test_9_no_negative_amount_unless_asked(tiny, discounted):
    def negatives(source):
        return [row for row in source.options if row["OPTION_PRICE"].startswith("-")]

    assert not negatives(tiny)
    assert not [row for row in tiny.items if row["ITEM_PRICE"].startswith("-")]
    found = negatives(discounted)
    assert len(found) == discounted.truth["quirks"]["9_negative_options"]
    orders = len({row["ORDER_ID"] for row in discounted.items})
    assert 0.03 < len({row["ORDER_ID"] for row in found}) / orders < 0.15
    price = {line_key(row): Decimal(row["ITEM_PRICE"]) for row in discounted.items}
    assert all(-Decimal(row["OPTION_PRICE"]) <= price[line_key(row)] for row in found)
    taken = -sum(Decimal(row["OPTION_PRICE"]) for row in found)
    assert taken == Decimal(discounted.truth["totals"]["discount_amount"]) > 0
    kept = [row for row in discounted.options if not row["OPTION_PRICE"].startswith("-")]
    assert kept == tiny.options and discounted.items == tiny.items


def test_10_data_ends_in_the_past_within_a_day(tiny):
    last = max(local_time(row) for row in tiny.items)
    assert last.date() in (date(2024, 2, 17), date(2024, 2, 18))
    assert last < datetime(2024, 2, 18, 14, tzinfo=LOCAL)
    assert max(row["CREATION_TIME_UTC"] for row in tiny.items) == tiny.truth["quirks"]["10_last_order_utc"]


def test_11_trough_before_dawn_and_evenings_on_the_next_utc_day(small):
    hours = Counter(local_time(row).hour for row in small.items)
    assert sum(hours[hour] for hour in (2, 3)) < 0.005 * len(small.items)
    assert sum(hours[hour] for hour in (7, 8, 11, 12)) > 0.3 * len(small.items)
    late = [row for row in small.items if local_time(row).hour >= 19]
    assert len(late) == small.truth["quirks"]["11_lines_after_19_local"]
    assert 0.04 < len(late) / len(small.items) < 0.1
    summer = [row for row in late if local_time(row).dst()]
    assert summer
    assert all(datetime.fromisoformat(r["CREATION_TIME_UTC"]).date() > local_time(r).date() for r in summer)
