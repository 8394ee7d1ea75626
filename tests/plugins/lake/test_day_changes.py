"""Changes of closed days: which count, what late orders may change, what a small shop may change."""

from __future__ import annotations

import pytest

from tests.plugins.lake.order_days import day, report, shop, volume

BEFORE = shop(100)


def test_late_rows_of_the_last_days_are_normal() -> None:
    late = {day(99): volume(90), day(98): volume(70), day(93): volume(70)}
    assert report(BEFORE, {**late, day(100): volume(40)}, process_date=day(100)).summary == ()


def test_late_rows_and_corrections_of_older_days_are_normal_within_the_limits() -> None:
    assert report(BEFORE, {day(40): volume(45), day(41): volume(36), day(42): volume(40, "14.00")}).summary == ()


@pytest.mark.parametrize(
    "built",
    [{day(40): volume(61)}, {day(40): volume(19)}, {day(40): volume(40, "15.10")}, {day(40): volume(40, "-3.00")}],
    ids=["more rows", "fewer rows", "more money", "less money"],
)
def test_one_closed_day_that_changes_much_blocks(built) -> None:
    found = report(BEFORE, built)
    assert [finding.day for finding in found.findings] == [day(40)]
    assert report(BEFORE, built, volume_limit_day_percent=500).summary == ()


@pytest.mark.parametrize("number", [40, 98, 99])
def test_a_day_that_loses_its_rows_blocks_even_if_it_is_recent(number: int) -> None:
    assert [finding.day for finding in report(BEFORE, {day(number): volume(3)}).findings] == [day(number)]
    vanished = report(BEFORE, {}, removed=[day(number)])
    assert [(finding.day, finding.reason) for finding in vanished.findings] == [(day(number), "the day vanishes")]


def test_a_recent_day_whose_money_changes_without_new_rows_blocks() -> None:
    assert report(BEFORE, {day(99): volume(40, "100.00")}).summary


@pytest.mark.parametrize("process_date", [day(10), day(98), day(99), day(150)])
def test_a_run_for_an_earlier_date_may_not_lose_later_days(process_date: str) -> None:
    half = {value: volume(20) for value in BEFORE if day(50) <= value <= day(98)}
    assert len(report(BEFORE, half, process_date=process_date).findings) == len(half)


def test_the_newest_day_is_closed_once_a_run_is_for_it() -> None:
    assert report(BEFORE, {day(99): volume(3)}, process_date=day(98)).summary == ()
    assert report(BEFORE, {}, removed=[day(99)], process_date=day(98)).summary == ()


def test_many_small_changes_block_by_their_total() -> None:
    built = {value: volume(45) for value in BEFORE if value < day(93)}
    found = report(BEFORE, built)
    assert len(found.findings) == 93 and "change by 11.6 % of all rows" in found.text
    assert report(BEFORE, built, volume_limit_percent=12).summary == ()
    # Losses and gains do not cancel out.
    mixed = {value: volume(45 if number % 2 else 35) for number, value in enumerate(sorted(built))}
    assert report(BEFORE, mixed).summary


def test_a_source_that_was_loaded_twice_blocks() -> None:
    assert report(BEFORE, {value: volume(80) for value in BEFORE}).summary


def test_days_of_a_small_shop_are_not_judged_one_by_one() -> None:
    small = shop(100, rows=2)
    assert report(small, {day(40): volume(3), day(41): volume(1)}, removed=[day(42)]).summary == ()
    assert report(small, {value: volume(1) for value in small}).summary


def test_a_quiet_day_of_a_large_shop_is_not_judged_by_itself() -> None:
    large = {**shop(100, rows=400), day(40): volume(30)}
    assert report(large, {day(40): volume(60)}).summary == ()
    assert report(large, {}, removed=[day(40)]).summary == ()
    assert report(large, {day(40): volume(400)}).summary


def test_new_days_and_days_built_again_from_the_same_rows_change_nothing() -> None:
    assert report(BEFORE, {day(-1): volume(900), day(100): volume(900)}, process_date=day(100)).summary == ()
    assert report(BEFORE, BEFORE).summary == ()


def test_a_young_lake_may_grow_by_late_rows_and_may_not_lose_its_rows() -> None:
    young = shop(3)
    assert report(young, {value: volume(70) for value in young}).summary == ()
    assert report(young, {value: volume(10) for value in young}).summary
