"""What a page says when something is not there: nothing published, a mart missing, columns missing, no answer."""

from __future__ import annotations

import pytest

from streamlit_dashboard.navigation import page_files
from streamlit_dashboard.warehouse import athena, loads
from tests.streamlit_dashboard.conftest import metrics, texts
from tests.streamlit_dashboard.lake import new_lake, use

PAGES = [page.name for page in page_files()]


@pytest.fixture(scope="module")
def empty_lake(endpoint):
    return new_lake("dashboards_empty")


@pytest.fixture(scope="module")
def partial_lake(endpoint, tables):
    """A lake without two marts, and with fewer columns in a third."""
    lake = new_lake("dashboards_partial")
    left_out = ("mart_loyalty_impact", "mart_churn_indicators")
    published = {name: rows for name, rows in tables.items() if name not in left_out}
    older = ("net_sales_mean_7d", "net_sales_year_ago_weekday", "net_sales_yoy_weekday", "holiday_name")
    published["mart_sales_trends"] = published["mart_sales_trends"].drop_columns(list(older))
    lake.publish(published)
    lake.views()
    return lake


@pytest.fixture(scope="module")
def no_rows_lake(endpoint, tables):
    """Everything published, every table without a row."""
    lake = new_lake("dashboards_no_rows")
    lake.publish({name: rows.slice(0, 0) for name, rows in tables.items()})
    lake.views()
    return lake


@pytest.mark.parametrize("page", ["overview", "mart_sales_trends", "data_health"])
def test_nothing_published_asks_for_a_run(page, empty_lake, monkeypatch, open_page):
    use(empty_lake, monkeypatch)
    app = open_page(page)
    assert not app.exception
    assert "make run" in texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_tables_without_rows_are_no_data(page, no_rows_lake, monkeypatch, open_page):
    use(no_rows_lake, monkeypatch)
    app = open_page(page)
    assert not app.exception
    assert not app.error


def test_a_missing_mart_says_so_on_its_page_alone(partial_lake, monkeypatch, open_page):
    use(partial_lake, monkeypatch)
    app = open_page("mart_loyalty_impact")
    assert not app.exception
    assert "mart_loyalty_impact is not published yet" in texts(app)
    assert metrics(open_page("mart_location_performance"))["Stores"] == "3"


def test_missing_columns_leave_the_rest_of_the_page(partial_lake, monkeypatch, open_page):
    use(partial_lake, monkeypatch)
    app = open_page("mart_sales_trends")
    assert not app.exception
    assert "Not in this version of the mart" in texts(app)
    assert metrics(app)["Orders"] != "0"


def test_the_last_good_figures_stay_when_nothing_answers(nothing_stored, monkeypatch, open_page):
    before = metrics(open_page("mart_sales_trends"))
    monkeypatch.setattr(athena, "frame", _silent)
    loads.watch()._next_check = 0.0
    open_page("mart_sales_trends")  # asks behind the page, and is refused
    _wait(lambda: loads.watch().unreachable is not None)
    app = open_page("mart_sales_trends")
    assert metrics(app) == before
    assert any("Athena does not answer" in warning.value for warning in app.warning)


def test_without_any_figures_silence_is_an_error_with_a_way_on(nothing_stored, monkeypatch, open_page):
    monkeypatch.setattr(athena, "frame", _silent)
    app = open_page("mart_sales_trends")
    assert not app.exception
    assert "Athena does not answer" in app.error[0].value
    assert app.button[0].label == "Try again"


def test_a_closed_port_counts_as_silence(published, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    athena.forget_connections()
    with pytest.raises(athena.UnreachableError):
        athena.frame("SELECT 1")
    athena.forget_connections()


def test_a_refused_statement_shows_athena_s_words(published):
    with pytest.raises(athena.QueryError, match="COLUMN_NOT_FOUND"):
        athena.frame("SELECT nonsense FROM row_ledger")


def _silent(*_: object, **__: object):
    raise athena.UnreachableError("Athena does not answer: connection refused")


def _wait(condition) -> None:
    import time

    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()
