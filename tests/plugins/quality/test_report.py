"""The run's report and site, made from the stored checkpoints."""

from __future__ import annotations

import pytest

from biz_insights.aws import s3
from biz_insights.quality.checkpoint import audit
from biz_insights.quality.data_docs import write_data_docs
from biz_insights.quality.quality_report import write_quality_report
from tests.plugins.quality.samples import measuring_rule, rule

ROWS = rule("expect_table_row_count_to_be_between", min_value=1)
POSITIVE = rule("expect_column_values_to_be_between", column="amount", min_value=0)
STATUS = rule("expect_column_values_to_be_in_set", "warning", column="status", value_set=["paid"])
MEASURED = measuring_rule("SELECT max(amount) AS highest, max(amount) > 99 AS is_wrong FROM {{ batch }}", "info")
LEDGER = [{"source_table": "order_items", "source_rows": 10, "accepted_rows": 9, "quarantined_rows": 1}]


@pytest.fixture
def run(settings, write_suite, session):
    """Two checkpoints of run-1: bronze is green, silver has a warning and a critical failure."""
    arguments = {"run": "run-1", "process_date": "2024-01-31", "settings": settings, "session": session}
    write_suite(ROWS)
    audit({"orders": "orders"}, checkpoint="bronze", **arguments)
    write_suite(ROWS, STATUS, POSITIVE, MEASURED)
    audit({"orders": "orders"}, checkpoint="silver", **arguments)
    return "run-1"


def test_the_report_merges_the_checkpoints(run, settings, session):
    report = write_quality_report(run, settings, ledger=LEDGER, session=session)
    assert (report["score"], report["gate"], report["blocked"]) == (60.0, 80.0, True)  # 6 of 3+3+1+3
    assert {name: part["score"] for name, part in report["checkpoints"].items()} == {
        "bronze": 100.0,
        "silver": 42.8,
    }
    assert report["counts"] == {
        "evaluated": 5,
        "passed": 3,
        "critical_failed": 1,
        "warning_failed": 1,
        "info_failed": 0,
    }
    assert [(failure["severity"], failure["checkpoint"]) for failure in report["failures"]] == [
        ("critical", "silver"),
        ("warning", "silver"),
    ]
    assert report["failures"][0]["samples"][0] == '{"id": 3, "amount": -3}'
    assert report["ledger"] == LEDGER
    (measured,) = report["measured"]
    assert (measured["checkpoint"], measured["name"], measured["success"]) == ("silver", "a_rule_that_measures", True)
    assert measured["observed"] == '[{"highest": 9, "is_wrong": 0}]'
    for name in ("run=run-1/quality_report.json", "quality_report.json"):
        assert s3.get_json(session, settings.quality_uri + name) == report


def test_a_run_without_checkpoints_leaves_the_latest_report(run, settings, session):
    write_quality_report(run, settings, session=session)
    empty = write_quality_report("run-2", settings, session=session)
    assert (empty["score"], empty["checkpoints"], empty["blocked"]) == (None, {}, False)
    assert s3.get_json(session, settings.quality_uri + "quality_report.json")["run"] == "run-1"


def test_data_docs_hold_every_checkpoint_and_its_failures(run, settings, session):
    site = f"{settings.quality_uri}data_docs/"
    assert write_data_docs(run, settings, session=session) == f"{site}index.html"
    pages = {uri: _text(session, uri) for uri in s3.list_uris(session, site)}
    index = pages[f"{site}index.html"]
    results = [uri for uri in pages if "/validations/orders/run-1/" in uri]
    assert {uri.rsplit("/", 1)[1] for uri in results} == {"bronze.html", "silver.html"}
    assert all(f'href="{uri.removeprefix(site)}"' in index for uri in results)
    assert "https://" not in index, "the first page opens from disk, without the web"
    assert "{&quot;id&quot;: 3, &quot;amount&quot;: -3}" in index and "data engineer: fix the orders" in index
    assert "{&quot;highest&quot;: 9, &quot;is_wrong&quot;: 0}" in index
    silver = next(text for uri, text in pages.items() if uri.endswith("/silver.html"))
    assert "greater than or equal to" in silver and "-3" in silver


def _text(session, uri: str) -> str:
    bucket, key = s3.split_uri(uri)
    body = session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body.decode(errors="replace") if uri.endswith(".html") else ""
