"""No cell of a download is a formula, whatever the source writes into names and ids; numbers stay numbers."""

from __future__ import annotations

import ast
import csv
import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import streamlit as st

from streamlit_dashboard import downloads
from streamlit_dashboard.formats import Column
from streamlit_dashboard.navigation import page_files
from tests.dags.gold.harness import Row, line
from tests.streamlit_dashboard.lake import LAST_DAY, PublishedLake, built, new_lake, use

APP = Path(__file__).resolve().parents[2] / "streamlit_dashboard"
PAGES = [page.name for page in page_files()]
FORMULAS = ('=HYPERLINK("http://a.example")', "+1+1", "-2+3", "@SUM(1)", "=cmd|' /C calc'!A0")
RAW = ("=1", "+1", "-1+1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "－a", "-", "--", "=", '="a",b')


@pytest.mark.parametrize("text", RAW)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    rows = pd.DataFrame({"name": [text]})
    (header, cells) = csv.reader(io.StringIO(downloads.csv_text(rows, (Column("name", "Name"),)), newline=""))
    assert (header, cells) == (["name"], ["'" + text.replace("\r", "\n")])


@pytest.mark.parametrize("text", ["-3.25", "-1", "-.5", "-1e-07", "-2E+10", "Tea = 2", "a@b.example", "", "'=1"])
def test_numbers_and_other_texts_stay_as_they_are(text: str) -> None:
    assert downloads.harmless(text) == text


def test_a_carriage_return_begins_no_row() -> None:
    text = downloads.csv_text(pd.DataFrame({"name": ["Tea\r=1+1", "Tea\r\n=1"]}), (Column("name", "Name"),))
    assert text == 'name\n"Tea\n=1+1"\n"Tea\n=1"\n'


def test_headers_are_made_harmless_too() -> None:
    text = downloads.csv_text(pd.DataFrame({"=1+1": [1]}), (Column("=1+1", "One"),))
    assert text == "'=1+1\n1\n"


def test_negative_figures_of_every_kind_are_not_touched() -> None:
    rows = pd.DataFrame(
        {
            "money": [-3.25, 1.0],
            "share": [-1e-07, np.nan],
            "count": pd.array([-2, None], "Int64"),
            "text": ["-7", None],
            "decimal": [Decimal("-1.50"), None],
            "category": pd.Categorical(["=1", "-1"]),
            "flag": [True, False],
        }
    )
    columns = (
        Column("money", "", "money"),
        Column("share", "", "share"),
        Column("count", "", "count"),
        Column("text", ""),
        Column("decimal", "", "number"),
        Column("category", ""),
        Column("flag", "", "flag"),
    )
    lines = downloads.csv_text(rows, columns).splitlines()
    assert lines[1:] == ["-3.25,-1e-07,-2,-7,-1.50,'=1,True", "1.00,,,,,-1,False"]


def formula_lines() -> list[Row]:
    """Stores, items, categories, channels and users named like formulas."""
    return [
        line(
            f"formula-{n}-{day}",
            Decimal(10 + n),
            (LAST_DAY - timedelta(days=day)).isoformat(),
            source_id=20_000 + 100 * n + day,
            restaurant_id=name,
            app_name=name,
            user_id=name,
            item_name=name,
            item_key=name.lower(),
            item_category=name,
            item_category_source=name,
            order_date=LAST_DAY - timedelta(days=day),
        )
        for n, name in enumerate(FORMULAS)
        for day in range(40)
    ]


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return built(formula_lines())


@pytest.fixture(scope="module")
def lake(endpoint: Any, tables: dict[str, pa.Table]) -> PublishedLake:
    made = new_lake("dashboards_formulas")
    made.publish(tables)
    made.views()
    return made


@pytest.fixture
def files(lake: PublishedLake, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The CSV files that the pages offer while the test opens them, by name."""
    use(lake, monkeypatch)
    found: dict[str, str] = {}

    def offered(label: str, data: Any, file_name: str, mime: str, **_: Any) -> bool:
        if mime == "text/csv":
            found[file_name] = data()
        return False

    monkeypatch.setattr(st, "download_button", offered)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_no_download_of_a_page_holds_a_formula(page: str, files: dict[str, str], open_page: Any) -> None:
    app = open_page(page)
    assert not app.exception
    for name, text in files.items():
        for row in csv.reader(io.StringIO(text, newline="")):
            cells = [cell for cell in row if cell.startswith(downloads.FORMULA_STARTS)]
            assert [cell for cell in cells if not is_number(cell)] == [], name


@pytest.mark.parametrize(
    ("page", "query"),
    [("v_top_items_30d", {}), ("mart_location_performance", {}), ("mart_customer_lifetime_value", {})],
)
def test_names_like_formulas_are_in_the_downloads(
    page: str, query: dict[str, str], files: dict[str, str], open_page: Any
) -> None:
    open_page(page, **query)
    assert any(f"'{FORMULAS[1]}" in text for text in files.values())


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not text.startswith("+")


def test_every_download_is_made_in_one_place() -> None:
    makers = {"download_button", "to_csv", "to_excel", "to_json", "data_editor"}
    found = {
        f"{path.relative_to(APP)}: {node.attr}"
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in makers
    }
    assert found == {"downloads.py: download_button", "downloads.py: to_csv"}


def test_streamlit_s_own_export_is_hidden_by_names_that_it_uses(published: Any, open_page: Any) -> None:
    """Streamlit writes it in the browser, past `harmless`; a new release may call the button otherwise."""
    scripts = [path.read_text(encoding="utf-8") for path in Path(st.__file__).parent.rglob("static/js/*.js")]
    assert any("Download as CSV" in script and "stDataFrame" in script for script in scripts)
    assert any("stElementToolbarButton`" in script and '"aria-label":' in script for script in scripts)
    styles = [part.proto.body for part in open_page("overview").get("html")]
    assert any(downloads.HIDE_TABLE_EXPORT in style for style in styles)
