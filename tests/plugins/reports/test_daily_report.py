"""The content of the report: blocks by currency, labels of stores, and the headline."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from biz_insights.reports.daily_report import compose, currencies
from biz_insights.reports.reading import Answer
from tests.plugins.reports.answers import AS_OF, answers, back, fortnight, full, item, sales_day, store_week


def test_each_currency_has_its_own_block_and_currencies_are_not_added():
    report = compose(AS_OF, answers(sales_days=[*fortnight(), *fortnight("EUR", "2.00")]))
    week = {block.currency: block.sales.week.this.net_sales for block in report.blocks if block.sales}
    assert week == {"EUR": Decimal("742.00"), "USD": Decimal("723.31")}
    assert "$723.31" in report.headline and "€742.00" in report.headline
    assert "1,465.31" not in report.headline


def test_the_currency_with_the_most_orders_comes_first():
    sold = [*fortnight("EUR"), *fortnight("USD"), sales_day(0, "1.00", 1)]
    assert currencies(full(sales_days=sold, top_items=[item("Thé", "9.99", currency="CAD")])) == ["USD", "EUR", "CAD"]


def test_the_headline_has_day_week_and_quality():
    assert compose(AS_OF, full()).headline == (
        "15 Feb 2024: net sales $100.00 from 10 orders, −7.2 % on Thu 8 Feb, an ordinary day; last 7 days $723.31, "
        "−7.0 % on the 7 before. Data quality: 96.6 of 100."
    )


def test_the_headline_says_how_many_days_a_change_compares():
    rows = [row for row in fortnight() if row["period_start"] != back(8)]
    assert ", −7.0 % on the 7 before (6 of 7 days compared)." in compose(AS_OF, full(sales_days=rows)).headline


def test_a_headline_without_figures_says_why():
    closed = compose(AS_OF, answers(sales_days=fortnight()[:-1])).headline
    assert "no sales in USD are published for this day; last 7 days $623.31" in closed
    assert compose(AS_OF, answers()).headline == (
        "15 Feb 2024: no sales figures. No sales are published for the 14 days that end with it. "
        "Data quality: not checked yet."
    )
    absent = answers(sales_days=Answer(absent="mart_sales_trends is not published yet."))
    assert "mart_sales_trends is not published yet." in compose(AS_OF, absent).headline


def test_equal_answers_give_equal_reports():
    assert compose(date(2024, 2, 15), full()) == compose(AS_OF, full())


def test_stores_have_their_whole_names_and_different_ids():
    ids = ["63bc98a7519adc105105a990", "63bc98a7519adc1051a5a990"]
    names = ["North Carolina", "South Carolina", "1", *ids]
    report = compose(AS_OF, full(stores=[store_week(name, [10, 12] * 20) for name in names]))
    called = {name: report.stores[name] for name in names}
    assert called == {
        "North Carolina": "North Carolina",
        "South Carolina": "South Carolina",
        "1": "Store 1",
        ids[0]: "Store 05a990",
        ids[1]: "Store a5a990",
    }
