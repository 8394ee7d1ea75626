"""Suites run by Great Expectations, on SQLite: nothing here depends on Athena."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from biz_insights.quality import engine
from biz_insights.quality.rule_sql import placeholder_values
from biz_insights.quality.suites import load_suite
from tests.plugins.quality.samples import measuring_rule, rule, sql_rule

BATCH = "{{ batch }}"
PLUGINS = Path(engine.__file__).resolve().parents[2]
VALUES = placeholder_values(published="main", process_date="2024-01-31")


@pytest.fixture
def run(orders, write_suite):
    """Evaluates expectations on a table: `run(rule(…), table="orders")` → results."""

    def evaluate(*expectations, table="orders"):
        write_suite(*expectations)
        suite = load_suite("orders", orders.suites_folder)
        return engine.validate(suite, table, connection_url=orders.connection_url(), values=VALUES)[0]

    return evaluate


def test_failing_values_come_with_count_percent_and_the_key_of_their_rows(run):
    (found,) = run(rule("expect_column_values_to_be_between", column="amount", min_value=0))
    assert not found.success and found.severity == "critical"
    assert (found.unexpected_count, found.unexpected_percent) == (2, 20.0)
    assert found.samples == ('{"id": 3, "amount": -3}', '{"id": 7, "amount": -7}')


def test_at_most_five_samples(run):
    (found,) = run(rule("expect_column_values_to_be_between", column="id", min_value=50))
    assert found.unexpected_count == 10 and len(found.samples) == 5


def test_results_keep_the_order_of_the_suite(run):
    found = run(
        sql_rule("SELECT id FROM {{ batch }} WHERE status = 'odd'"),
        rule("expect_column_values_to_not_be_null", column="absent"),
        rule("expect_table_row_count_to_be_between", min_value=1),
        rule("expect_column_values_to_be_unique", column="id"),
        rule("expect_column_values_to_be_in_set", "warning", column="status", value_set=["paid"], mostly=0.8),
        rule("expect_compound_columns_to_be_unique", column_list=["amount", "status"]),
    )
    assert [result.success for result in found] == [False, False, True, True, True, True]
    assert [result.unexpected_count for result in found] == [1, None, None, 0, None, 0]
    assert found[0].samples == ('{"id": 5}',)
    assert found[2].observed == "10"


def test_a_rule_in_sql_sees_the_published_tables_and_the_settings(run):
    query = (
        "WITH built AS (SELECT id FROM {{ batch }}) SELECT id FROM built "
        "WHERE id IN (SELECT id FROM {{ published }}.orders WHERE {{ price_basis }} = 'line_total' AND id > 7)"
    )
    (found,) = run(sql_rule(query))
    assert found.unexpected_count == 2


def test_braces_in_a_query_stay_as_they_are(run):
    sound, wrong = run(
        sql_rule("SELECT id FROM {{ batch }} WHERE status = '{odd}'", name="sound"),
        sql_rule("SELECT id, '{3}' AS text FROM {{ batch }} WHERE id = 3", name="wrong"),
    )
    assert (sound.success, sound.error) == (True, None)
    assert wrong.samples == ('{"id": 3, "text": "{3}"}',)


def test_of_several_rules_in_sql_those_that_find_rows_fail_with_them(run):
    found = run(
        sql_rule("SELECT id FROM {{ batch }} WHERE id > 9", name="green"),
        sql_rule("SELECT id FROM {{ batch }} WHERE id > 7", name="red"),
    )
    assert [(result.success, result.unexpected_count, result.samples) for result in found] == [
        (True, 0, ()),
        (False, 2, ('{"id": 8}', '{"id": 9}')),
    ]


def test_a_rule_in_sql_that_breaks_leaves_the_others_their_verdict(run):
    found = run(
        sql_rule("SELECT absent FROM {{ batch }}", name="broken"),
        sql_rule("SELECT id FROM {{ batch }} WHERE id > 8", name="red"),
        sql_rule("SELECT id FROM {{ batch }} WHERE id > 9", name="green"),
    )
    assert [(bool(result.error), result.success, result.unexpected_count) for result in found] == [
        (True, False, None),
        (False, False, 1),
        (False, True, 0),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        rule("expect_column_values_to_not_be_null", "warning", column="absent"),
        sql_rule("SELECT absent FROM {{ batch }}", "info"),
    ],
)
def test_what_could_not_be_evaluated_is_a_critical_failure(run, broken):
    (found,) = run(broken)
    assert not found.success and found.severity == "critical"
    assert "absent" in found.error and "\n" not in found.error


def test_a_table_that_is_not_there_fails_every_rule(run):
    found = run(
        rule("expect_table_row_count_to_be_between", min_value=0),
        rule("expect_column_values_to_not_be_null", "warning", column="id"),
        table="missing",
    )
    assert [(result.success, result.severity) for result in found] == [(False, "critical")] * 2
    assert "missing" in found[0].error


def test_a_table_that_was_rebuilt_is_looked_at_afresh(run, orders):
    import sqlite3

    expectation = rule("expect_column_values_to_be_between", column="amount", min_value=0)
    assert not run(expectation)[0].success
    run(expectation, table="missing")
    with sqlite3.connect(orders.file) as connection:
        connection.execute("DELETE FROM orders WHERE amount < 0")
    connection.close()
    assert run(expectation)[0].success


@pytest.fixture
def queries():
    """The SELECTs that SQLAlchemy sends while the test runs."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    sent: list[str] = []

    def note(connection, cursor, statement, *rest):
        if statement.lstrip().upper().startswith("SELECT") and "sqlite_master" not in statement:
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


