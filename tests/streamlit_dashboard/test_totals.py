"""Totals and comparisons: nothing is no zero, and a comparison says what it is of."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from biz_insights.coverage import LEAST_COMPARED_SHARE, Coverage, least_share
from biz_insights.gold.definition import gold_tables
from streamlit_dashboard import formats
from streamlit_dashboard.totals import Comparison, mean, ratio, ratios, shares, total, windows
from tests.dags.gold.harness import render

METHODS = Path(__file__).resolve().parents[2] / "docs" / "methods.md"
LAST = date(2024, 2, 18)
NOTHING = pd.Series([None, None], dtype="float64")


def days(first: int, last: int, net_sales: float = 10.0) -> pd.DataFrame:
    """One row a day, from `first` days before the last one to `last`."""
    found = [pd.Timestamp(LAST - timedelta(days=back)) for back in range(first, last - 1, -1)]
    return pd.DataFrame({"day": found, "net_sales": net_sales, "orders": 2})


@pytest.mark.parametrize("values", [NOTHING, pd.Series([], dtype="float64"), pd.Series([pd.NA], dtype="Int64")])
def test_a_sum_of_nothing_is_nothing(values):
    assert total(values) is None
    assert formats.money(total(values), "GBP") == "–"
    assert total(pd.Series([0.0, None])) == 0.0
    assert total(pd.Series([1.5, None, 2])) == 3.5


@pytest.mark.parametrize(("part", "whole"), [(None, 2), (2, None), (2, 0), (float("nan"), 2), (0, 0), (2, pd.NA)])
def test_a_ratio_of_nothing_is_nothing(part, whole):
    assert ratio(part, whole) is None


def test_parts_of_nothing_are_nothing():
    assert shares(pd.Series([0, 0])).isna().all()
    assert shares(NOTHING).isna().all()
    assert shares(pd.Series([1, 3])).tolist() == [0.25, 0.75]
    assert ratios(pd.Series([1, 1]), pd.Series([2, 0])).isna().tolist() == [False, True]


def test_a_mean_is_of_what_is_there():
    assert mean(pd.Series([0.5, None]), pd.Series([10, 90])) == 0.5
    assert mean(NOTHING, pd.Series([1, 2])) is None


def test_a_change_says_how_much_it_is_of():
    of = windows(pd.concat([days(55, 28, 8), days(27, 0)]), "day", LAST, 28, 28).compare("net_sales")
    assert (of.now, of.before, of.text, of.small) == (280, 224, "+25.0 %", "28 of 28 days compared")
    assert of.note == ""


@pytest.mark.parametrize(("there", "shown"), [(28, True), (23, True), (22, False), (1, False), (0, False)])
def test_a_change_of_too_few_days_is_withheld(there, shown):
    """23 of 28 days are 82 %, 22 are 79 %."""
    before = days(55, 56 - there, 8) if there else days(27, 0)[:0]
    of = windows(pd.concat([before, days(27, 0)]), "day", LAST, 28, 28).compare("net_sales")
    assert (of.change is not None) is shown
    assert of.small == f"{there} of 28 days compared"
    assert of.text == ("+25.0 %" if shown else "–")
    assert of.note == ("" if shown else f"Withheld: {there} of 28 days compared, fewer than 80 %.")


def test_only_days_with_values_on_both_sides_are_compared():
    rows = pd.concat([days(13, 7, 5), days(6, 0)])
    rows.loc[rows["day"] == pd.Timestamp(LAST), "net_sales"] = None
    of = windows(rows, "day", LAST, 7, 7)
    assert (of.compare("net_sales").coverage, of.compare("orders").coverage) == (Coverage(6, 7), Coverage(7, 7))
    assert (of.compare("net_sales").now, of.compare("net_sales").before) == (60, 30)
    assert of.compare("net_sales", per="orders").now == 5


def test_a_change_on_nothing_or_less_is_none():
    for before in (0.0, -5.0, None):
        of = Comparison(10.0, before, Coverage(7, 7))
        assert (of.change, of.text) == (None, "–")
        assert of.note == "There is nothing above zero to compare with."


def test_nothing_to_compare_is_said():
    of = windows(days(3, 0)[:0], "day", LAST, 7, 7).compare("net_sales")
    assert (of.text, of.small, of.note) == ("–", "nothing to compare with", "There is nothing to compare with.")


def test_the_least_share_is_what_documents_and_headers_say():
    assert LEAST_COMPARED_SHARE == 0.8
    assert least_share() == "80 %"
    assert f"Under **{least_share()}** no change is shown" in METHODS.read_text(encoding="utf-8")
    for mart, column in (
        ("mart_sales_trends", "net_sales_week_over_week"),
        ("mart_location_performance", "same_store_growth"),
    ):
        table = gold_tables()[mart]
        assert f"fewer days with sales than {least_share()} of the other's" in table.columns[column]
        assert f">= {LEAST_COMPARED_SHARE}E0 * GREATEST(" in render(table)


def test_a_comparison_has_enough_or_not():
    assert Coverage(358, 358).text == "358 of 358 days compared"
    assert not Coverage(1, 358).enough


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (formats.short_money(1975945, "GBP"), "£1.98M"),
        (formats.short_money(1975945, "CHF"), "1.98M CHF"),
        (formats.short_money(-12345, "EUR"), "−€12.3k"),
        (formats.short_money(None, "GBP"), "–"),
        (formats.money(5, ""), "5.00"),
    ],
)
def test_signs_follow_the_currency(written, text):
    assert written == text
