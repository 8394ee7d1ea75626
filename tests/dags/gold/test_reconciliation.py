"""Facts equal silver, and the marts equal the facts, to the cent, on random orders."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from tests.dags.gold.harness import DATABASE, Lake
from tests.dags.gold.random_orders import random_lines

AS_OF = "2024-02-17"
DAILY_FACTS = ["gold_daily_sales_by_store", "gold_item_sales_by_day", "gold_discounts_by_day", "gold_hourly_sales"]
# Customers with refunds only are left out.
BUYERS = f"SELECT (app_name, user_id, currency) FROM {DATABASE}.gold_customer_day WHERE items > 0"
MARTS = {
    "mart_customer_lifetime_value": ("net_sales", "TRUE", "guests out"),
    "mart_customer_segments": ("net_sales", "TRUE", "guests out"),
    "mart_churn_indicators": ("net_sales", "TRUE", "guests out"),
    "mart_sales_trends": ("net_sales", "level = 'store' AND period_type = 'week'", "guests in"),
    "mart_loyalty_impact": (
        "loyal_numerator + non_loyal_numerator", "metric = 'net_sales' AND period_type = 'month'", "guests in"
    ),
    "mart_location_performance": ("net_sales", "period_type = 'month'", "guests in"),
    "mart_pricing_and_discounts": ("net_sales", "level = 'store_item'", "guests in"),
}  # fmt: skip


@pytest.fixture(scope="module", params=[1, 2])
def lake(request: pytest.FixtureRequest) -> Lake:
    built = Lake(random_lines(request.param))
    for mart in MARTS:
        built.build(mart, AS_OF)
    for fact in DAILY_FACTS:
        built.build(fact, AS_OF)
    return built


def by_currency(lake: Lake, amount: str, source: str, where: str) -> dict[str, Decimal]:
    found = lake.query(f"SELECT currency, sum({amount}) AS total FROM {DATABASE}.{source} WHERE {where} GROUP BY 1")
    return {row["currency"]: row["total"] for row in found}


def one(lake: Lake, sql: str) -> object:
    (row,) = lake.query(sql)
    return next(iter(row.values()))


@pytest.mark.parametrize(
    ("fact", "amount"),
    [
        ("gold_daily_sales_by_store", "net_sales"),
        ("gold_item_sales_by_day", "net_sales"),
        ("gold_discounts_by_day", "discounted_net_sales + full_price_net_sales - refund_only_amount"),
        ("gold_hourly_sales", "net_sales"),
    ],
)
def test_net_sales_of_facts_equal_silver(lake: Lake, fact: str, amount: str) -> None:
    assert by_currency(lake, amount, fact, "TRUE") == by_currency(
        lake, "net_sales", "silver_order_items", "NOT is_test"
    )


@pytest.mark.parametrize("fact", ["gold_daily_sales_by_store", "gold_discounts_by_day", "gold_hourly_sales"])
def test_orders_of_facts_equal_the_distinct_orders(lake: Lake, fact: str) -> None:
    orders = one(
        lake,
        f"SELECT count(DISTINCT order_id) FROM {DATABASE}.silver_order_items WHERE NOT is_test AND NOT is_refund",
    )
    assert one(lake, f"SELECT sum(orders) FROM {DATABASE}.{fact}") == orders


def test_sales_of_customers_and_guests_are_all_sales(lake: Lake) -> None:
    known = by_currency(lake, "net_sales", "gold_customer_day", "TRUE")
    guests = by_currency(lake, "guest_net_sales", "gold_daily_sales_by_store", "TRUE")
    everything = by_currency(lake, "net_sales", "gold_daily_sales_by_store", "TRUE")
    assert {currency: known[currency] + guests[currency] for currency in everything} == everything


@pytest.mark.parametrize("mart", MARTS)
def test_net_sales_of_marts_equal_the_facts(lake: Lake, mart: str) -> None:
    amount, where, denominator = MARTS[mart]
    fact = "gold_customer_day" if denominator == "guests out" else "gold_daily_sales_by_store"
    days = f"order_date <= DATE '{AS_OF}'"
    if denominator == "guests out":
        days += f" AND (app_name, user_id, currency) IN ({BUYERS})"
    assert by_currency(lake, amount, mart, where) == by_currency(lake, "net_sales", fact, days)


@pytest.mark.parametrize("level", ["chain", "store", "category"])
@pytest.mark.parametrize("period_type", ["day", "week", "month"])
def test_every_level_and_period_of_the_trends_has_all_sales(lake: Lake, level: str, period_type: str) -> None:
    where = f"level = '{level}' AND period_type = '{period_type}'"
    assert by_currency(lake, "net_sales", "mart_sales_trends", where) == by_currency(
        lake, "net_sales", "gold_daily_sales_by_store", "TRUE"
    )


def test_dayparts_and_store_counts_add_up_to_orders(lake: Lake) -> None:
    odd = lake.query(
        f"""SELECT * FROM {DATABASE}.gold_customer_day WHERE orders
            <> morning_orders + midday_orders + afternoon_orders + evening_orders + night_orders
            OR orders <> coalesce(list_sum(restaurant_orders), 0)"""
    )
    assert odd == []


def test_days_built_one_by_one_equal_days_built_at_once() -> None:
    lake = Lake(random_lines(3, orders=12))
    for fact in [*DAILY_FACTS, "gold_customer_day"]:
        lake.build(fact)
        whole = lake.query(f"SELECT * FROM {DATABASE}.{fact} ORDER BY ALL")
        pieces = []
        for day in lake.days():
            lake.build(fact, order_dates=[day])
            pieces += lake.query(f"SELECT * FROM {DATABASE}.{fact}")
        assert sorted(map(str, pieces)) == sorted(map(str, whole)), fact


def test_the_order_of_rows_does_not_change_the_tables() -> None:
    rows = random_lines(4, orders=80)
    shuffled = random.Random(0).sample(rows, len(rows))
    one_way, other_way = Lake(rows), Lake(shuffled)
    for mart in MARTS:
        assert one_way.rows(mart, AS_OF) == other_way.rows(mart, AS_OF), mart
