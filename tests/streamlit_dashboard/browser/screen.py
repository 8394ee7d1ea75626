"""What a person does with a page, and what they then see on it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Download, Locator, Page, expect

from streamlit_dashboard.navigation import page_files

WAIT = 30_000
WAIT_SECONDS = WAIT / 1000
TABLE_ROW = 35
STILL_MS = 500
BETWEEN_CLICKS_MS = 100
# No script running, nothing left of an earlier run and nothing to load, for a while: on a slow machine a page is also
# at rest between two runs.
AT_REST = """(stillMs) => {
    const app = document.querySelector("[data-testid=stApp]");
    const running = !app || app.dataset.testScriptState !== "notRunning";
    if (running || document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) {
        window.atRestSince = undefined;
        return false;
    }
    window.atRestSince ??= performance.now();
    return performance.now() - window.atRestSince > stillMs;
}"""
# The figures that Plotly has drawn: card → trace → points, days without their hour.
DRAWN = """() => {
    const plain = (value) => (typeof value === "string" ? value.replace(/T00:00:00.*/, "") : value);
    const points = ({x, y}) => Array.from(x ?? [], (value, i) => [plain(value), plain(y[i])]);
    const cards = [...document.querySelectorAll("[class*=st-key-card-]")].map((card) => [
        card.className.match(/st-key-card-([\\w-]+)/)[1],
        [...card.querySelectorAll(".js-plotly-plot")].flatMap((plot) =>
            (plot._fullData ?? []).filter(({type}) => type !== "heatmap").map((trace) => [trace.name, points(trace)])),
    ]);
    return Object.fromEntries(cards.map(([card, traces]) => [card, Object.fromEntries(traces)]));
}"""

# The rows of a table, its headings first.
ROWS = "grids => grids.flatMap(grid => [...grid.rows].map(row => [...row.cells].map(cell => cell.textContent)))"


def address_of(name: str, query: Mapping[str, str] | None = None) -> str:
    """A page's address below the server's."""
    path = "/" if name == page_files()[0].name else f"/{name}"
    return f"{path}?{urlencode(query)}" if query else path


def is_at(page: Page, name: str) -> bool:
    """Whether this is the page, with whatever filters."""
    return urlsplit(page.url).path == address_of(name)


def visit(page: Page, address: str) -> None:
    """Open an address and wait until the app has drawn it."""
    page.goto(address)
    expect(page.locator("h1")).to_be_visible(timeout=WAIT)
    rest(page)


def turn_to(page: Page, name: str) -> None:
    """Open another page of the app by its link at the side."""
    title = next(found.title for found in page_files() if found.name == name)
    page.locator("[data-testid=stSidebarNav]").get_by_text(title, exact=True).click()
    expect(page.locator("h1")).to_have_text(title, timeout=WAIT)
    rest(page)


def rest(page: Page, still_ms: int = STILL_MS) -> None:
    """Wait until nothing runs and nothing is left of an earlier run."""
    page.evaluate("window.atRestSince = undefined")
    page.wait_for_function(AT_REST, arg=still_ms, timeout=WAIT)


def sees(page: Page, read: Callable[[Page], Any], wanted: Any) -> None:
    """Wait until the page shows what is wanted; fail with both if it does not."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := read(page)) != wanted and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert found == wanted, f"shown: {found!r}, wanted: {wanted!r}"


def choose(page: Page, field: str, value: str) -> None:
    """Choose one of a list."""
    box = page.get_by_role("combobox", name=field, exact=True)
    box.scroll_into_view_if_needed(timeout=WAIT)
    # An open list closes when the page moves or is drawn again.
    rest(page, BETWEEN_CLICKS_MS)
    box.click()
    page.get_by_role("option", name=value, exact=True).click()


def choose_days(page: Page, first_day: date, last_day: date) -> None:
    """Choose a period in the calendar, which opens at the first day that is chosen so far."""
    rest(page, BETWEEN_CLICKS_MS)
    page.get_by_role("textbox", name="Select a date range.").click()
    for day, months_on in ((first_day, 0), (last_day, _months(last_day) - _months(first_day))):
        for _ in range(months_on):
            page.get_by_role("button", name="Next month.").click()
        written = re.compile(rf", {day:%B} {day.day}(st|nd|rd|th) {day.year}\.")
        page.get_by_role("gridcell", name=written).click()


