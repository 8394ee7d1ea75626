"""The address of the page, when it is written again, and the message."""

from __future__ import annotations

from datetime import date

import boto3
import pytest

from biz_insights.aws import s3
from biz_insights.reports.delivery import console_link, day_of, decoded, deliver, encoded, message, report_key

DAY = date(2024, 2, 17)
URI = f"s3://business-insights-lake/{report_key(DAY)}"


def test_the_key_of_a_report_holds_its_day():
    assert report_key(DAY) == "reports/daily/as_of_date=2024-02-17/report.html"
    assert day_of(report_key(DAY)) == DAY
    for other in ("reports/daily/notes.txt", "reports/daily/as_of_date=20240217/report.html", "quality/report.html"):
        assert day_of(other) is None


def test_the_same_page_is_not_written_again(endpoint):
    session = boto3.Session()
    uri = "s3://business-insights-lake/reports/test/report.html"
    assert deliver(session, uri, "<p>€ 1</p>", "€ 1 − 2")
    assert not deliver(session, uri, "<p>€ 1</p>", "€ 1 − 2")
    assert deliver(session, uri, "<p>€ 3</p>", "€ 3")
    bucket, key = s3.split_uri(uri)
    head = session.client("s3").head_object(Bucket=bucket, Key=key)
    assert (head["ContentType"], decoded(head["Metadata"])) == ("text/html; charset=utf-8", "€ 3")
    assert s3.get_bytes(session, uri) == "<p>€ 3</p>".encode()
    assert s3.get_bytes(session, f"{uri}.none") is None


def test_a_long_headline_is_cut_to_fit_the_metadata():
    long = "−7.0 % " * 200
    assert encoded(long).isascii() and len(encoded(long)) <= 1500
    assert decoded({"headline": encoded(long)}).endswith("…")
    assert decoded({"headline": encoded("17 Feb: €1,50 %2F")}) == "17 Feb: €1,50 %2F"
    assert decoded({}) == ""


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "us-east-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_link_depends_on_the_region(region, host):
    assert console_link(region, URI) == (
        f"https://{host}/s3/object/business-insights-lake?region={region}"
        "&prefix=reports/daily/as_of_date%3D2024-02-17/report.html"
    )


def test_the_message_holds_the_headline_and_every_link_to_the_report():
    said = message(DAY, "Net sales $1.", URI, region="us-east-1", dashboard_url="https://d.example/", written=True)
    assert said.startswith("Net sales $1.\n")
    assert "written by this run" in said
    assert URI in said and console_link("us-east-1", URI) in said
    assert "https://d.example/daily_reports?date=2024-02-17" in said
    again = message(DAY, "Net sales $1.", URI, region="us-east-1", dashboard_url="", written=False)
    assert "unchanged: this run found nothing new for it" in again
    assert "daily_reports" not in again
