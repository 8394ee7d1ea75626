"""The listing of daily reports: what was delivered is listed, shown and downloaded; none is a state."""

from __future__ import annotations

import uuid
from datetime import date

import boto3
import pytest

from biz_insights.reports.delivery import deliver, report_key
from streamlit_dashboard.warehouse import athena, reports
from tests.streamlit_dashboard.conftest import texts

HEADLINES = {
    date(2024, 2, 16): "16 Feb 2024: net sales $10.00 from 2 orders.",
    date(2024, 2, 17): "17 Feb 2024: net sales €7,50; −3.1 % on the 7 before.",
}


@pytest.fixture
def bucket(published, monkeypatch):
    """A lake bucket without reports."""
    name = f"lake-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=name)
    monkeypatch.setenv("BIZ_INSIGHTS_LAKE_BUCKET", name)
    athena.forget_connections()
    yield name
    monkeypatch.delenv("BIZ_INSIGHTS_LAKE_BUCKET")
    athena.forget_connections()


@pytest.fixture
def delivered(bucket):
    """Two reports, and an object beside them that is none."""
    session = boto3.Session()
    for day, headline in HEADLINES.items():
        deliver(session, f"s3://{bucket}/{report_key(day)}", f"<!doctype html><h1>{headline}</h1>", headline)
    boto3.client("s3").put_object(Bucket=bucket, Key="reports/daily/notes.txt", Body=b"?")
    return bucket


def test_no_report_yet_is_said(bucket, open_page):
    app = open_page("daily_reports")
    assert not app.exception
    assert "No daily report has been written yet" in texts(app)


def test_reports_are_listed_newest_first_with_headline_and_size(delivered):
    rows = reports.daily_reports()
    assert [day.date() for day in rows["as_of_date"]] == sorted(HEADLINES, reverse=True)
    assert rows["headline"].tolist() == [HEADLINES[day] for day in sorted(HEADLINES, reverse=True)]
    sizes = [len(f"<!doctype html><h1>{text}</h1>".encode()) / 1024 for text in rows["headline"]]
    assert rows["size_kib"].tolist() == sizes


@pytest.mark.parametrize(("query", "day"), [({}, date(2024, 2, 17)), ({"date": "2024-02-16"}, date(2024, 2, 16))])
def test_the_page_shows_the_report_of_its_link(query, day, delivered, open_page):
    app = open_page("daily_reports", **query)
    assert not app.exception
    assert app.selectbox[0].value == day.isoformat()
    (frame,) = app.get("iframe")
    assert f"<h1>{HEADLINES[day]}</h1>" in frame.proto.srcdoc
    assert app.dataframe[0].value["headline"].tolist()[0] == HEADLINES[date(2024, 2, 17)]
    assert app.get("download_button")[0].proto.label == "HTML"


def test_a_headline_follows_its_report(delivered):
    day = date(2024, 2, 17)
    reports.daily_reports()
    deliver(boto3.Session(), f"s3://{delivered}/{report_key(day)}", "<!doctype html>late rows", "net sales $11.00")
    assert reports.daily_reports()["headline"].iloc[0] == "net sales $11.00"


def test_a_refusing_bucket_is_no_crash(bucket, monkeypatch, open_page):
    monkeypatch.setenv("BIZ_INSIGHTS_LAKE_BUCKET", "no-such-bucket")
    athena.forget_connections()
    app = open_page("daily_reports")
    assert not app.exception
    assert "NoSuchBucket" in app.error[0].value
