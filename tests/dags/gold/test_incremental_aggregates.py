"""The incremental aggregates (totals before the cutoff date and closed periods) equal the customer days behind them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pytest

from biz_insights.gold.definition import date_literal, gold_tables
from biz_insights.gold.periods import cutoff_date, first_open_year, quarter_of
from biz_schema.score_inputs import SAMPLE_BUCKETS, SAMPLED_DAYS
from tests.dags.gold.harness import DATABASE, Lake, line, pick, render, translated
from tests.dags.gold.random_orders import random_lines

FOUR_YEARS = [date(2020, 3, 30) + timedelta(days=number) for number in range(1462)]
NEVER = date_literal("1900-01-01")
"""A date before every day: nothing is closed, and every day is read."""
CUSTOMER_TABLES = [
    table.name
    for table in gold_tables().values()
    if table.partition == "as_of_date" and {"gold_customer_day", "gold_customer_facts"} & {*table.reads}
]


@cache
def four_years(as_of: str) -> Lake:
    """Return a lake of four years with every table of CUSTOMER_TABLES as of a date."""
    lake = Lake(random_lines(7, orders=700, dates=FOUR_YEARS))
    for name in CUSTOMER_TABLES:
        lake.build(name, as_of)
    return lake


@pytest.mark.parametrize(
    "as_of",
    ["2023-12-31", "2024-01-01", "2024-02-29", "2024-03-30"],
    ids=["year's end", "new year", "leap day", "last"],
)
@pytest.mark.parametrize("name", CUSTOMER_TABLES)
def test_a_table_from_incremental_aggregates_equals_one_from_every_day(name: str, as_of: str) -> None:
    lake = four_years(as_of)
    found = lake.rows(name, as_of)
    assert lake.rows("gold_customer_totals_before_cutoff", as_of) and lake.rows(
        "gold_store_customers_by_closed_year", as_of
    )
    every_day = gold_tables()[name].select(
        database=DATABASE, as_of_date=date_literal(as_of), cutoff_date=NEVER, first_open_year=NEVER
    )
    assert found == lake.query(f"SELECT * FROM ({translated(every_day)}) ORDER BY ALL")
    assert len(found) > 5


def test_customer_days_of_closed_periods_are_not_read() -> None:
    """The cost of a daily run does not grow with the years: without the older days the tables stay the same."""
    as_of = "2024-03-29"
    lake = four_years(as_of)
    first_read = {
        "gold_customer_day_by_quarter": ("quarter", min(cutoff_date(as_of), first_open_year(as_of))),
        "gold_customer_day": ("order_date", quarter_of(as_of)),
    }
    for table, (key, first) in first_read.items():
        where = f"FROM {DATABASE}.{table} WHERE {key} < {date_literal(first)}"
        assert len(lake.query(f"SELECT 1 {where}")) > 200
        lake.connection.execute(f"DELETE {where}")
    for name in CUSTOMER_TABLES:
        again = translated(render(gold_tables()[name], as_of))
        assert lake.query(f"SELECT * FROM ({again}) ORDER BY ALL") == lake.rows(name, as_of), name


def test_totals_are_the_sum_of_the_days_before_the_cutoff() -> None:
    visits = [
        line("o1", "10.005", "2021-01-02"),  # a Saturday
        line("o2", 7, "2021-01-05", options=2, discount=1, is_loyalty=True),
        line("o3", 7, "2021-03-01", is_loyalty=True),
        line("o4", 5, "2022-09-30", user_id="ben"),
        line("o5", 5, "2022-10-01", user_id="eve"),
    ]
    ann, ben = Lake(visits).rows("gold_customer_totals_before_cutoff", "2024-02-17", order_by="user_id")
    assert pick(ann, "user_id", "first_order_date", "last_order_date", "active_days", "longest_gap_days", "orders") == (
        "ann", date(2021, 1, 2), date(2021, 3, 1), 3, 55, 3
    )  # fmt: skip
    assert pick(ann, "gross_sales", "discount_amount", "net_sales", "options_revenue") == (
        Decimal("26.005"), 1, Decimal("25.005"), 2
    )  # fmt: skip
    assert pick(ann, "loyalty_orders", "loyalty_net_sales", "first_loyalty_date") == (2, 15, date(2021, 1, 5))
    assert pick(ann, "weekend_orders", "cents", "cents_squared") == (1, 2501, 1001**2 + 800**2 + 700**2)
    assert pick(ben, "user_id", "longest_gap_days", "first_loyalty_date", "cutoff_date") == (
        "ben", None, None, date(2022, 10, 1)
    )  # fmt: skip


def test_a_young_chain_has_no_totals_before_the_cutoff() -> None:
    lake = Lake([line("o1")])
    for name in (
        "gold_customer_totals_before_cutoff",
        "gold_customer_preferences_before_cutoff",
        "gold_customer_day_sample_before_cutoff",
    ):
        assert lake.rows(name) == []
    assert pick(lake.row("gold_customer_facts"), "orders", "longest_gap_days", "days_since_first_order") == (1, None, 0)


def test_returning_customers_of_a_closed_year_are_counted_in_the_next() -> None:
    visits = [line("o1", day="2020-12-30"), line("o2", day="2021-01-02"), line("o3", day="2021-12-05", user_id="ben")]
    rows = Lake(visits).rows("gold_loyalty_customers_by_closed_year", "2024-02-17")
    found = {pick(row, "period_type", "period_start", "customers", "returning_customers") for row in rows}
    assert found == {
        ("month", date(2020, 12, 1), 1, 1), ("year", date(2020, 1, 1), 1, 1), ("month", date(2021, 1, 1), 1, 0),
        ("month", date(2021, 12, 1), 1, 0), ("year", date(2021, 1, 1), 2, 0),
    }  # fmt: skip


@pytest.mark.parametrize("customers", [1_000, 100_000])
def test_the_sample_has_all_days_or_about_a_million_days_of_whole_customers(customers: int) -> None:
    """Each customer has twenty days."""
    lake = Lake([line("o1", day="2021-01-02")])
    lake.build("gold_customer_day_by_quarter", "2024-02-17")
    lake.connection.execute(
        f"""INSERT INTO {DATABASE}.gold_customer_day_by_quarter BY NAME
            SELECT 'Cafe' AS app_name, i // 20 AS user_id, 'USD' AS currency,
                DATE '2021-01-01' + CAST(i % 20 AS INTEGER) AS order_date, 1 AS orders, 5 AS net_sales,
                0 AS loyalty_orders, (i // 20 * 7) % {SAMPLE_BUCKETS} AS sample_bucket, DATE '2021-01-01' AS quarter
            FROM range({20 * customers}) AS days (i)"""
    )
    as_of = "2024-02-17"
    cutoff = date_literal(cutoff_date(as_of))
    select = gold_tables()["gold_customer_day_sample_before_cutoff"].select(database=DATABASE, cutoff_date=cutoff)
    (found,) = lake.query(
        f"""SELECT sum(days) AS days, count(*) FILTER (WHERE days <> 20) AS cut FROM (
                SELECT user_id, count(*) AS days FROM ({translated(select)}) WHERE user_id <> 'ann' GROUP BY 1)"""
    )
    whole = 20 * customers <= SAMPLED_DAYS
    assert found["cut"] == 0
    assert found["days"] == 20 * customers if whole else 0.95 * SAMPLED_DAYS < found["days"] <= 1.05 * SAMPLED_DAYS


def test_periods() -> None:
    assert [cutoff_date(day) for day in ("2024-01-01", "2024-03-31", "2024-04-01")] == [
        "2022-10-01", "2022-10-01", "2023-01-01"
    ]  # fmt: skip
    assert [first_open_year(day) for day in ("2023-12-31", "2024-01-01")] == ["2022-01-01", "2023-01-01"]
