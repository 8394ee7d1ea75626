"""A page shows one release: asked for once, read from one database, and read again only when something changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import streamlit as st

from biz_insights.gold.definition import gold_tables
from streamlit_dashboard.navigation import page_files
from streamlit_dashboard.warehouse import athena, loads, watch
from streamlit_dashboard.warehouse.release import current_release, slot_of
from tests.streamlit_dashboard.conftest import metrics
from tests.streamlit_dashboard.lake import BUCKET, LAST_DAY, PUBLISHED_AT, RUN, PublishedLake, history, use
from tests.streamlit_dashboard.released import ReleasedLake, new_released_lake

PAGES = [page.name for page in page_files()]
LAKE_TABLES = re.compile(
    r"\b(?:FROM|JOIN) (?:(\w+)\.)?((?:gold|mart|silver|v|model|churn)_\w+|row_ledger|quarantine)\b"
)
REPORT = {"Bucket": BUCKET, "Key": watch.QUALITY_REPORT}
VIEWS = {name for name, table in gold_tables().items() if table.kind == "views"}


class Statements:
    """The statements of the dashboards, with the database that each runs in, and the calls for the release."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, str | None]] = []
        self.before_first: Callable[[], None] | None = None
        real = athena.frame

        def frame(sql: str, parameters: Any = None, database: str | None = None) -> pd.DataFrame:
            self.seen.append((sql, database))
            before, self.before_first = self.before_first, None
            if before:
                before()
            return real(sql, parameters, database)

        monkeypatch.setattr(athena, "frame", frame)

    def lake_databases(self) -> set[str | None]:
        """Return the databases of all lake tables that were read, and check that no view was."""
        found: set[str | None] = set()
        for sql, database in self.seen:
            for named, table in LAKE_TABLES.findall(sql):
                assert table not in VIEWS, sql
                found.add(named or database)
        return found


@pytest.fixture(scope="module")
def released(endpoint: Any, tables: dict[str, pa.Table]) -> ReleasedLake:
    """Release 1 in slot a; slot b holds the same tables without the sales of one store."""
    made = new_released_lake("dashboards_released")
    made.fill("a", tables)
    trends = tables["mart_sales_trends"].to_pandas()
    fewer = pa.Table.from_pandas(trends[trends["level"] != "store"], tables["mart_sales_trends"].schema)
    made.fill("b", {**tables, "mart_sales_trends": fewer})
    made.release(1, "a", tables, PUBLISHED_AT)
    made.views("a")
    return made


@pytest.fixture
def statements(released: ReleasedLake, monkeypatch: pytest.MonkeyPatch, tables: dict[str, pa.Table]) -> Statements:
    """A server that has just started, on release 1."""
    released.release(1, "a", tables, PUBLISHED_AT)
    use(released.published, monkeypatch)
    athena.forget_connections()
    st.cache_resource.clear()
    return Statements(monkeypatch)


def test_one_catalog_call_says_which_database_holds_the_release(statements: Statements) -> None:
    release = current_release()
    assert release is not None
    assert (release.number, slot_of(release)) == (1, "dashboards_released_a")
    assert statements.seen == []


def test_a_lake_without_releases_is_read_where_it_is(lake: PublishedLake, monkeypatch: pytest.MonkeyPatch) -> None:
    use(lake, monkeypatch)
    assert current_release() is None


@pytest.mark.parametrize("page", PAGES)
def test_every_query_of_a_page_reads_the_release_s_database(page: str, statements: Statements, open_page: Any) -> None:
    app = open_page(page)
    assert not app.exception and not app.error
    assert statements.lake_databases() <= {"dashboards_released_a"}
    operations = [database for sql, database in statements.seen if "data_quality_results" in sql]
    assert set(operations) <= {"dashboards_released", None}


def test_a_switch_in_the_middle_of_a_page_shows_in_the_next_one(
    released: ReleasedLake, statements: Statements, open_page: Any, tables: dict[str, pa.Table]
) -> None:
    loads.watch().state()
    later = PUBLISHED_AT + timedelta(days=1)
    statements.seen.clear()
    statements.before_first = lambda: released.release(2, "b", tables, later)
    before = metrics(open_page("mart_location_performance"))
    assert statements.lake_databases() == {"dashboards_released_a"}
    assert len(statements.seen) > 3, "the switch came before most of the statements"
    statements.seen.clear()
    assert metrics(open_page("mart_location_performance")) == before
    assert statements.lake_databases() == {"dashboards_released_b"}
    assert current_release() == loads.watch().state().release


