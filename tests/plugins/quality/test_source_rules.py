"""The rules in SQL of the bronze and silver suites on small tables: sound rows pass, each fault is caught."""

from __future__ import annotations

from typing import Any

import pytest

from biz_insights.quality.suites import SQL_KWARG, SQL_TYPE, load_suite, suite_paths
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb

SOUND = {
    "bronze_order_items": """
        SELECT '1' AS id, '2023-03-08 11:03:32.223+00' AS creation_time_utc, '5.99' AS item_price,
            '1' AS item_quantity
        UNION ALL SELECT '2', '2023-03-08T11:03:32Z', '0', '500'""",
    "bronze_order_item_options": "SELECT '1' AS id, '0.50' AS option_price, '1' AS option_quantity",
    "bronze_date_dim": "SELECT '1' AS id, '31-01-2023' AS date_key",
    "silver_order_items": """
        SELECT 1 AS source_id, TIMESTAMP '2024-01-11 02:00:00' AS created_at, DATE '2024-01-10' AS order_date,
            CAST(10 AS decimal(18, 4)) AS item_amount, CAST(2 AS decimal(18, 4)) AS options_revenue,
            CAST(12 AS decimal(18, 4)) AS gross_sales, CAST(1 AS decimal(18, 4)) AS discount_amount,
            CAST(0 AS decimal(18, 4)) AS refund_amount, CAST(11 AS decimal(18, 4)) AS net_sales, false AS is_refund,
            'USD' AS currency, false AS is_test,
            'store-a' AS restaurant_id, 'bagel' AS item_key, 1 AS item_quantity,
            CAST(10 AS decimal(18, 4)) AS item_price, 20 AS order_hour, 'o1' AS order_id""",
    "silver_order_item_options": """
        SELECT 1 AS source_id, 'o' AS order_id, 'l' AS lineitem_id, 'Size' AS option_group_name,
            'Large' AS option_name, CAST(0.5 AS decimal(18, 4)) AS option_price, 2 AS option_quantity,
            CAST(1 AS decimal(18, 4)) AS option_amount""",
    "silver_date_dim": """
        SELECT CAST(day AS date) AS calendar_date, 2023 AS year, month(day) AS month, week(day) AS week,
            dayname(day) AS day_of_week, isodow(day) >= 6 AS is_weekend, day = '2023-01-01' AS is_holiday,
            IF(day = '2023-01-01', 'New Year', NULL) AS holiday_name, day > '2023-01-31' AS is_generated
        FROM range(DATE '2023-01-01', DATE '2024-01-01', INTERVAL 1 DAY) AS days (day)""",
    "quarantine": """
        SELECT 'order_items' AS source_table, 1 AS source_id, 'o1' AS order_id,
            ['duplicate_line', 'unparseable_item_price'] AS reasons""",
    "row_ledger": """
        SELECT table_name AS source_table, 'b1' AS batch_id, 10 AS source_rows, 10 AS accepted_rows,
            0 AS quarantined_rows, 10 AS database_rows_min, 10 AS database_rows_max,
            CASE WHEN table_name <> 'date_dim' THEN 95::DECIMAL(28, 4) END AS source_amount,
            CASE WHEN table_name <> 'date_dim' THEN 94::DECIMAL(28, 4) END AS accepted_amount,
            CASE WHEN table_name <> 'date_dim' THEN 1::DECIMAL(28, 4) END AS quarantined_amount,
            CASE WHEN table_name <> 'date_dim' THEN 100::DECIMAL(28, 4) END AS source_absolute_amount,
            CASE WHEN table_name <> 'date_dim' THEN 1::DECIMAL(28, 4) END AS quarantined_absolute_amount,
            CASE WHEN table_name = 'order_items' THEN 'refund' END AS negative_lines_rule,
            CASE WHEN table_name = 'order_items' THEN 4 END AS negative_lines,
            CASE WHEN table_name = 'order_items' THEN 2 END AS negative_lines_explained
        FROM (VALUES ('order_items'), ('order_item_options'), ('date_dim')) AS names (table_name)""",
}

