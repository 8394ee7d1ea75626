"""The volume guard: half a source blocks, late rows do not; an operator can accept; the tests' sources pass."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal

import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.builds import Volume
from biz_insights.lake.implausible_values import LEAST_ROWS
from biz_insights.lake.volume_guard import SHOWN_DAYS, VolumeError
from sample_data import Settings as SampleSettings
from sample_data import generate
from tests.first_sources import sources
from tests.plugins.lake.order_days import day, from_lines, report, shop, volume


@pytest.fixture(scope="module")
def sample_lines(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Decimal]]:
    """Day and price of each readable line of the generated sample, with its quirks."""
    folder = tmp_path_factory.mktemp("sample")
    generate(SampleSettings(scale=0.1), folder)
    return lines_of((folder / "order_items.csv").read_text(encoding="utf-8"))


def lines_of(text: str) -> list[tuple[str, Decimal]]:
    found = []
    for row in csv.DictReader(text.splitlines()):
        written, price = row["CREATION_TIME_UTC"][:10], row["ITEM_PRICE"]
        if written[:4].isdigit() and price.replace(".", "").replace("-", "").isdigit():
            found.append((written, Decimal(price)))
    return found


def test_half_of_the_rows_cut_on_a_row_boundary_block(sample_lines: list[tuple[str, Decimal]]) -> None:
    whole, half = from_lines(sample_lines), from_lines(sample_lines[::2])
    found = report(whole, half, whole.keys() - half.keys())
    assert len(found.findings) > 400
    with pytest.raises(VolumeError, match=r"change by 50\.\d % of all rows and .* % of all net sales"):
        found.raise_if_blocked(accept_changes=False)


def test_a_source_that_ends_early_blocks_and_names_the_days_that_vanish(
    sample_lines: list[tuple[str, Decimal]],
) -> None:
    whole = from_lines(sample_lines)
    cut = from_lines(sample_lines[: len(sample_lines) // 2])
    found = report(whole, cut, whole.keys() - cut.keys())
    assert [finding for finding in found.findings if finding.rows_after == 0 and finding.reason == "the day vanishes"]
    with pytest.raises(VolumeError):
        found.raise_if_blocked(accept_changes=False)


def test_the_sample_with_its_quirks_passes_at_first_and_again(sample_lines: list[tuple[str, Decimal]]) -> None:
    whole = from_lines(sample_lines)
    assert sum(part.rows or 0 for part in whole.values()) > LEAST_ROWS
    assert report({}, whole).summary == ()
    assert report(whole, {}).summary == ()
    earlier = from_lines(line for line in sample_lines if line[0] <= "2023-12-31")
    assert report(earlier, whole).summary == ()


SOURCES = [sources.one_order, sources.clean, sources.guests_only, sources.odd_times, sources.retail]


@pytest.mark.parametrize("make", SOURCES)
def test_the_sources_of_first_users_are_too_small_to_be_judged(make: Callable[[], sources.Source]) -> None:
    assert len(make().files["order_items.csv"].splitlines()) < LEAST_ROWS


@pytest.mark.parametrize("make", SOURCES[:4])
def test_a_tiny_source_passes(make: Callable[[], sources.Source]) -> None:
    lines = lines_of(make().files["order_items.csv"])
    assert lines and report({}, from_lines(lines)).summary == ()


def test_the_message_lists_ten_days_and_says_how_to_accept_them() -> None:
    before = shop(60)
    half = {value: volume(20) for value in before}
    with pytest.raises(PermanentError) as error:
        report(before, half).raise_if_blocked(accept_changes=False)
    text = str(error.value)
    assert "60 of 60 closed day(s) change by 50.0 % of all rows and 50.0 % of all net sales" in text
    assert "volume_limit_percent is 10" in text and "The published tables are unchanged" in text
    assert f"{day(0)} (rows 40 → 20, net sales 400.00 → 200.00)" in text
    assert day(SHOWN_DAYS - 1) in text and day(SHOWN_DAYS) not in text and "and 50 more day(s)" in text
    assert "trigger the DAG again with the parameter accept_changes = true" in text and "\n" not in text


def test_accepted_changes_pass_and_are_said() -> None:
    found = report(shop(60), {day(3): volume(2)})
    (line,) = found.raise_if_blocked(accept_changes=True)
    assert line.startswith("volume guard: accepted by accept_changes: 1 closed day(s)") and day(3) in line
    assert report(shop(60), {}).raise_if_blocked(accept_changes=False) == []


def test_a_day_is_listed_once_with_all_reasons() -> None:
    found = report(shop(60), {day(3): volume(5, largest="123456789.99")})
    (finding,) = found.findings
    assert (finding.day, finding.rows_before, finding.rows_after) == (day(3), 40, 6)
    assert finding.amount_after == Decimal("123456839.99") and "one line of 123,456,789.99" in finding.reason
    assert len(found.summary) == 3


def test_unknown_amounts_of_an_old_lake_are_said_to_be_unknown() -> None:
    old = {day(number): Volume(f"40-{'0' * 32}") for number in range(60)}
    found = report(old, {value: volume(20) for value in old})
    assert "(rows 40 → 20, net sales unknown → 200.00)" in found.text


def test_a_correction_in_a_lake_of_a_few_rows_passes() -> None:
    before = {day(number): volume(1, "6.49") for number in range(1, 5)}
    after = {**before, day(4): volume(1, "2.49")}
    assert report(before, after, process_date=day(4)).summary == ()
