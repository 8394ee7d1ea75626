"""Every filter in a real browser: it goes to the address, changes what is shown, comes back by link, and is reset."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from streamlit_dashboard.navigation import page_files
from tests.streamlit_dashboard.browser import customer_filters, sales_filters
from tests.streamlit_dashboard.browser.marts import Marts
from tests.streamlit_dashboard.browser.screen import address_of, query, rest, says, sees, view, visit
from tests.streamlit_dashboard.browser.steps import Journey

JOURNEYS = (*sales_filters.JOURNEYS, *customer_filters.JOURNEYS)
# How a page's file asks for a filter → the names that the address then may carry.
CHOICE = re.compile(r'filters\.choice\(\s*"(\w+)"')
SEVERAL = {"filters.dates(": {"range", "from", "to"}, "filters.currency(": {"currency"}}


@pytest.fixture
def at_start(turned_to, walker: Page, server: str, customer_token) -> Callable[[Journey], Page]:
    """`at_start(journey)` is the page that the journey begins at, without a filter."""

    def begun(journey: Journey) -> Page:
        if not journey.customer:
            return turned_to(journey.page)
        visit(walker, server + address_of(journey.page, {"customer": customer_token("Cafe", journey.customer)}))
        return walker

    return begun


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_filters_go_to_the_address_and_come_back_by_it(journey, at_start, context, tables):
    marts = Marts(tables)
    page = at_start(journey)
    carried_at_first, seen_at_first = query(page), view(page)
    carried: dict[str, str | None] = {**carried_at_first}
    for step in journey.steps:
        step.take(page)
        carried |= step.query
        sees(page, query, {name: value for name, value in carried.items() if value is not None})
        for read, wanted in step.shows(marts):
            sees(page, read, wanted)
    rest(page)
    assert not says("of the link")(page)

    link = context.new_page()
    link.goto(page.url)
    sees(link, view, view(page))
    link.close()

    page.get_by_role("button", name="Reset").click()
    sees(page, query, carried_at_first)
    sees(page, view, seen_at_first)


def test_every_filter_is_set_by_one_of_these_journeys():
    there = {
        (page.name, name)
        for page in page_files()
        for source in [page.path.read_text(encoding="utf-8")]
        for name in {*CHOICE.findall(source), *(n for call, names in SEVERAL.items() if call in source for n in names)}
    }
    assert there
    assert there == {(journey.page, name) for journey in JOURNEYS for step in journey.steps for name in step.query}