FAULTS = [
    ("bronze_order_items", "creation_time_is_a_timestamp", "SET creation_time_utc = '08/03/2023 11:03'"),
    ("bronze_order_items", "creation_time_is_a_timestamp", "SET creation_time_utc = NULL"),
    ("bronze_order_items", "creation_time_is_a_timestamp", "SET creation_time_utc = 'infinity'"),
    ("bronze_order_items", "creation_time_is_a_timestamp", "SET creation_time_utc = '1899-12-31 23:59:59+00'"),
    ("bronze_order_items", "creation_time_is_a_timestamp", "SET creation_time_utc = '12024-01-01 00:00:00+00'"),
    ("bronze_order_items", "creation_time_is_a_timestamp", "SET creation_time_utc = '1944-03-15 00:00:00+00 BC'"),
    ("bronze_order_items", "prices_and_quantities_are_numbers", "SET item_price = 'free'"),
    ("bronze_order_item_options", "prices_and_quantities_are_numbers", "SET option_quantity = ''"),
    ("bronze_date_dim", "date_key_is_day_month_year", "SET date_key = '2023-01-31'"),
    ("silver_order_items", "money_of_a_line_adds_up", "SET net_sales = gross_sales"),
    ("silver_order_items", "money_of_a_line_adds_up", "SET gross_sales = item_amount"),
    ("silver_order_items", "money_of_a_line_adds_up", "SET refund_amount = 1"),
    ("silver_order_items", "signs_say_sale_or_refund", "SET item_quantity = 0"),
    ("silver_order_items", "signs_say_sale_or_refund", "SET is_refund = NOT is_refund"),
    ("silver_order_items", "signs_say_sale_or_refund", "SET item_amount = -item_amount"),
    ("silver_order_items", "order_date_is_the_day_of_the_order", "SET order_date = DATE '2024-01-08'"),
    ("silver_order_items", "one_currency_with_an_iso_code", "SET currency = 'usd'"),
    ("silver_order_items", "one_currency_with_an_iso_code", "SET currency = NULL"),
    ("silver_order_items", "days_after_the_process_date", "SET order_date = DATE '2024-02-01'"),
    (
        "silver_order_item_options",
        "option_amount_is_price_times_quantity",
        "SET option_amount = option_price",
    ),
    ("silver_date_dim", "completed_years_are_whole", "SET year = 2022 WHERE calendar_date = DATE '2023-01-01'"),
    ("silver_date_dim", "completed_years_are_whole", "SET year = 2022 WHERE calendar_date = DATE '2023-05-05'"),
    ("silver_date_dim", "completed_years_are_whole", "SET year = 2022 WHERE calendar_date = DATE '2023-12-31'"),
    ("silver_date_dim", "parts_belong_to_the_date", "SET week = 1"),
    ("silver_date_dim", "parts_belong_to_the_date", "SET month = 2"),
    ("silver_date_dim", "weekend_flag_fits_the_weekday", "SET is_weekend = false"),
    ("silver_date_dim", "holidays_have_names", "SET holiday_name = ' '"),
    ("quarantine", "every_row_has_known_reasons", "SET reasons = []"),
    ("quarantine", "every_row_has_known_reasons", "SET reasons = ['because']"),
    ("quarantine", "no_order_is_dated_in_the_future", "SET reasons = ['future_creation_time']"),
    ("row_ledger", "every_row_is_accepted_or_quarantined", "SET accepted_rows = 9"),
    ("row_ledger", "all_money_is_accepted_or_quarantined", "SET accepted_amount = 94.0001"),
    ("row_ledger", "all_money_is_accepted_or_quarantined", "SET source_amount = NULL"),
    ("row_ledger", "little_money_is_quarantined", "SET quarantined_absolute_amount = 1.01"),
    ("row_ledger", "negative_lines_fit_their_rule", "SET negative_lines_explained = 1"),
    ("row_ledger", "negative_lines_fit_their_rule", "SET negative_lines_rule = 'quarantine'"),
    ("row_ledger", "export_has_the_rows_of_the_database", "SET database_rows_min = 11"),
    ("row_ledger", "export_has_the_rows_of_the_database", "SET database_rows_max = 9"),
    ("row_ledger", "all_source_tables_are_in_the_ledger", "SET source_table = 'order_items'"),
    ("row_ledger", "order_lines_were_accepted", "SET accepted_rows = 0, quarantined_rows = 10"),
    ("row_ledger", "few_rows_are_quarantined", "SET accepted_rows = 9, quarantined_rows = 1"),
]

RULES = [(name, rule) for name in SOUND for rule in load_suite(name).rules if rule.type == SQL_TYPE]


def offending(name: str, rule: Any, change: str = "") -> list[Any]:
    """The rows that a rule finds in the sound rows of a table, after a change; the flagged ones if it measures."""
    connection = macros.connect()
    connection.execute(f"CREATE TABLE candidate AS {SOUND[name]}")
    if change:
        connection.execute(f"UPDATE candidate {change}")
    query = rule.kwargs[SQL_KWARG].format(
        batch="(SELECT * FROM candidate WHERE true)",
        published="published",
        process_date="2024-01-31",
        price_basis="line_total",
        business_timezone="America/Chicago",
    )
    found = connection.execute(to_duckdb(query)).fetchall()
    return [row for row in found if row[-1]] if rule.flag else found


def test_every_suite_of_bronze_and_silver_has_sound_rows_here():
    assert set(SOUND) == {name for name, path in suite_paths().items() if path.parent.name != "gold"}


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[f"{name}-{rule.name}" for name, rule in RULES])
def test_sound_rows_pass(name: str, rule: Any):
    assert offending(name, rule) == []


@pytest.mark.parametrize(("name", "rule_name", "change"), FAULTS, ids=[f"{n}-{c[4:]}" for n, _, c in FAULTS])
def test_a_fault_is_caught(name: str, rule_name: str, change: str):
    (rule,) = (rule for rule in load_suite(name).rules if rule.name == rule_name)
    assert offending(name, rule, change)


def test_many_repeated_options_are_noticed():
    (rule,) = (rule for rule in load_suite("silver_order_item_options").rules if rule.name == "few_exact_duplicates")
    assert offending("silver_order_item_options", rule, "SET order_id = 'p'") == []
    connection = macros.connect()
    connection.execute(
        f"CREATE TABLE candidate AS SELECT rows.* FROM ({SOUND['silver_order_item_options']}) AS rows, range(200)"
    )
    query = rule.kwargs[SQL_KWARG].format(batch="(SELECT * FROM candidate)", published="p", process_date="2024-01-31")
    assert connection.execute(to_duckdb(query)).fetchall() == [(200, 199)]
