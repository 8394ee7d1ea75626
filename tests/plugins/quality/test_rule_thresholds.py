"""Rules that warn from a share or a number of rows on: just below it they are silent."""

from __future__ import annotations

from typing import Any

import pytest

from biz_insights.quality.rule_sql import placeholder_values
from biz_insights.quality.suites import load_suite
from biz_schema.placeholders import UNCATEGORISED, UNKNOWN
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb
from tests.dags.gold.harness import DATABASE, Lake, line
from tests.plugins.quality.samples import AS_OF
from tests.plugins.quality.source_samples import SOUND

VALUES = placeholder_values(published=DATABASE, process_date=AS_OF)


def query(table: str, rule_name: str, batch: str) -> str:
    """A rule's SQL for DuckDB."""
    (rule,) = (rule for rule in load_suite(table).rules if rule.name == rule_name)
    return to_duckdb(rule.query(f"(SELECT * FROM {batch} WHERE true)", VALUES))


def test_one_giant_customer_is_noticed():
    customers = [line(f"o{n}", 10, AS_OF, user_id=f"user-{n}") for n in range(500)]
    giant = [line(f"g{n}", 10, AS_OF, user_id="0000") for n in range(40)]
    lake = Lake(customers + giant)
    lake.build("gold_customer_facts", AS_OF)
    sql = query("gold_customer_facts", "no_customer_has_an_implausible_share", f"{DATABASE}.gold_customer_facts")
    (found,) = lake.query(sql)
    assert (found["user_id"], found["orders"], round(found["order_share"], 3)) == ("0000", 40, 0.074)
    few = Lake(customers[:30] + giant)
    few.build("gold_customer_facts", AS_OF)
    assert few.query(sql) == []


def test_many_repeated_options_are_noticed():
    connection = macros.connect()
    connection.execute(
        f"CREATE TABLE candidate AS SELECT rows.* FROM ({SOUND['silver_order_item_options']}) AS rows, range(200)"
    )
    sql = query("silver_order_item_options", "few_exact_duplicates", "candidate")
    assert connection.execute(sql).fetchall() == [(200, 199)]


@pytest.mark.parametrize(
    ("rule_name", "column", "value", "accepted", "reported"),
    [
        ("lines_have_a_store", "restaurant_id", UNKNOWN, 2, 3),
        ("lines_have_a_category", "item_category", UNCATEGORISED, 20, 21),
    ],
)
def test_lines_without_a_store_or_a_category_are_reported_with_their_share(
    rule_name: str, column: str, value: str, accepted: int, reported: int
):
    """Silver never leaves these columns empty: it writes the placeholders that biz_schema declares."""

    def found(lines_without: int) -> list[Any]:
        connection = macros.connect()
        connection.execute(
            f"CREATE TABLE candidate AS "
            f"SELECT lines.* REPLACE (IF(n < {lines_without}, '{value}', {column}) AS {column}) "
            f"FROM ({SOUND['silver_order_items']}) AS lines CROSS JOIN range(2000) AS numbers (n)"
        )
        return connection.execute(query("silver_order_items", rule_name, "candidate")).fetchall()

    assert found(accepted) == []
    assert found(reported) == [(reported, 2000, reported / 2000)]


def test_sales_of_a_store_that_is_unknown_are_reported_with_their_share():
    lake = Lake([line("o1", 999), line("o2", 1, restaurant_id=UNKNOWN)])
    sql = query("gold_daily_sales_by_store", "sales_have_a_store", f"{DATABASE}.gold_daily_sales_by_store")
    lake.build("gold_daily_sales_by_store", "2024-01-10")
    assert lake.query(sql) == []
    lake.insert("silver_order_items", [line("o3", 2, restaurant_id=UNKNOWN, source_id=3)])
    lake.build("gold_daily_sales_by_store", "2024-01-10")
    (found,) = lake.query(sql)
    assert (found["part"], found["whole"], round(found["share"], 4)) == (3, 1002, 0.003)
