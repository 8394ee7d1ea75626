"""Odd names as a person sees them: whole, each by itself, and no markup, formula or icon made of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from biz_insights import labels
from tests.streamlit_dashboard import odd
from tests.streamlit_dashboard.browser.conftest import served
from tests.streamlit_dashboard.browser.screen import address_of, figure, sees, ticks, visit
from tests.streamlit_dashboard.lake import STORES, built, new_lake

EVERY_STORE = labels.stores(sorted({*odd.STORES, *STORES}))

MARKED_UP = [store for store in odd.STORES if set(store) & set("<$:%") or not store.isascii()]


@pytest.fixture(scope="module")
def odd_server(endpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    lake = new_lake("dashboards_browser_odd")
    lake.publish(built(odd.odd_lines()))
    lake.views()
    with served(lake, tmp_path_factory.mktemp("odd")) as address:
        yield address


@pytest.mark.parametrize("card", ["net-sales", "per-order", "customers"])
def test_every_store_is_written_beside_its_row(card, odd_server, page):
    visit(page, odd_server + address_of("mart_location_performance"))
    names = labels.elided([*EVERY_STORE.values()])
    sees(page, ticks(card), {*names})
    assert len(set(names)) == len(EVERY_STORE)


@pytest.mark.parametrize("store", MARKED_UP)
def test_a_store_is_named_in_a_title_as_it_is(store, odd_server, page):
    visit(page, odd_server + address_of("store", {"store": store}))
    title = f"Net sales of {labels.isolated(EVERY_STORE[store])} by week"
    sees(page, lambda shown: seen(headings(shown)[0]), title)
    sees(page, lambda shown: shown.get_by_role("combobox").first.input_value(), EVERY_STORE[store])


def test_a_customer_is_named_as_the_source_has_them(odd_server, page, customer_token):
    visit(page, odd_server + address_of("customer", {"customer": customer_token("Cafe", 'user <3> \n"$x$"')}))
    sees(page, lambda shown: shown.get_by_text('user <3> "$x$"').first.inner_text(), 'user <3> "$x$"')
    sees(page, figure("Orders"), str(odd.DAYS))


def headings(page: Page) -> list[str]:
    return page.locator("h3").all_inner_texts()


def seen(text: str) -> str:
    """Return the text without the invisible letters that prevent Streamlit from rewriting it."""
    return text.replace("\u2060", "")
