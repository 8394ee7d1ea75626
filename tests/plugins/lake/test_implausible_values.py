"""Implausible values: a line worth a large part of everything, a day far from the rest; in sources large enough."""

from __future__ import annotations

from decimal import Decimal

import pytest

from biz_insights.lake.builds import Volume
from tests.plugins.lake.order_days import day, report, shop, volume

SHOP = shop(100)
FAR = "1900-01-01"


def test_a_line_worth_more_than_everything_blocks_on_the_first_load() -> None:
    found = report({}, {**SHOP, day(40): volume(40, largest="123456789.99")})
    (finding,) = found.findings
    assert (finding.day, finding.rows_before) == (day(40), 0)
    assert (
        "one line of 123,456,789.99 is" in finding.reason and "of the net sales of 100 typical days" in finding.reason
    )


def test_a_line_on_a_new_day_blocks() -> None:
    assert report(SHOP, {day(100): volume(40, largest="123456789.99")}).summary


@pytest.mark.parametrize("sign", [1, -1])
def test_many_such_lines_do_not_hide_each_other(sign: int) -> None:
    line = Decimal("123456789.99")
    huge = {day(number): Volume("f", 41, str(400 + sign * line), str(line)) for number in range(0, 100, 3)}
    assert len(report({}, {**SHOP, **huge}).findings) == len(huge)


@pytest.mark.parametrize("largest", ["2000.00", "9000.00"])
def test_an_order_for_a_party_passes(largest: str) -> None:
    assert report({}, {**SHOP, day(40): volume(40, largest=largest)}).summary == ()


def test_a_line_that_was_accepted_is_not_reported_again() -> None:
    accepted = {**SHOP, day(40): volume(40, largest="123456789.99")}
    assert report(accepted, {day(40): volume(41, largest="123456789.99")}).summary == ()
    assert report(accepted, accepted).summary == ()
    assert report(accepted, {day(100): volume(40, largest="123456790.00")}).summary


def test_an_order_of_1900_blocks_once() -> None:
    found = report({}, {**SHOP, FAR: volume(1)})
    assert [(finding.day, finding.rows_after) for finding in found.findings] == [(FAR, 1)]
    assert "more than 400 days from all other days with orders" in found.text
    assert report({**SHOP, FAR: volume(1)}, {FAR: volume(2)}).summary == ()
    assert report({**SHOP, FAR: volume(1)}, {}, removed=[FAR]).summary == ()


def test_a_shop_that_was_closed_for_long_passes() -> None:
    years_ago = {f"2019-{month:02}-{number:02}": volume(40) for month in (5, 6) for number in range(1, 29)}
    assert report({}, {**SHOP, **years_ago}).summary == ()
    assert report({}, {**SHOP, "2022-01-01": volume(1)}).summary == ()


@pytest.mark.parametrize("small", [shop(28), shop(100, rows=9)], ids=["few days", "few rows"])
def test_a_source_with_few_rows_is_not_judged(small: dict[str, Volume]) -> None:
    built = {**small, FAR: volume(1), day(5): volume(9, largest="123456789.99")}
    assert report({}, built).summary == ()