def test_row_wise_rules_that_pass_share_one_query(run, queries):
    """Samples are fetched for failures only, so a green suite stays cheap whatever its length."""
    run(
        *(rule("expect_column_values_to_not_be_null", column=c, mostly=0.9) for c in ("id", "amount", "status")),
        rule("expect_column_values_to_be_between", column="id", min_value=0),
        rule("expect_column_values_to_be_in_set", column="status", value_set=["paid", "odd"]),
    )
    assert len(queries) == 2, "the row count; the counts"


def test_rules_in_sql_that_find_nothing_share_one_question(run, queries):
    nothing = [sql_rule(f"SELECT id FROM {BATCH} WHERE id > {10 + i}", name=f"r{i}") for i in range(6)]
    assert all(result.success and result.unexpected_count == 0 for result in run(*nothing))
    assert len(queries) == 1


MEASURE = (
    "SELECT max(amount) AS highest, {{ price_basis }} AS price_basis, max(amount) > LIMIT AS is_wrong FROM {{ batch }}"
)


def test_a_rule_that_measures_keeps_its_evidence_whether_it_holds_or_not(run):
    sound, wrong, plain = run(
        measuring_rule(MEASURE.replace("LIMIT", "9"), name="sound"),
        measuring_rule(MEASURE.replace("LIMIT", "8"), name="wrong"),
        sql_rule("SELECT id FROM {{ batch }} WHERE id > 9", name="plain"),
    )
    assert (sound.success, sound.unexpected_count, sound.samples) == (True, 0, ())
    assert sound.observed == '[{"highest": 9, "price_basis": "line_total", "is_wrong": 0}]'
    evidence = '{"highest": 9, "price_basis": "line_total", "is_wrong": 1}'
    assert (wrong.success, wrong.severity, wrong.unexpected_count) == (False, "warning", 1)
    assert (wrong.observed, wrong.samples) == (f"[{evidence}]", (evidence,))
    assert evidence in wrong.sentence()
    assert (plain.success, plain.observed) == (True, None)


@pytest.mark.parametrize(
    "query", ["SELECT id FROM {{ batch }} WHERE id > 9", "SELECT id FROM {{ batch }}", "SELECT x FROM {{ batch }}"]
)
def test_a_rule_that_measures_nothing_or_breaks_is_a_critical_failure(run, query):
    (found,) = run(measuring_rule(query))
    assert not found.success and found.error and found.severity == "critical"


def test_nothing_is_sent_anywhere_and_the_library_is_quiet():
    import logging

    engine.context()
    assert not any("posthog" in name for name in sys.modules)
    assert logging.getLogger("great_expectations").level == logging.WARNING


def test_a_dag_file_can_import_the_package_without_great_expectations():
    import subprocess

    code = (
        "import sys; import biz_insights.quality.checkpoint, biz_insights.quality.quality_report, "
        "biz_insights.quality.data_docs, biz_insights.lake.operations_tables; "
        "sys.exit(any(m.split('.')[0] in ('great_expectations', 'pyarrow', 'pandas') for m in sys.modules))"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(PLUGINS), "PATH": "/usr/bin:/bin"}, timeout=60
    )
    assert completed.returncode == 0


REFUSED = "An error occurred (ThrottlingException) when calling the StartQueryExecution operation: Rate exceeded"


def test_a_service_that_refuses_a_query_is_not_asked_for_the_other_rules(run, queries):
    """Each refused query has waited for its retries: a suite of many rules would wait for minutes."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    refused: list[str] = []

    def refuse(cursor, statement, *rest):
        if len(queries) > 1:
            refused.append(statement)
            raise RuntimeError(REFUSED)

    event.listen(Engine, "do_execute", refuse)
    try:
        found = run(
            rule("expect_column_values_to_not_be_null", column="id"),
            rule("expect_column_values_to_be_unique", column="id"),
            *(sql_rule(f"SELECT id FROM {BATCH} WHERE id > {10 + i}", name=f"r{i}") for i in range(6)),
        )
    finally:
        event.remove(Engine, "do_execute", refuse)
    assert [result.success for result in found] == [False] * 8
    assert all(REFUSED in result.error for result in found)
    assert len(refused) == 1
