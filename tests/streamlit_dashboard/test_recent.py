"""Queries on the operations tables read the partitions of recent runs, and find every run that counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import boto3
import pytest

from biz_insights.lake.operations_tables import record
from biz_insights.quality.results_store import RESULTS_TABLE, results_schema
from streamlit_dashboard.warehouse import athena, recent
from tests.streamlit_dashboard.lake import BUCKET, PublishedLake, new_lake, use

RUNS = (
    "scheduled-2024-02-18t09-00-00-00-00",
    "scheduled-2024-01-14t09-00-00-00-00",
    "manual-2024-01-13t09-00-00-00-00",
    "scheduled-2023-06-01t09-00-00-00-00",
    "backfill-2020-01-01t09-00-00-00-00",
    "month-end",
)


@pytest.fixture(scope="module")
def results(endpoint: Any) -> PublishedLake:
    """Check results of six runs, each in its own partition."""
    made = new_lake("dashboards_recent")
    for run in RUNS:
        rows = [{"rule_name": f"{run} {n}", "success": True} for n in range(50)]
        record(
            RESULTS_TABLE,
            rows,
            results_schema(),
            {"run": run, "checkpoint": "silver"},
            database=made.database,
            ops_uri=f"s3://{BUCKET}/recent-ops/",
            session=boto3.Session(region_name="us-east-1"),
        )
    return made


@pytest.mark.parametrize(
    ("newest_run", "left_out"), [("", {RUNS[2], RUNS[3]}), (RUNS[3], {RUNS[2]})], ids=["by day", "and the newest"]
)
def test_runs_of_the_last_weeks_count_and_unknown_names(
    results: PublishedLake, monkeypatch: pytest.MonkeyPatch, newest_run: str, left_out: set[str]
) -> None:
    use(results, monkeypatch)
    condition, parameters = recent.runs(recent.since(date(2024, 2, 18)), newest_run)
    found = athena.frame(f"SELECT DISTINCT run FROM {RESULTS_TABLE} WHERE {condition}", parameters)
    assert set(found["run"]) == set(RUNS) - left_out


def test_older_partitions_are_not_scanned(results: PublishedLake, monkeypatch: pytest.MonkeyPatch) -> None:
    use(results, monkeypatch)

    def scanned(condition: str, parameters: dict[str, Any]) -> int:
        cursor = athena._connection().cursor()
        cursor.execute(f"SELECT SUM(unexpected_count) FROM {RESULTS_TABLE} WHERE {condition}", parameters or None)
        return int(cursor.data_scanned_in_bytes)

    everything = scanned("TRUE", {})
    lately = scanned(*recent.runs(recent.since(date(2024, 2, 18))))
    assert 0 < lately <= everything * 5 / 6


def test_months_begin_with_the_month_of_the_first_day() -> None:
    assert recent.months(date(2024, 1, 14)) == ("month >= %(first_month)s", {"first_month": "2024-01"})
