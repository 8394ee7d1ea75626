"""One server and one browser for all tests of this folder, over a sample that gives every filter something to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pyarrow as pa
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from biz_insights.reports.delivery import deliver, report_key
from streamlit_dashboard import pseudonyms
from streamlit_dashboard.access import LOCAL_VARIABLE
from tests.streamlit_dashboard.browser.chromium import CHROMIUM, MISSING
from tests.streamlit_dashboard.browser.sample import REPORTS, more_lines
from tests.streamlit_dashboard.browser.screen import address_of, is_at, query, turn_to, visit
from tests.streamlit_dashboard.lake import PublishedLake, built, new_lake

REPOSITORY = Path(__file__).resolve().parents[3]
VIEWPORT = {"width": 1400, "height": 900}
REPORTS_BUCKET = "dashboards-browser-reports"
START_SECONDS = 60
PSEUDONYM_KEY = "ab" * 32


@pytest.fixture(scope="package")
def tables() -> dict[str, pa.Table]:
    """Every fact and mart of this folder's sample, built once."""
    return built(more_lines())


@pytest.fixture(scope="package")
def lake(endpoint, tables: dict[str, pa.Table]) -> PublishedLake:
    """The sample, published, and two daily reports."""
    made = new_lake("dashboards_browser")
    made.publish(tables)
    made.views()
    made.client("s3").create_bucket(Bucket=REPORTS_BUCKET)
    for day, headline in REPORTS.items():
        text = f"<!doctype html><h1>{headline}</h1>"
        deliver(boto3.Session(), f"s3://{REPORTS_BUCKET}/{report_key(day)}", text, headline)
    return made


@pytest.fixture(scope="package")
def server(lake: PublishedLake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over the sample; its address."""
    with served(lake, tmp_path_factory.mktemp("dashboard")) as address:
        yield address


@contextmanager
def served(lake: PublishedLake, folder: Path) -> Iterator[str]:
    """The app as `make dashboard` starts it, over a lake; its log is in the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "BIZ_INSIGHTS_PUBLISHED_DATABASE": lake.database,
        "BIZ_INSIGHTS_LAKE_BUCKET": REPORTS_BUCKET,
        "BIZ_INSIGHTS_POLL_SECONDS": "1",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "plugins"), str(REPOSITORY)]),
        LOCAL_VARIABLE: "1",
        pseudonyms.KEY_VARIABLE: PSEUDONYM_KEY,
    }
    command = [sys.executable, "-m", "streamlit", "run", "entry/app.py", "--server.port", str(port)]
    with (folder / "log").open("wb") as log:
        app = REPOSITORY / "streamlit_dashboard"
        process = subprocess.Popen(command, cwd=app, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/_stcore/health")
            yield address
        finally:
            # It has nothing to save. Asked to stop, it would first wait for the pages that are still open.
            process.kill()
            process.wait()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=1)
            return
        except OSError:
            time.sleep(0.1)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium. Without it the tests that need it are skipped, and the end of the run says so."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="package")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One profile for all pages: the app's scripts are loaded once. What a page shows is its own session's."""
    opened = browser.new_context(viewport=VIEWPORT)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of its own for each test."""
    opened = context.new_page()
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def walker(context: BrowserContext, server: str) -> Iterator[Page]:
    """One page that goes through the app: opening another page takes half as long as loading the app again."""
    opened = context.new_page()
    visit(opened, server)
    yield opened
    opened.close()


@pytest.fixture
def turned_to(walker: Page, server: str) -> Callable[[str], Page]:
    """`turned_to("store")` is that page without a filter, reached by its link at the side."""

    def turned(name: str) -> Page:
        if is_at(walker, name) and query(walker):
            visit(walker, server + address_of(name))
        else:
            turn_to(walker, name)
        return walker

    return turned


@pytest.fixture
def customer_token(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """`customer_token(app_name, user_id)` is the customer as the server's links have it."""
    monkeypatch.setenv(pseudonyms.KEY_VARIABLE, PSEUDONYM_KEY)
    return pseudonyms.token
