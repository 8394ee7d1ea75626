"""The files of a first user work: the summary, every table, every documented query, every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from biz_insights.gold.definition import gold_tables
from biz_schema.silver_tables import SILVER_TABLES
from mwaa.local_runner.environment import REPOSITORY
from streamlit_dashboard.access import LOCAL_VARIABLE
from streamlit_dashboard.navigation import page_files
from streamlit_dashboard.warehouse import athena
from tests.first_sources.conftest import FirstRun

APP = REPOSITORY / "streamlit_dashboard" / "entry" / "app.py"
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
# Values for what a reader must fill in.
FILLED_IN = {"<run>": "run", "<table>": "gold_daily_sales_by_store", "'…'": "'2024-01-01'"}


def documented_queries(path: Path) -> list[str]:
    """Return the SELECTs of a document: in `make query`, between backticks, and in indented blocks."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"""SQL=(["'])(select .+?)\1""", text)
    queries = [query for _, query in found]
    queries += re.findall(r"`(select [^`]+)`", text)
    queries += [
        "\n".join(block.split("\n")) for block in re.findall(r"^    (select .+(?:\n    .+)*)", text, re.MULTILINE)
    ]
    for blank, value in FILLED_IN.items():
        queries = [query.replace(blank, value) for query in queries]
    return queries


QUERIES = [(path.name, query) for path in DOCUMENTS for query in documented_queries(path)]


def test_the_documents_queries_are_found() -> None:
    assert {"README.md", "runbook.md", "methods.md"} <= {name for name, _ in QUERIES}
    assert len(QUERIES) >= 8 and not [query for _, query in QUERIES if "<" in query or "…" in query]


def test_the_run_ends_with_its_summary(first_run: FirstRun) -> None:
    done, source = first_run.done, first_run.source
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert f"Published, as of {source.as_of}" in done.stdout
    assert f"{source.net_sales:,.2f}" in done.stdout
    for words in source.says:
        assert words in done.stdout


def test_sales_are_those_of_the_files(first_run: FirstRun) -> None:
    source = first_run.source
    for table in ("gold_daily_sales_by_store", "gold_item_sales_by_day", "gold_hourly_sales"):
        ((net,),) = first_run.laptop.query(f"SELECT sum(net_sales) FROM {table}")
        assert Decimal(net) == source.net_sales, table
    ((orders,),) = first_run.laptop.query("SELECT sum(orders) FROM gold_daily_sales_by_store")
    ((customers,),) = first_run.laptop.query("SELECT count(*) FROM mart_customer_lifetime_value")
    assert (orders, customers) == (source.orders, source.customers)


def test_the_ledger_has_every_row(first_run: FirstRun) -> None:
    rows = first_run.laptop.query("SELECT source_table, source_rows, accepted_rows, quarantined_rows FROM row_ledger")
    assert all(source == accepted + quarantined for _, source, accepted, quarantined in rows)
    assert {table: quarantined for table, _, _, quarantined in rows if quarantined} == first_run.source.quarantined


def test_every_table_and_view_can_be_selected_from(first_run: FirstRun) -> None:
    for table in (*SILVER_TABLES, *gold_tables()):
        first_run.laptop.query(f"SELECT * FROM {table} LIMIT 1")


def test_every_documented_query_works(first_run: FirstRun) -> None:
    for name, query in QUERIES:
        try:
            first_run.laptop.query(query)
        except Exception as error:
            raise AssertionError(f"{name}: {query}: {error}") from error


@pytest.fixture
def dashboards(first_run: FirstRun, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the dashboards read what the run published."""
    for name, value in first_run.laptop.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(LOCAL_VARIABLE, "1")
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    athena.forget_connections()
    st.cache_resource.clear()
    yield
    config.set_option("server.address", before)
    athena.forget_connections()
    st.cache_resource.clear()


@pytest.mark.usefixtures("dashboards")
def test_every_page_opens(first_run: FirstRun) -> None:
    for page in page_files():
        app = AppTest.from_file(str(APP), default_timeout=60)
        if page.name != page_files()[0].name:
            app.switch_page(f"../pages/{page.name}.py")
        app.run()
        assert not app.exception, f"{page.name}: {app.exception[0].value}"
        assert not app.error, f"{page.name}: {app.error[0].value}"
