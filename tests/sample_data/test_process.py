"""The buying process and the calendar, measured without files."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sample_data.calendar import build_calendar, day_index, easter, special_days, us_holidays
from sample_data.csv_text import cents_text, quoted, timestamp_text
from sample_data.customers import PurchaseProcess, _purchases
from sample_data.identifiers import hex_ids, mixed
from sample_data.menu import build_menu


@pytest.fixture(scope="module")
def calendar():
    return build_calendar()


def purchases(calendar, process, rate, dropout, minded, count=4_000, first="2021-01-04"):
    rng = np.random.default_rng(1)
    start = np.full(count, day_index(date.fromisoformat(first)))
    return _purchases(
        rng, calendar, process, np.full(count, rate), np.full(count, dropout), start, np.full(count, minded)
    )


def test_a_living_customer_buys_at_the_rate(calendar):
    bought, _, alive = purchases(calendar, PurchaseProcess(), 0.2, 1e-9, minded=False)
    days = calendar.clock[-1] - calendar.clock[day_index(date(2021, 1, 4)) + 1]
    assert len(bought.day) / 4_000 == pytest.approx(1 + 0.2 * days, rel=0.02)
    assert alive.all() and not bought.member.any()


def test_dropout_follows_every_active_day(calendar):
    bought, _, alive = purchases(calendar, PurchaseProcess(), 0.5, 0.25, minded=False)
    active = np.bincount(bought.owner, minlength=4_000)
    assert active.mean() == pytest.approx(4, rel=0.05)  # geometric with mean 1/p, cut by nothing here
    assert (active == 1).mean() == pytest.approx(0.25, abs=0.02)
    assert not alive.any()


def test_joining_raises_the_rate_by_the_known_effect(calendar):
    process = replace(PurchaseProcess(), join_probability=1.0)
    bought, joined, _ = purchases(calendar, process, 0.2, 1e-9, minded=True)
    plain, _, _ = purchases(calendar, process, 0.2, 1e-9, minded=False)
    assert (joined == day_index(date(2021, 1, 4))).all() and bought.member.all()
    assert len(bought.day) / len(plain.day) == pytest.approx(process.loyalty_rate_effect, rel=0.02)


def test_nobody_joins_before_the_programme_starts(calendar):
    process = replace(PurchaseProcess(), join_probability=1.0)
    _, joined, _ = purchases(calendar, process, 0.3, 1e-9, minded=True, first="2020-05-04")
    assert joined.min() >= day_index(process.loyalty_launch)


def test_active_days_are_distinct_open_days(calendar):
    bought, _, _ = purchases(calendar, PurchaseProcess(), 0.8, 0.01, minded=True, count=300)
    pairs = set(zip(bought.owner.tolist(), bought.day.tolist(), strict=True))
    assert len(pairs) == len(bought.day)
    assert (calendar.intensity[bought.day] > 0).all()


def test_holidays():
    assert (easter(2021), easter(2024)) == (date(2021, 4, 4), date(2024, 3, 31))
    names = {name: day for day, name in us_holidays(2022).items()}
    assert names["Memorial Day"] == date(2022, 5, 30)
    assert names["Thanksgiving Day"] == date(2022, 11, 24)
    assert names["Labor Day"] == date(2022, 9, 5)
    assert special_days(2023)[date(2023, 5, 14)] == "Mother's Day"


def test_local_time_follows_summer_time(calendar):
    noon = np.array([43_200_000] * 2)
    days = np.array([day_index(date(2023, 3, 11)), day_index(date(2023, 3, 13))])
    texts = timestamp_text(calendar.to_utc(days, noon)).to_pylist()
    assert texts == ["2023-03-11T18:00:00Z", "2023-03-13T17:00:00Z"]


def test_clock_change_day_uses_both_offsets(calendar):
    day = np.array([day_index(date(2023, 11, 5))] * 2)
    texts = timestamp_text(calendar.to_utc(day, np.array([1_800_000, 43_200_000]))).to_pylist()
    assert texts == ["2023-11-05T05:30:00Z", "2023-11-05T18:00:00Z"]


def test_text_of_money_times_and_fields():
    cents = np.array([599, 1_250, 800, 0, 500_000, -350])
    assert cents_text(cents).to_pylist() == ["5.99", "12.5", "8", "0", "5000", "-3.5"]
    times = np.array([1_678_273_412_223, 1_678_273_412_220, 1_678_273_412_200, 1_678_273_412_000])
    assert timestamp_text(times).to_pylist() == [
        "2023-03-08T11:03:32.223Z",
        "2023-03-08T11:03:32.22Z",
        "2023-03-08T11:03:32.2Z",
        "2023-03-08T11:03:32Z",
    ]
    assert [quoted(text) for text in ("a", "a,b", 'a"b', "a\nb")] == ["a", '"a,b"', '"a""b"', '"a\nb"']


def test_ids_are_distinct_and_begin_with_the_second():
    bits = mixed(1, 2, np.arange(100_000))
    ids = hex_ids(np.full(100_000, 0x64086B84), bits).to_pylist()
    assert len(set(ids)) == 100_000 and {text[:8] for text in ids} == {"64086b84"}


def test_menu_has_the_profiled_numbers_and_prices_only_rise():
    menu = build_menu(47)
    assert (menu.items, len(set(menu.names)), len({name.casefold() for name in menu.names})) == (396, 431, 396)
    assert (np.diff(menu.prices_cents, axis=0) >= 0).all() and menu.price_changes > 300
    assert set(menu.prices_cents[:, menu.signature].tolist()) == {599}
