"""Suite files: what they must say, and that those of the repository say it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from biz_insights.gold.definition import gold_tables
from biz_insights.quality import engine
from biz_insights.quality.suites import SQL_TYPE, Suite, SuiteError, all_suites, load_suite, suite_paths
from biz_schema.score_tables import SCORE_TABLES
from tests.plugins.quality.samples import rule, sql_rule

ROOT = Path(__file__).resolve().parents[3]
NOT_NULL = "expect_column_values_to_not_be_null"
SUITES = {suite.name: suite for suite in all_suites()}
GOLD = {name: table for name, table in gold_tables().items() if table.kind != "views"}
GRAINS = {name: set(table.grain.split(" x ")) for name, table in GOLD.items()}
GRAINS |= {name: set(table.grain) for name, table in SCORE_TABLES.items()}
COLUMNS = {name: set(table.columns) for name, table in (GOLD | SCORE_TABLES).items()}


def test_a_suite_is_read_with_its_default_fix_and_names(orders, write_suite):
    write_suite(rule(NOT_NULL, column="id"), sql_rule(["SELECT * FROM {batch}", "WHERE amount < 0"]))
    suite = load_suite("orders", orders.suites_folder)
    first, second = suite.rules
    assert (first.name, first.column, first.fix) == (
        f"{NOT_NULL}(id)",
        "id",
        "data engineer: mend the orders",
    )
    assert second.kwargs["unexpected_rows_query"] == "SELECT * FROM {batch}\nWHERE amount < 0"


def test_a_table_without_a_suite_names_the_file_to_write(orders):
    with pytest.raises(SuiteError, match=r"'customers' has no suite.*expectations/.*/customers\.json"):
        load_suite("customers", orders.suites_folder)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (rule(NOT_NULL, "fatal", column="id"), r"severity 'fatal' is none; use critical, warning, info"),
        ({"type": NOT_NULL, "severity": "critical", "kwargs": {}}, r"meta\.why is empty"),
        ({**rule(NOT_NULL, column="id"), "level": 1}, r"unknown field level"),
        ({"severity": "critical"}, r'expectation 1 has no "type"'),
        (sql_rule("SELECT * FROM orders"), r"does not read the candidate; use \{batch\}"),
        (sql_rule("SELECT * FROM {batch} WHERE d > {today}"), r"unknown placeholder \['today'\]"),
        (sql_rule("SELECT * FROM {batch", name="x"), r"double a literal brace"),
        (sql_rule("SELECT * FROM {batch}", name=""), r"needs meta\.name"),
        (
            {**rule(NOT_NULL, column="id"), "meta": {"why": "it matters", "flag": "is_wrong"}},
            r"meta\.flag is for unexpected_rows_expectation only",
        ),
    ],
)
def test_a_wrong_expectation_names_the_file_and_the_fault(orders, write_suite, broken, message):
    path = write_suite(broken)
    with pytest.raises(SuiteError, match=message) as raised:
        load_suite("orders", orders.suites_folder)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "other"}, r'"name" must be \'orders\''),
        ({"about": ""}, r'"about" must say'),
        ({"expectations": []}, r'"expectations" must be a list with entries'),
        ({"table": "orders"}, r"unknown field table"),
    ],
)
def test_a_wrong_suite_names_the_file_and_the_fault(orders, write_suite, fields, message):
    write_suite(rule(NOT_NULL, column="id"), **fields)
    with pytest.raises(SuiteError, match=message):
        load_suite("orders", orders.suites_folder)


def test_two_expectations_of_one_name_are_refused(orders, write_suite):
    write_suite(rule(NOT_NULL, column="id"), rule(NOT_NULL, "warning", column="id"))
    with pytest.raises(SuiteError, match="two expectations are named"):
        load_suite("orders", orders.suites_folder)


def test_a_file_that_is_no_json_is_named(orders, write_suite):
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


def test_every_layer_has_its_suites():
    layers = {name: path.parent.name for name, path in suite_paths().items()}
    assert {name for name, layer in layers.items() if layer == "bronze"} == {
        "bronze_order_items",
        "bronze_order_item_options",
        "bronze_date_dim",
    }
    assert {name for name, layer in layers.items() if layer == "silver"} == {
        "silver_order_items",
        "silver_order_item_options",
        "silver_date_dim",
        "quarantine",
        "row_ledger",
    }
    assert {name for name, layer in layers.items() if layer == "gold"} == set(GRAINS)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_great_expectations_accepts_every_suite(suite: Suite):
    for rule_ in suite.rules:
        engine.build_expectation(rule_, suite.path, names={"published": "p", "process_date": "2024-01-31"})
    assert any(rule_.severity == "critical" for rule_ in suite.rules)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_gold_suite_looks_at_columns_that_the_table_declares(name: str):
    looked_at = {column for rule_ in SUITES[name].rules if rule_.column for column in rule_.column.split(", ")} | set(
        SUITES[name].key
    )
    assert looked_at <= COLUMNS[name]


@pytest.mark.parametrize("name", GRAINS)
def test_a_gold_suite_guards_the_grain(name: str):
    unique = [rule_ for rule_ in SUITES[name].rules if rule_.type == "expect_compound_columns_to_be_unique"]
    assert [(set(rule_.kwargs["column_list"]), rule_.severity) for rule_ in unique] == [(GRAINS[name], "critical")]


def test_rules_in_sql_leave_the_candidate_to_a_cte():
    """Great Expectations aliases {batch} itself unless the query has a JOIN, so an alias of ours would clash."""
    for suite in SUITES.values():
        for rule_ in suite.rules:
            if rule_.type == SQL_TYPE:
                query = rule_.kwargs["unexpected_rows_query"]
                assert query.lstrip().startswith("WITH built AS ("), f"{suite.name}: {rule_.name}"
                assert "%" not in query and query.count("{batch}") == 1, f"{suite.name}: {rule_.name}"


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_who_mends_a_failure_is_sent_to_files_that_are_there(suite: Suite):
    named = {path for rule in suite.rules for path in re.findall(r"[\w/]+/\w+\.(?:py|sql|json)", rule.fix)}
    assert {path for path in named if not (ROOT / path).exists()} == set()
