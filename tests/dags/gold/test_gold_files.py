"""Rules for every gold SQL file: a complete and correct header, and no forbidden SQL."""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from biz_insights.gold.definition import GoldTable, gold_tables
from tests.dags.gold.harness import DATABASE, Lake, line, render

TABLES = list(gold_tables().values())
PREFIXES = {"facts": "gold_", "marts": "mart_", "views": "v_"}
"""Prefix of the names in each folder, see docs/naming.md."""
FORBIDDEN = (
    "ntile",
    "insert overwrite",
    "current_date",
    "current_timestamp",
    "now(",
    "random(",
    "approx_",
    "select distinct on",
)
ATHENA_TYPES = re.compile(r"(VARCHAR|BIGINT|INTEGER|DOUBLE|BOOLEAN|DATE|DECIMAL\(18,[24]\)|VARCHAR\[\]|BIGINT\[\])")

each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@pytest.fixture(scope="module")
def lake() -> Lake:
    built = Lake([line("o1", 10, options=1), line("o2", 5, user_id=None)])
    for table in TABLES:
        built.build(table.name, "2024-01-31")
    return built


def test_the_prefix_of_a_name_shows_the_kind_of_table() -> None:
    assert {table.kind for table in TABLES} == set(PREFIXES)
    assert [table.name for table in TABLES if not table.name.startswith(PREFIXES[table.kind])] == []


@each_table
def test_the_header_lists_the_real_columns_in_order(table: GoldTable, lake: Lake) -> None:
    assert list(table.columns) == list(lake.types(table.name)), (
        f"dags/gold/{table.kind}/{table.name}.sql: header and SELECT must name the same columns in the same order"
    )


@each_table
def test_columns_have_types_that_athena_supports(table: GoldTable, lake: Lake) -> None:
    odd = {name: kind for name, kind in lake.types(table.name).items() if not ATHENA_TYPES.fullmatch(kind)}
    assert odd == {}


@each_table
def test_the_grain_is_unique_and_made_of_columns(table: GoldTable, lake: Lake) -> None:
    keys = table.grain.split(" x ")
    assert set(keys) <= set(table.columns)
    doubled = lake.query(f"SELECT {', '.join(keys)} FROM {DATABASE}.{table.name} GROUP BY ALL HAVING count(*) > 1")
    assert doubled == []


@each_table
def test_the_header_is_complete(table: GoldTable) -> None:
    assert table.about.endswith(".")
    assert table.denominator in ("guests in", "guests out")
    assert table.partition == {"facts": table.partition, "marts": "as_of_date", "views": "none"}[table.kind]
    if table.partition != "none":
        assert list(table.columns)[-1] == table.partition
        assert table.grain.endswith(table.partition)


@each_table
def test_reads_names_exactly_the_tables_of_the_query(table: GoldTable) -> None:
    tree = sqlglot.parse_one(render(table), read="athena")
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    named = {found.name for found in tree.find_all(exp.Table) if found.db or found.name not in ctes}
    assert named == set(table.reads)
    assert all(found.db == DATABASE for found in tree.find_all(exp.Table) if found.name in named)


@each_table
def test_no_forbidden_sql_is_used(table: GoldTable) -> None:
    query = render(table).casefold()
    assert [word for word in FORBIDDEN if word in query] == []
    assert isinstance(sqlglot.parse_one(render(table), read="athena"), exp.Select)


@each_table
def test_marts_and_views_read_facts_not_silver(table: GoldTable) -> None:
    if table.kind != "facts":
        assert {name for name in table.reads if name.startswith("silver_")} <= {"silver_date_dim"}


@each_table
def test_money_is_exact(table: GoldTable, lake: Lake) -> None:
    money = re.compile(
        r"(net_sales|gross_sales|discount_amount|options_revenue|item_amount)(_last_\d+d|_previous_\w+)?"
    )
    scale = 4 if table.kind == "facts" or table.name in ("v_daily_sales_by_store", "v_customer_ltv_history") else 2
    wrong = {n: k for n, k in lake.types(table.name).items() if money.fullmatch(n) and k != f"DECIMAL(18,{scale})"}
    assert wrong == {}