def _months(day: date) -> int:
    return 12 * day.year + day.month


def query(page: Page) -> dict[str, str]:
    """The part of the address that carries the filters."""
    return dict(parse_qsl(urlsplit(page.url).query))


def figures(page: Page) -> dict[str, str]:
    """Key figures by their label."""
    shown = page.locator("[data-testid=stMetric]").evaluate_all(
        "all => all.map(one => ['Label', 'Value'].map(part => one.querySelector(`[data-testid=stMetric${part}]`)"
        ".innerText.trim()))"
    )
    return dict(shown)


def drawn(page: Page) -> dict[str, dict[str, list[list[Any]]]]:
    """Every chart: card → trace → points."""
    return page.evaluate(DRAWN)


def view(page: Page) -> dict[str, Any]:
    """Everything on a page that a filter may change."""
    return {
        "headings": page.locator("h3").all_inner_texts(),
        "figures": figures(page),
        "charts": drawn(page),
        "words": page.locator("[data-testid=stAlert]").all_inner_texts(),
    }


def figure(label: str) -> Callable[[Page], str | None]:
    """Reads one key figure."""
    return lambda page: figures(page).get(label)


def heading(card: str) -> Callable[[Page], str]:
    """Reads the line under a card's title."""
    return lambda page: _card(page, card).locator("p").first.inner_text()


def line(card: str, trace: str) -> Callable[[Page], list[list[Any]]]:
    """Reads the points of one line, or row of bars: [x, y] each."""
    return lambda page: drawn(page).get(card, {}).get(trace, [])


def labels(card: str) -> Callable[[Page], list[str]]:
    """Reads what the rows of a chart stand for, from the top."""
    return lambda page: [label for points in list(drawn(page).get(card, {}).values())[:1] for _, label in points]


def ticks(card: str) -> Callable[[Page], set[str]]:
    """Reads what is written beside a chart's rows."""
    return lambda page: set(_card(page, card).locator(".yaxislayer-above .ytick").all_text_contents())


def says(words: str) -> Callable[[Page], bool]:
    """Whether one of the page's notices holds these words."""
    return lambda page: page.locator("[data-testid=stAlert]").filter(has_text=words).count() > 0


def column(card: str, label: str) -> Callable[[Page], list[str]]:
    """Reads one column of a table: the rows in sight."""

    def read(page: Page) -> list[str]:
        # A table out of sight is not drawn.
        _card(page, card).locator("[data-testid=stDataFrame]").scroll_into_view_if_needed(timeout=WAIT)
        grids = _card(page, card).locator("table[role=grid]")
        rows = grids.evaluate_all(ROWS)
        return [row[rows[0].index(label)] for row in rows[1:]]

    return read


def first(card: str, label: str, rows: int = 3) -> Callable[[Page], list[str]]:
    """Reads the first rows of a table's column."""
    return lambda page: column(card, label)(page)[:rows]


def framed(page: Page) -> str:
    """Reads the heading of the document that a page shows in a frame."""
    return page.frame_locator("iframe[srcdoc]").locator("h1").inner_text()


def download(page: Page, card: str) -> Download:
    """Press a card's download button."""
    with page.expect_download(timeout=WAIT) as waiting:
        page.locator(f".st-key-csv-{card}").get_by_role("button").click()
    return waiting.value


def click_bar(page: Page, card: str, position: int) -> None:
    """Click one bar of a chart, counted from the top."""
    # Bars lie under the layer that Plotly catches the pointer with.
    _card(page, card).locator(".barlayer .point path").nth(position).click(force=True, timeout=WAIT)


def select_row(page: Page, card: str, position: int) -> None:
    """Select one row of a table, counted from the top."""
    table = _card(page, card).locator(".dvn-scroller")
    table.click(position={"x": 15, "y": TABLE_ROW * (position + 1.5)}, timeout=WAIT)


def _card(page: Page, card: str) -> Locator:
    return page.locator(f".st-key-card-{card}")
