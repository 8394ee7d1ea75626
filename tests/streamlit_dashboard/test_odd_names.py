"""Stores, categories and items with odd names: every one has a label of its own, the same on every page."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from biz_insights.reports.daily_report import compose
from biz_insights.reports.page import render
from biz_insights.reports.reading import read
from biz_insights.steps.run_context import rows
from streamlit_dashboard import alerts, charts, formats
from streamlit_dashboard.navigation import page_files
from streamlit_dashboard.warehouse import sales
from tests.plugins.reports.test_queries import run_of
from tests.streamlit_dashboard import odd
from tests.streamlit_dashboard.lake import BATCH, LAST_DAY, PublishedLake, built, new_lake, use

PAGES = [page.name for page in page_files()]
WITH_STORES = (
    ("overview", "movers-store", {}),
    ("mart_location_performance", "net-sales", {}),
    ("mart_location_performance", "per-order", {}),
    ("mart_location_performance", "customers", {}),
    ("mart_pricing_and_discounts", "attach-store", {}),
)


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return built(odd.odd_lines())


@pytest.fixture(scope="module")
def lake(endpoint, tables: dict[str, pa.Table]) -> PublishedLake:
    made = new_lake("dashboards_odd_names")
    made.publish(tables)
    made.views()
    return made


@pytest.fixture
def odd_page(lake, monkeypatch, open_page):
    use(lake, monkeypatch)
    return open_page


def drawn(app: AppTest) -> dict[str, dict[str, Any]]:
    """Every chart of a page by its card's key."""
    found = {}
    for chart in app.get("plotly_chart"):
        key = chart.proto.id.split("chart-")[-1]
        found[key] = json.loads(chart.proto.spec)
    return found


def rows_of(figure: dict[str, Any]) -> list[str]:
    """Return what is written beside the rows of a chart."""
    return figure["layout"]["yaxis"]["ticktext"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_renders(page, odd_page):
    app = odd_page(page)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize(("page", "card", "query"), WITH_STORES, ids=lambda value: str(value))
def test_every_store_has_a_row_of_its_own(page, card, query, odd_page):
    figure = drawn(odd_page(page, **query))[card]
    rows = rows_of(figure)
    assert len(set(rows)) == len(rows) > 5
    values = figure["data"][0]["y"]
    assert len(set(values)) == len(values) == len(rows)


def test_two_carolinas_are_two_bars_with_their_whole_names(odd_page):
    figure = drawn(odd_page("mart_location_performance"))["net-sales"]
    bars = dict(zip(figure["data"][0]["y"], figure["data"][0]["x"], strict=True))
    assert len(bars) == len({*odd.STORES}) + 2  # and two stores of the ordinary sample; the third is in both
    assert (bars["North Carolina"], bars["South Carolina"]) == (700, 665)
    assert "Store 05a990" in bars and "Store 0a5a990" not in bars


def test_names_are_no_markup_in_charts(odd_page):
    rows = rows_of(drawn(odd_page("mart_location_performance"))["net-sales"])
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; &lt;i&gt;Co&lt;/i&gt;" in rows
    assert "&#36;5 to &#36;10 Diner" in rows
    assert not [row for row in rows if "<" in row or "$" in row or "%{" in row]


def test_long_names_are_short_beside_the_axis_and_whole_in_table_and_hover(odd_page):
    figure = drawn(odd_page("mart_location_performance"))["net-sales"]
    east = f"{odd.LONG} East"
    assert "The Old Corner B…pringfield East" in rows_of(figure)
    assert east in figure["data"][0]["y"]
    assert [east, charts.text(east)] in figure["data"][0]["customdata"]


@pytest.mark.parametrize(
    ("page", "box"),
    [("store", "Store"), ("mart_pricing_and_discounts", "Store"), ("mart_pricing_and_discounts", "Category"),
     ("v_top_items_30d", "Category")],
)  # fmt: skip
def test_a_filter_offers_each_once(page, box, odd_page):
    (found,) = (one for one in odd_page(page).selectbox if one.label == box)
    assert len(set(found.options)) == len(found.options) >= len(odd.CATEGORIES)
    assert not [option for option in found.options if "\n" in option or not option.strip()]


@pytest.mark.parametrize("category", ["all", "", "All categories", "Hot\tdrinks"])
def test_a_category_can_be_chosen_whatever_it_is_called(category, odd_page):
    app = odd_page("v_top_items_30d", category=category)
    (chosen,) = (one for one in app.selectbox if one.label == "Category")
    assert chosen.value == category
    assert not app.warning
    categories = {row for frame in app.dataframe for row in frame.value.get("item_category", [])}
    assert categories in (set(), {category})


def test_a_store_has_one_label_on_every_page_and_in_the_daily_report(lake, odd_page):
    pages = {
        "locations": set(drawn(odd_page("mart_location_performance"))["net-sales"]["data"][0]["y"]),
        "store": set(next(box for box in odd_page("store").selectbox if box.label == "Store").options),
        "trends": set(
            next(box for box in odd_page("mart_sales_trends", level="store").selectbox if box.label == "Store").options
        ),
    }
    run = run_of(lake)
    seen = run.catalog(run.settings.published_database)
    answers = read(LAST_DAY, BATCH, partial(rows, run.reader(seen)), seen.column_names)
    report = compose(date.fromisoformat(run.process_date), answers)
    assert report.stores == sales.store_labels()
    assert set(report.stores.values()) == pages["locations"] == pages["store"] == pages["trends"]
    shown = render(report)
    assert "North Carolina</bdi>" in shown and "South Carolina</bdi>" in shown


@pytest.mark.parametrize("store", odd.STORES)
def test_a_store_is_named_in_titles_as_it_is(store, odd_page):
    app = odd_page("store", store=store)
    assert not app.warning
    label = sales.store_labels()[store]
    headings = [heading.value for heading in app.markdown if heading.value.startswith("### Net sales of")]
    assert [formats.plain(label) in heading for heading in headings] == [True]


def test_an_alert_names_silent_stores_in_full(odd_page, monkeypatch):
    odd_page("overview")
    silent = {
        "restaurant_id": ["North Carolina", "מסעדה בצפון"],
        "currency": "USD",
        "last_day": LAST_DAY - timedelta(9),
    }
    monkeypatch.setattr(sales, "latest_days", lambda: pd.DataFrame(silent).astype({"last_day": "datetime64[ns]"}))
    (alert,) = alerts._silent_stores("USD")
    assert alert.text == ("North Carolina (last sold 9 Feb 2024), \u2068מסעדה בצפון\u2069 (last sold 9 Feb 2024).")


def test_bars_given_one_label_twice_are_two_rows():
    figure = charts.bars(["Store rolina", "Store rolina"], [1.0, 2.0], "money", "USD")
    assert list(figure.data[0].y) == ["Store rolina", "Store rolina (2)"]
    assert charts.intervals(["a", "a"], [("b", [1, 2], None, None)], "count").layout.yaxis.ticktext == ("a", "a (2)")


@pytest.mark.parametrize(
    ("text", "kept_apart"),
    [
        ("A -- B", "\\-\u2060\\-"),
        ("a -> b", "-\u2060\\>"),
        ("x >= y", "\\>\u2060="),
        (":material/home:", "\\:\u2060material/home\\:"),
        ("https://a.example", "https\\:\u2060//a.example"),
        ("www.a.example", "w\u2060ww.a.example"),
        ("&lt;", "\\&lt;"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_shows_what_streamlit_would_rewrite(text, kept_apart):
    assert kept_apart.replace("\\-", "-") in formats.plain(text)
