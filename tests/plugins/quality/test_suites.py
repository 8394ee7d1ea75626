"""Suite files: what they may say, and that those of the repository say it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from biz_insights.quality import engine
from biz_insights.quality.audited_tables import audited_tables
from biz_insights.quality.rule_sql import placeholder_values
from biz_insights.quality.suite_rule import SuiteError
from biz_insights.quality.suites import Suite, all_suites, load_suite, suite_paths
from tests.plugins.quality.samples import check_rule, measuring_rule, rule, sql_rule

ROOT = Path(__file__).resolve().parents[3]
NOT_NULL = "expect_column_values_to_not_be_null"
SUITES = {suite.name: suite for suite in all_suites()}
VALUES = placeholder_values(published="p", process_date="2024-01-31")


def test_a_suite_is_read_with_its_default_fix_and_names(orders, write_suite):
    write_suite(rule(NOT_NULL, column="id"), sql_rule("SELECT * FROM {{ batch }}\nWHERE amount < 0"))
    first, second = load_suite("orders", orders.suites_folder).rules
    assert (first.name, first.column, first.fix) == (f"{NOT_NULL}(id)", "id", "data engineer: fix the orders")
    assert (second.name, second.query("b", VALUES)) == ("a_rule_in_sql", "SELECT * FROM b\nWHERE amount < 0")


def test_a_list_of_columns_stands_for_one_rule_a_column(orders, write_suite):
    write_suite(rule(NOT_NULL, column=["id", "amount"]))
    rules = load_suite("orders", orders.suites_folder).rules
    assert [(found.name, found.kwargs) for found in rules] == [
        (f"{NOT_NULL}(id)", {"column": "id"}),
        (f"{NOT_NULL}(amount)", {"column": "amount"}),
    ]


def test_placeholders_are_literals(orders, write_suite):
    names = ("process_date", "cutoff_date", "price_basis", "business_timezone", "unknown")
    write_suite(sql_rule(f"SELECT {', '.join('{{ ' + name + ' }}' for name in names)} FROM {{{{ batch }}}}"))
    (found,) = load_suite("orders", orders.suites_folder).rules
    assert found.query("b", VALUES) == (
        "SELECT DATE '2024-01-31', DATE '2022-10-01', 'line_total', 'America/Chicago', 'UNKNOWN' FROM b"
    )


def test_a_table_without_a_suite_names_the_file_to_write(orders):
    with pytest.raises(SuiteError, match=r"'customers' has no suite.*expectations/.*/customers\.json"):
        load_suite("customers", orders.suites_folder)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (rule(NOT_NULL, "fatal", column="id"), r"severity 'fatal' is unknown; use critical, warning, info"),
        ({"type": NOT_NULL, "severity": "critical"}, r"why is empty"),
        ({"severity": "critical"}, r'rule 1 must have exactly one of "type", "check" and "sql"'),
        ({**rule(NOT_NULL, column="id"), "sql": "x"}, r'must have exactly one of "type", "check" and "sql"'),
        (rule(NOT_NULL, column=["id", "amount"], name="both"), r"several rules share one name"),
        (rule("unexpected_rows_expectation", column="id"), r'write the query to a file and name it with "sql"'),
        ({**sql_rule("SELECT * FROM {{ batch }}"), "level": 1}, r"unknown field level"),
        ({"sql": "absent", "severity": "info", "why": "it matters"}, r"orders/absent\.sql does not exist"),
        (sql_rule("SELECT * FROM orders"), r"must read \{\{ batch \}\} once"),
        (sql_rule("SELECT * FROM {{ batch }}, {{ batch }}"), r"must read \{\{ batch \}\} once"),
        (sql_rule("SELECT * FROM {{ batch }} WHERE d > {{ today }}"), r"'today' is undefined; placeholders are batch"),
        (sql_rule("SELECT * FROM {{ batch"), r"not a valid template"),
        (check_rule("miracles"), r"there is no such check"),
        ({**measuring_rule("SELECT * FROM {{ batch }}"), "type": NOT_NULL}, r"exactly one of"),
    ],
)
def test_a_wrong_rule_names_the_file_and_the_fault(orders, write_suite, broken, message):
    path = write_suite(broken)
    with pytest.raises(SuiteError, match=message) as raised:
        load_suite("orders", orders.suites_folder)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"about": ""}, r'"about" must say'),
        ({"rules": []}, r'"rules" must have an entry'),
        ({"rules": {}}, r'"rules" must be a list'),
        ({"table": "orders"}, r"unknown field table"),
        ({"derived": {"grain_is_unique": {"severity": "off", "reason": "no"}}}, r"derived: no rule grain_is_unique"),
    ],
)
def test_a_wrong_suite_names_the_file_and_the_fault(orders, write_suite, fields, message):
    write_suite(rule(NOT_NULL, column="id"), **fields)
    with pytest.raises(SuiteError, match=message):
        load_suite("orders", orders.suites_folder)


def test_two_rules_of_one_name_are_refused(orders, write_suite):
    write_suite(rule(NOT_NULL, column="id"), rule(NOT_NULL, "warning", column="id"))
    with pytest.raises(SuiteError, match="two rules are named"):
        load_suite("orders", orders.suites_folder)


def test_a_query_that_no_rule_uses_is_refused(orders, write_suite):
    path = write_suite(rule(NOT_NULL, column="id"))
    (path.with_suffix("") / "forgotten.sql").write_text("SELECT 1")
    with pytest.raises(SuiteError, match=r"no rule uses the file forgotten\.sql"):
        load_suite("orders", orders.suites_folder)


def test_a_file_that_is_not_json_is_named(orders, write_suite):
    write_suite(rule(NOT_NULL, column="id")).write_text("{,")
    with pytest.raises(SuiteError, match=r"orders\.json: not JSON"):
        load_suite("orders", orders.suites_folder)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (rule("expect_miracles", column="id"), "unknown expectation type 'expect_miracles'"),
        (rule(NOT_NULL, columns="id"), "arguments do not fit"),
    ],
)
def test_what_great_expectations_refuses_names_the_file(orders, write_suite, broken, message):
    path = write_suite(broken)
    suite = load_suite("orders", orders.suites_folder)
    with pytest.raises(SuiteError, match=message) as raised:
        engine.build_expectation(suite.rules[0], suite.path)
    assert str(path) in str(raised.value)


def test_every_declared_table_has_a_suite_in_its_folder_and_no_other():
    folders = {name: path.parent.name for name, path in suite_paths().items()}
    assert folders == {
        name: "gold" if table.layer == "scores" else table.layer for name, table in audited_tables().items()
    }


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_great_expectations_accepts_every_suite(suite: Suite):
    for found in suite.rules:
        engine.build_expectation(found, suite.path, values=VALUES)
    assert any(found.severity == "critical" for found in suite.rules)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_the_key_of_a_suite_names_columns_of_the_table(suite: Suite):
    assert set(suite.key) <= set(audited_tables()[suite.name].columns)


def test_rules_in_sql_leave_the_candidate_to_a_cte():
    """Great Expectations aliases {batch} itself unless the query has a JOIN, so an alias of ours would clash."""
    for suite in SUITES.values():
        for found in suite.rules:
            if found.is_sql:
                query = found.great_expectations_query(VALUES)
                assert query.startswith("WITH built AS ("), f"{suite.name}: {found.name}"
                assert "%" not in query and query.count("{batch}") == 1, f"{suite.name}: {found.name}"


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_who_fixes_a_failure_is_sent_to_files_that_are_there(suite: Suite):
    named = {path for found in suite.rules for path in re.findall(r"[\w/]+/\w+\.(?:py|sql|json)", found.fix)}
    assert {path for path in named if not (ROOT / path).exists()} == set()
