"""The task that counts the source: it stops a run for which the source is not up to date, unless it is told not to."""

from __future__ import annotations

import logging

import psycopg
import pytest

from biz_insights.dag.extract_group import count_source
from biz_insights.errors import PermanentError
from biz_insights.source.csv_files.load import DDL


@pytest.fixture
def closed_after_friday(database: psycopg.Connection) -> None:
    """A source that sells every day until Friday, 8 March 2024."""
    database.execute(DDL)
    database.execute(
        "INSERT INTO order_items (lineitem_id, item_quantity, creation_time_utc) "
        "SELECT 'l', 1, timestamptz '2024-03-08 18:00+00' - n * interval '1 day' FROM generate_series(0, 100) AS n"
    )
    database.execute(
        "INSERT INTO order_items (lineitem_id, item_quantity, creation_time_utc) VALUES ('l', 1, '2199-01-01 18:00+00')"
    )


def count(day: str, accept: bool = False) -> dict[str, int]:
    found: dict[str, int] = count_source.function(day, {"accept_no_orders": accept})
    return found


@pytest.mark.usefixtures("closed_after_friday")
def test_a_stale_source_stops_the_run_and_the_parameter_lets_it_pass() -> None:
    assert count("2024-03-08")["order_items"] == 102
    with pytest.raises(PermanentError, match="no orders on Saturday 2024-03-09; its last orders"):
        count("2024-03-09")
    assert count("2024-03-09", accept=True)["order_items"] == 102


@pytest.mark.usefixtures("closed_after_friday")
def test_a_closed_day_passes_by_the_setting_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BIZ_INSIGHTS_CLOSED_DAYS", "Saturday")
    with caplog.at_level(logging.INFO):
        count("2024-03-09")
    assert "Saturday 2024-03-09 has no orders, and the run goes on: the setting closed_days names it" in caplog.text
