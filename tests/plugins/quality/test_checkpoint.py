"""An audit keeps what it found, whatever it found."""

from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest

from biz_insights.aws import s3
from biz_insights.quality.checkpoint import audit
from biz_insights.quality.outcome import QualityGateError
from biz_insights.quality.results_store import RESULTS_TABLE
from biz_insights.quality.suites import SuiteError
from tests.plugins.quality.samples import rule, sql_rule

POSITIVE = rule("expect_column_values_to_be_between", column="amount", min_value=0)
STATUS = rule("expect_column_values_to_be_in_set", "warning", column="status", value_set=["paid"])
ROWS = rule("expect_table_row_count_to_be_between", min_value=1)


@pytest.fixture
def check(settings, session):
    """Audits `orders` as the checkpoint silver of run-1."""

    def run(**changes):
        arguments = {"checkpoint": "silver", "run": "run-1", "process_date": "2024-01-31"} | changes
        return audit({"orders": "orders"}, settings=settings, session=session, **arguments)

    return run


@pytest.fixture
def published_results(session, published):
    """Rows of data_quality_results, read where the catalog points: `published_results(checkpoint="silver")`."""

    def read(**where) -> list[dict]:
        rows = []
        found = session.client("glue").get_partitions(DatabaseName=published, TableName=RESULTS_TABLE)
        for partition in found["Partitions"]:
            for uri in s3.list_uris(session, partition["StorageDescriptor"]["Location"]):
                bucket, key = s3.split_uri(uri)
                body = session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
                keys = dict(zip(("run", "checkpoint"), partition["Values"], strict=True))
                rows += [row | keys for row in pq.read_table(io.BytesIO(body)).to_pylist()]
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    return read


def test_an_audit_with_a_warning_is_kept_and_does_not_block(check, write_suite, published_results):
    write_suite(ROWS, rule("expect_column_values_to_not_be_null", column="id"), STATUS)
    report = check()
    report.raise_if_blocked()
    assert report.score == 85.7
    rows = published_results(run="run-1", checkpoint="silver")
    assert [(row["rule_name"], row["success"], row["severity"]) for row in rows] == [
        ("expect_table_row_count_to_be_between()", True, "critical"),
        ("expect_column_values_to_not_be_null(id)", True, "critical"),
        ("expect_column_values_to_be_in_set(status)", False, "warning"),
    ]
    assert rows[2]["samples"] == ['{"id": 5, "status": "odd"}']
    assert str(rows[0]["process_date"]) == "2024-01-31"


def test_a_red_audit_is_kept_and_blocks_with_the_expectation_and_sample_rows(
    check, write_suite, published_results, session, settings
):
    write_suite(ROWS, POSITIVE)
    report = check()
    with pytest.raises(QualityGateError) as raised:
        report.raise_if_blocked()
    assert "expect_column_values_to_be_between(amount): 2 unexpected" in str(raised.value)
    assert '{"id": 3, "amount": -3}' in str(raised.value)
    (row,) = published_results(rule_name="expect_column_values_to_be_between(amount)")
    assert (row["success"], row["unexpected_count"], row["checkpoint_blocked"]) == (False, 2, True)
    part = s3.get_json(session, f"{settings.quality_uri}run=run-1/checkpoints/silver.json")
    assert part["blocked"] and set(part["validations"]) == {"orders"}


def test_an_expectation_that_breaks_blocks_and_is_kept(check, write_suite, published_results):
    write_suite(ROWS, sql_rule("SELECT absent FROM {{ batch }}", "info"))
    with pytest.raises(QualityGateError, match="could not be evaluated"):
        check().raise_if_blocked()
    (row,) = published_results(rule_name="a_rule_in_sql")
    assert row["severity"] == "critical" and "absent" in row["error"]


def test_a_repeated_checkpoint_replaces_its_results_and_leaves_the_others(check, write_suite, published_results):
    write_suite(ROWS, POSITIVE)
    check(checkpoint="bronze")
    check()
    write_suite(ROWS)
    check()
    assert len(published_results(checkpoint="silver")) == 1
    assert len(published_results(checkpoint="bronze")) == 2


def test_nothing_to_audit_is_refused(settings, session):
    with pytest.raises(ValueError, match="checkpoint silver: no candidates"):
        audit({}, checkpoint="silver", run="r", process_date="2024-01-31", settings=settings, session=session)


def test_a_missing_suite_stops_before_any_query(settings, session):
    with pytest.raises(SuiteError, match="'orders' has no suite"):
        audit(
            {"orders": "missing"},
            checkpoint="silver",
            run="r",
            process_date="2024-01-31",
            settings=settings,
            session=session,
        )
    assert not list(s3.list_uris(session, settings.quality_uri))


def test_each_table_of_an_audit_is_judged_by_its_own_suite(write_suite, settings, session):
    """The tables are looked at side by side, all of them here being one: each with its own rules and in its place."""
    names = [f"table_{number}" for number in range(9)]
    for number, name in enumerate(names):
        write_suite(
            rule("expect_column_values_to_be_between", column="id", max_value=number),
            sql_rule(f"SELECT id FROM {{{{ batch }}}} WHERE id > {number}", name="beyond"),
            rule("expect_table_row_count_to_be_between", min_value=10),
            file=name,
        )
    candidates = dict.fromkeys(names, "orders") | {"table_4": "missing"}
    found = audit(
        candidates, checkpoint="silver", run="r", process_date="2024-01-31", settings=settings, session=session
    )
    by_table = {name: [result for result in found.results if result.suite == name] for name in names}
    assert [result.suite for result in found.results] == [name for name in names for _ in range(3)]
    assert all(result.error for result in by_table.pop("table_4"))
    for number, (between, beyond, rows) in ((names.index(name), results) for name, results in by_table.items()):
        assert (between.unexpected_count, beyond.unexpected_count, rows.observed) == (9 - number, 9 - number, "10")