def test_results_are_stored_by_the_release_s_number(
    released: ReleasedLake, statements: Statements, open_page: Any, tables: dict[str, pa.Table]
) -> None:
    open_page("overview")
    statements.seen.clear()
    open_page("overview")
    assert statements.seen == []
    released.release(3, "a", tables, PUBLISHED_AT + timedelta(days=2))
    open_page("overview")
    assert statements.lake_databases() == {"dashboards_released_a"}


def test_checking_for_news_costs_no_query(statements: Statements, released: ReleasedLake) -> None:
    """Half an hour of use, a check every half minute."""
    clock = [1000.0]
    seen = watch.Watch(clock=lambda: clock[0])
    first = seen.state()
    statements.seen.clear()
    for _ in range(60):
        clock[0] += 31
        seen.state()
        wait_for(lambda: not seen._reading)
    assert statements.seen == []
    assert (seen.state().release, seen.state().read_at) == (first.release, clock[0])


def test_a_run_that_was_blocked_is_seen_without_a_release(statements: Statements, released: ReleasedLake) -> None:
    clock = [1000.0]
    seen = watch.Watch(clock=lambda: clock[0])
    seen.state()
    statements.seen.clear()
    s3 = released.published.client("s3")
    s3.put_object(**REPORT, Body=b'{"run": "blocked"}')
    try:
        clock[0] += 31
        seen.state()
        wait_for(lambda: not seen._reading)
        assert any("data_quality_results" in sql for sql, _ in statements.seen)
    finally:
        s3.delete_object(**REPORT)


def test_a_release_whose_history_is_not_written_yet_is_looked_at_again(
    statements: Statements, released: ReleasedLake
) -> None:
    released.point(2, "b", PUBLISHED_AT)
    clock = [1000.0]
    seen = watch.Watch(clock=lambda: clock[0])
    assert not seen.state().is_complete
    statements.seen.clear()
    clock[0] += 31
    seen.state()
    wait_for(lambda: not seen._reading)
    assert any("publish_history" in sql for sql, _ in statements.seen)


def test_a_silent_catalog_leaves_the_last_release(statements: Statements) -> None:
    calls = []
    clock = [1000.0]

    def silent() -> None:
        calls.append(1)
        raise athena.UnreachableError("Glue does not answer")

    seen = watch.Watch(clock=lambda: clock[0])
    first = seen.state()
    seen._release = silent
    assert seen.state() is first and seen.state() is first
    assert (len(calls), seen.unreachable) == (1, "Glue does not answer")
    clock[0] += watch.PAUSE_SECONDS
    seen.state()
    assert len(calls) == 2


def test_only_recent_months_of_the_history_are_read(statements: Statements) -> None:
    loads.watch().state()
    assert [sql.count("month >= ") for sql, _ in statements.seen if "publish_history" in sql] == [1]


def test_a_backfill_after_a_pause_does_not_make_the_figures_older(
    statements: Statements, released: ReleasedLake, tables: dict[str, pa.Table]
) -> None:
    """The recent part of the history then names an older day only; the newest day is in an older part."""
    older = history(tables, PUBLISHED_AT, RUN).to_pylist()
    backfilled = [
        {**row, "partition": "2024-01-05", "published_at": PUBLISHED_AT + timedelta(days=200)}
        for row in older
        if row["table_name"].startswith("mart_")
    ]
    rows = [{**row, "release": 1, "month": "2024-02"} for row in older]
    rows += [{**row, "release": 2, "month": "2024-09"} for row in backfilled]
    schema = history(tables, PUBLISHED_AT, RUN).schema
    schema = schema.append(pa.field("release", pa.int64())).append(pa.field("month", pa.string()))
    released.published.put("publish_history", pa.Table.from_pylist(rows, schema))
    released.point(2, "a", PUBLISHED_AT + timedelta(days=200))
    state = watch.Watch().state()
    assert state.is_complete
    assert state.as_of_date("mart_sales_trends") == state.as_of == LAST_DAY


def test_an_old_and_a_new_state_never_mix(statements: Statements, released: ReleasedLake) -> None:
    """A server that nobody used for a while waits for the state of the new release: slot a may be rebuilt by then."""
    seen = watch.Watch()
    assert seen.state().release.number == 1
    released.point(9, "b", datetime(2024, 2, 25, 8, 30))
    assert seen.state().release.number == 9


def wait_for(condition: Callable[[], bool]) -> None:
    import time

    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()
