"""The dashboards in a real browser: every page without an error, both themes, keyboard, accessibility."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from streamlit_dashboard.navigation import page_files
from tests.streamlit_dashboard.browser.conftest import VIEWPORT
from tests.streamlit_dashboard.browser.sample import TWO_CURRENCIES
from tests.streamlit_dashboard.browser.screen import WAIT, address_of, visit

PAGES = page_files()
# Streamlit asks for its own health below a page's address before it finds it at the root.
OWN_PROBES = re.compile(r"/_stcore/(health|host-config)$")
# Findings in markup that Streamlit itself writes and no option changes: rule → part of the element.
STREAMLIT_S_OWN = {
    "aria-allowed-attr": "stSidebar",
    "list": "stSidebarNavItems",
    "listitem": '<li class="st-emotion-cache',
    "svg-img-alt": "metric_chart",
}


@pytest.mark.parametrize("name", [found.name for found in PAGES])
def test_a_page_shows_without_an_error_and_is_accessible(name, server, page, customer_token):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.on(
        "response",
        lambda response: (
            errors.append(response.url) if response.status >= 400 and not OWN_PROBES.search(response.url) else None
        ),
    )
    outside = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    customer = {"customer": customer_token("Cafe", TWO_CURRENCIES)} if name == "customer" else None
    visit(page, server + address_of(name, customer))
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    for chart in page.locator("[data-testid=stPlotlyChart]").all():
        expect(chart.locator(".main-svg").first).to_be_attached(timeout=WAIT)
    _keep(page, name)
    assert errors == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    assert serious_findings(page) == []


def test_the_dark_theme_is_accessible_too(server, browser):
    context = browser.new_context(color_scheme="dark", viewport=VIEWPORT)
    page = context.new_page()
    visit(page, server + "/mart_customer_segments")
    background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert background == "rgb(17, 22, 29)"
    _keep(page, "mart_customer_segments-dark")
    assert serious_findings(page) == []
    context.close()


def test_the_keyboard_turns_a_chart_into_its_table(server, page):
    visit(page, server + "/mart_sales_trends")
    toggle = page.get_by_role("switch", name="Table").or_(page.get_by_role("checkbox", name="Table")).first
    toggle.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-testid=stDataFrame]").first).to_be_visible(timeout=WAIT)


def test_the_keyboard_reaches_every_page(server, page):
    visit(page, server + "/")
    link = page.get_by_role("link", name="Locations")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Locations", timeout=WAIT)


def serious_findings(page: Page) -> list[str]:
    """Serious and critical findings of axe-core, those of Streamlit's own markup apart."""
    return [
        f"{found['id']}: {node['html'][:200]} {node['failureSummary']}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
        if STREAMLIT_S_OWN.get(found["id"], "nowhere") not in node["html"]
    ]


def _keep(page: Page, name: str) -> None:
    """A screenshot among the build's output, where DASHBOARD_SCREENSHOTS names a folder."""
    folder = os.environ.get("DASHBOARD_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
