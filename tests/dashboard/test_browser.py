"""The dashboards in a real browser: every page, both themes, links, downloads, keyboard, accessibility."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from streamlit_dashboard import pseudonyms
from streamlit_dashboard.formats import money
from streamlit_dashboard.navigation import page_files
from tests.dashboard.lake import STORES

REPOSITORY = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGES = page_files()
WAIT = 30_000
# Not running, nothing left of an earlier run and nothing still to load, for half a second: a slow machine shows a page
# between two runs.
AT_REST = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    const running = !app || app.dataset.testScriptState !== "notRunning";
    if (running || document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) {
        window.atRestSince = undefined;
        return false;
    }
    window.atRestSince ??= performance.now();
    return performance.now() - window.atRestSince > 500;
}"""
# Streamlit asks for its own health below a page's address before it finds it at the root.
OWN_PROBES = re.compile(r"/_stcore/(health|host-config)$")
# Findings in markup that Streamlit itself writes and no option changes: rule → part of the element.
STREAMLIT_S_OWN = {
    "aria-allowed-attr": "stSidebar",
    "list": "stSidebarNavItems",
    "listitem": '<li class="st-emotion-cache',
    "svg-img-alt": "metric_chart",
}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def server(lake, tmp_path_factory) -> Iterator[str]:
    """The app as `make dashboard` starts it, over the sample."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "BIZ_INSIGHTS_PUBLISHED_DATABASE": lake.database,
        "BIZ_INSIGHTS_POLL_SECONDS": "1",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "plugins"), str(REPOSITORY)]),
        pseudonyms.KEY_VARIABLE: "ab" * 32,
    }
    command = [sys.executable, "-m", "streamlit", "run", "entry/app.py", "--server.port", str(port)]
    log = (tmp_path_factory.mktemp("dashboard") / "log").open("wb")
    process = subprocess.Popen(command, cwd=REPOSITORY / "streamlit_dashboard", env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            break
        except OSError:
            time.sleep(0.1)
    yield address
    # It keeps nothing: asked to end in order, it would first wait for the pages that are still open.
    process.kill()
    process.wait()
    log.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
    yield context.new_page()
    context.close()


def visit(page: Page, address: str) -> None:
    """Open an address and wait until the app has drawn it."""
    page.goto(address)
    expect(page.locator("h1")).to_be_visible(timeout=WAIT)
    page.wait_for_function(AT_REST, timeout=WAIT)


def address_of(name: str) -> str:
    return "/" if name == PAGES[0].name else f"/{name}"


@pytest.mark.parametrize("name", [found.name for found in PAGES])
def test_a_page_shows_without_an_error_and_is_accessible(name, server, page):
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
    visit(page, server + address_of(name))
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    for chart in page.locator("[data-testid=stPlotlyChart]").all():
        expect(chart.locator(".main-svg").first).to_be_attached(timeout=WAIT)
    _keep(page, name)
    assert errors == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    assert serious_findings(page) == []


def test_the_dark_theme_is_accessible_too(server, browser):
    context = browser.new_context(color_scheme="dark", viewport={"width": 1400, "height": 900})
    page = context.new_page()
    visit(page, server + "/mart_customer_segments")
    background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert background == "rgb(17, 22, 29)"
    _keep(page, "mart_customer_segments-dark")
    assert serious_findings(page) == []
    context.close()


def test_a_link_reproduces_the_figures(server, page, tables):
    visit(page, f"{server}/mart_sales_trends?level=store&store={STORES[1]}&range=all")
    rows = tables["mart_sales_trends"]
    for column, value in (("level", "store"), ("level_key", STORES[1]), ("period_type", "day")):
        rows = rows.filter(pc.equal(rows[column], value))
    net = money(pc.sum(rows["net_sales"]).as_py(), "USD")
    expect(page.locator("[data-testid=stMetricValue]").first).to_have_text(net, timeout=WAIT)


def test_a_download_is_the_mart(server, page, tables):
    visit(page, f"{server}/mart_sales_trends?range=all")
    with page.expect_download(timeout=WAIT) as waiting:
        page.locator(".st-key-card-net-sales").get_by_role("button", name="CSV").click()
    download = waiting.value
    assert download.suggested_filename == "mart_sales_trends_2024-02-18_net-sales_range-all.csv"
    written = Path(download.path()).read_text(encoding="utf-8").splitlines()
    rows = tables["mart_sales_trends"]
    for column, value in (("level", "chain"), ("period_type", "day")):
        rows = rows.filter(pc.equal(rows[column], value))
    wanted = sorted(
        f"{row['period_start']},{row['period_end']},{row['net_sales']:.2f},{row['orders']}" for row in rows.to_pylist()
    )
    assert [",".join(line.split(",")[:4]) for line in written[1:]] == wanted


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


def test_a_bar_leads_to_its_store(server, page):
    visit(page, server + "/mart_location_performance")
    bars = page.locator(".barlayer .point path")
    expect(bars).to_have_count(len(STORES), timeout=WAIT)
    bars.first.click(force=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Store", timeout=WAIT)
    expect(page).to_have_url(re.compile(r"/store\?store=\w{24}$"), timeout=WAIT)


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
