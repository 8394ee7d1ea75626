"""The queries in Athena on tables built by the gold SQL: the figures of the page equal those of the order lines."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import boto3
import pyarrow as pa
import pytest

from biz_insights.aws import s3
from biz_insights.reports.daily_report import compose
from biz_insights.reports.formats import money
from biz_insights.reports.queries import QUERIES
from biz_insights.reports.reading import read
from biz_insights.settings import Settings
from biz_insights.steps.report_steps import write_daily_report
from biz_insights.steps.run_context import RunContext, rows
from tests.streamlit_dashboard.lake import BATCH, BUCKET, LAST_DAY, PublishedLake, built, lines, new_lake

NEVER_PUBLISHED = LAST_DAY + timedelta(days=30)


class Run(RunContext):
    """A run that uses a session of the endpoint and does not need Airflow."""

    @property
    def session(self):  # type: ignore[override]
        return boto3.Session(region_name="us-east-1")


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return built()


@pytest.fixture(scope="module")
def lake(endpoint, tables) -> PublishedLake:
    made = new_lake("daily_report")
    made.publish(tables)
    return made


def run_of(lake: PublishedLake, day: date = LAST_DAY) -> Run:
    return Run(Settings(published_database=lake.database, poll_seconds=1), "manual__1", day.isoformat())


def report_of(run: Run):
    day = date.fromisoformat(run.process_date)
    seen = run.catalog(run.settings.published_database)
    return compose(day, read(day, BATCH, partial(rows, run.reader(seen)), seen.column_names))


def net_sales(first: date, last: date) -> Decimal:
    return sum((line["net_sales"] for line in lines() if first <= line["order_date"] <= last), Decimal(0))


def test_the_figures_equal_those_of_the_order_lines(lake):
    report = report_of(run_of(lake))
    assert report.absent == {}
    (block,) = report.blocks
    assert block.sales is not None
    week = block.sales.week
    week_from = LAST_DAY - timedelta(days=6)
    assert week.this.net_sales == net_sales(week_from, LAST_DAY) > 0
    assert week.before.net_sales == net_sales(week_from - timedelta(days=7), week_from - timedelta(days=1)) > 0
    assert (block.sales.today.net_sales or Decimal(0)) == net_sales(LAST_DAY, LAST_DAY)
    assert sum(item.net_sales for item in block.items) == week.this.net_sales  # three items, all listed
    assert sum(item.net_sales_before for item in block.items) == week.before.net_sales
    assert net_sales(week_from, week_from) > 0  # a day that either week could claim
    assert sum(store.net_sales for store in block.stores) == week.this.net_sales
    assert sum(store.orders for store in block.stores) == week.this.orders
    assert all(store.lasting_status != "not_published" for store in block.stores)
    assert sum(item.share or 0 for item in block.items) == pytest.approx(1)


def test_customers_and_checks_equal_those_of_the_tables(lake, tables):
    report = report_of(run_of(lake))
    (block,) = report.blocks
    assert block.churn is not None and block.moves is not None
    status = tables["mart_churn_indicators"]["churn_status"].to_pylist()
    assert {count.status: count.customers for count in block.churn.counts if count.customers} == {
        name: status.count(name) for name in set(status)
    }
    assert block.moves.moved + block.moves.stayed > 0
    quality = report.quality
    assert (quality.score, len(quality.failures)) == (85.7, 1)  # two critical ones passed, a warning failed
    assert {row.source_table: row.quarantined for row in quality.ledger}["order_items"] == 3
    assert sum(reason.rows for reason in quality.reasons) == 5  # one row has two reasons


def test_a_second_run_does_not_write_the_same_page(lake):
    run = run_of(lake)
    first, second = write_daily_report(run), write_daily_report(run)
    assert first["uri"] == f"s3://{BUCKET}/reports/daily/as_of_date={LAST_DAY}/report.html"
    assert "written by this run" in first["message"]
    assert "unchanged" in second["message"]
    page = s3.get_bytes(run.session, first["uri"])
    assert page is not None
    assert money(net_sales(LAST_DAY - timedelta(days=6), LAST_DAY), "USD") in page.decode()


def test_the_report_of_an_unpublished_day_says_so(lake):
    report = report_of(run_of(lake, NEVER_PUBLISHED))
    assert "no sales figures" in report.headline


def test_a_lake_without_tables_still_has_a_report(endpoint):
    report = report_of(run_of(new_lake("daily_report_empty")))
    assert report.absent == {name: f"{query.table} is not published yet." for name, query in QUERIES.items()}


def test_the_report_names_the_columns_that_an_older_table_lacks(endpoint, tables):
    older = new_lake("daily_report_older")
    older.put("mart_sales_trends", tables["mart_sales_trends"].drop_columns(["holiday_name"]))
    absent = report_of(run_of(older)).absent
    assert absent["sales_days"].startswith("mart_sales_trends as published has no holiday_name:")
    assert "store_weeks" not in absent
