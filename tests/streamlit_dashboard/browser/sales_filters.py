"""The filters of the sales' pages, the overview and the daily reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any

from biz_insights.labels import stores
from streamlit_dashboard.formats import count
from streamlit_dashboard.formats import day as written_day
from tests.streamlit_dashboard.browser.marts import Marts, by_day, last_days, points, total
from tests.streamlit_dashboard.browser.sample import CANADIAN_STORE, REPORTS
from tests.streamlit_dashboard.browser.screen import figure, framed, labels, line, ticks
from tests.streamlit_dashboard.browser.steps import Journey, Shown, Step
from tests.streamlit_dashboard.lake import STORES

NAMES = stores([*STORES, CANADIAN_STORE])


def _overview() -> Iterable[Step]:
    def net_sales(marts: Marts, currency: str, days: int) -> Shown:
        return figure("Net sales"), total(marts.trend(last_days(days), currency=currency), currency)

    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: [net_sales(marts, "CAD", 28)])
    yield Step(
        "Period",
        "Last 52 weeks",
        {"days": "364"},
        lambda marts: [
            net_sales(marts, "CAD", 364),
            (line("net-sales", "Net sales"), points(marts.trend(last_days(364), currency="CAD"))),
        ],
    )


def _trends_of_a_store() -> Iterable[Step]:
    def sales(marts: Marts, *days: date, **where: str) -> list[Shown]:
        rows = marts.trend(*days, **where)
        return [
            (figure("Net sales"), total(rows)),
            (figure("Orders"), count(sum(row["orders"] for row in rows))),
            (line("net-sales", "Net sales"), points(rows)),
        ]

    year, first_day, last_day = last_days(365), date(2023, 11, 27), date(2024, 1, 21)
    greatest_store = {"level": "store", "level_key": STORES[1]}
    store = {"level": "store", "level_key": STORES[2]}
    weeks = {**store, "period_type": "week"}
    yield Step("Show", "One store", {"level": "store"}, lambda marts: sales(marts, year, **greatest_store))
    yield Step("Store", NAMES[STORES[2]], {"store": STORES[2]}, lambda marts: sales(marts, year, **store))
    yield Step("By", "Weeks", {"period": "week"}, lambda marts: sales(marts, year, **weeks))
    yield Step("Period", "From … to …", {"range": "custom"}, lambda marts: sales(marts, last_days(90), **weeks))
    yield Step(
        "Days",
        (first_day, last_day),
        {"from": first_day.isoformat(), "to": last_day.isoformat()},
        lambda marts: sales(marts, first_day, last_day, **weeks),
    )


def _trends_of_a_category() -> Iterable[Step]:
    def sales(marts: Marts, currency: str, first_day: date, **where: str) -> list[Shown]:
        rows = marts.trend(first_day, currency=currency, **where)
        return [(figure("Net sales"), total(rows, currency)), (line("net-sales", "Net sales"), points(rows))]

    year = last_days(365)
    smoothies = {"level": "category", "level_key": "Smoothies"}
    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: sales(marts, "CAD", year))
    yield Step("Currency", "USD", {"currency": None}, lambda marts: sales(marts, "USD", year))
    yield Step(
        "Show",
        "One category",
        {"level": "category"},
        lambda marts: sales(marts, "USD", year, level="category", level_key="Sandwiches"),
    )
    yield Step("Category", "Smoothies", {"category": "Smoothies"}, lambda marts: sales(marts, "USD", year, **smoothies))
    yield Step("Period", "All days", {"range": "all"}, lambda marts: sales(marts, "USD", date.min, **smoothies))


def _trends_by_loyalty() -> Iterable[Step]:
    def sales(marts: Marts, kind: str, name: str) -> list[Shown]:
        rows = [row for row in marts.rows("gold_daily_sales_by_store") if row["order_date"] >= last_days(28)]
        return [(line("net-sales-loyalty", name), by_day(rows, f"{kind}_net_sales"))]

    names = {"loyalty": "Loyalty orders", "non_loyalty": "Other orders"}
    month = last_days(28)
    yield Step(
        "Period", "Last 28 days", {"range": "28d"}, lambda marts: [(figure("Net sales"), total(marts.trend(month)))]
    )
    for kind, name in reversed(names.items()):
        yield Step("Orders", name, {"loyalty": kind}, partial(sales, kind=kind, name=name))


def _locations() -> Iterable[Step]:
    def stores(marts: Marts, by: str = "net_sales", currency: str = "USD", **where: Any) -> list[Shown]:
        rows = marts.rows("mart_location_performance", currency, **where)
        rows.sort(key=lambda row: row[by], reverse=True)
        return [
            (figure("Net sales"), total(rows, currency)),
            (labels("net-sales"), [NAMES[row["restaurant_id"]] for row in rows]),
        ]

    last_year = {"period_type": "year", "period_start": date(2023, 1, 1)}
    this_year = {"period_type": "year", "period_start": date(2024, 1, 1)}
    last_month = {"period_type": "month", "period_start": date(2024, 1, 1)}
    autumn = {"period_type": "month", "period_start": date(2023, 10, 1)}
    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: stores(marts, currency="CAD", period_type="all"))
    yield Step("Currency", "USD", {"currency": None}, lambda marts: stores(marts, period_type="all"))
    yield Step("Period", "A year", {"period": "year"}, lambda marts: stores(marts, **last_year))
    yield Step("Year", "2024", {"start": "2024"}, lambda marts: stores(marts, **this_year))
    # A year is no month: the address may not carry it on.
    yield Step("Period", "A month", {"period": "month", "start": None}, lambda marts: stores(marts, **last_month))
    yield Step("Month", "2023-10", {"start": "2023-10"}, lambda marts: stores(marts, **autumn))
    yield Step("Order by", "Net sales per order", {"sort": "aov"}, lambda marts: stores(marts, by="aov", **autumn))


def _pricing() -> Iterable[Step]:
    mart = "mart_pricing_and_discounts"

    def chain(marts: Marts, currency: str) -> Shown:
        return figure("Net sales"), total(marts.rows(mart, currency, level="chain"), currency)

    def items(marts: Marts, **where: str) -> Shown:
        rows = marts.rows(mart, **where)
        return ticks("attach-item"), {row["item_name"] for row in rows}

    def of_a_store(marts: Marts) -> list[Shown]:
        store = {"restaurant_id": STORES[0]}
        return [
            (figure("Net sales"), total(marts.rows(mart, level="store", **store))),
            items(marts, level="store_item", item_category="Specials", **store),
        ]

    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: [chain(marts, "CAD")])
    yield Step("Currency", "USD", {"currency": None}, lambda marts: [chain(marts, "USD")])
    yield Step(
        "Category",
        "Specials",
        {"category": "Specials"},
        lambda marts: [chain(marts, "USD"), items(marts, level="item", item_category="Specials")],
    )
    yield Step("Store", NAMES[STORES[0]], {"store": STORES[0]}, of_a_store)


def _store() -> Iterable[Step]:
    def sales(marts: Marts, store: str, *days: date, currency: str = "USD") -> list[Shown]:
        ever = marts.rows("mart_location_performance", currency, restaurant_id=store, period_type="all")
        weeks = marts.trend(*days, currency=currency, level="store", level_key=store, period_type="week")
        return [
            (figure("Net sales to date"), total(ever, currency)),
            (line("weeks", "Net sales"), points(row for row in weeks if row["is_whole_period"])),
        ]

    year, first_day, last_day = last_days(365), date(2023, 11, 27), date(2024, 1, 21)
    canada = CANADIAN_STORE
    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: sales(marts, canada, year, currency="CAD"))
    yield Step("Currency", "USD", {"currency": None}, lambda marts: sales(marts, STORES[1], year))
    yield Step("Store", NAMES[STORES[2]], {"store": STORES[2]}, lambda marts: sales(marts, STORES[2], year))
    yield Step("Period", "All days", {"range": "all"}, lambda marts: sales(marts, STORES[2]))
    yield Step("Period", "From … to …", {"range": "custom"}, lambda marts: sales(marts, STORES[2], last_days(90)))
    yield Step(
        "Days",
        (first_day, last_day),
        {"from": first_day.isoformat(), "to": last_day.isoformat()},
        lambda marts: sales(marts, STORES[2], first_day, last_day),
    )


def _top_items() -> Iterable[Step]:
    def specials(marts: Marts, first_ones: int) -> list[Shown]:
        rows = [row for row in marts.rows("gold_item_sales_by_day") if row["order_date"] >= last_days(30)]
        by_item: dict[str, float] = {}
        for row in rows:
            if row["item_category"] == "Specials":
                by_item[row["item_name"]] = by_item.get(row["item_name"], 0) + float(row["net_sales"])
        return [(labels("top-items"), sorted(by_item, key=lambda item: -by_item[item])[:first_ones])]

    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda _: [(labels("top-items"), ["Poutine"])])
    yield Step("Currency", "USD", {"currency": None}, lambda _: [(figure("Items listed"), "20")])
    yield Step("Items", "The first 50", {"top": "50"}, lambda _: [(figure("Items listed"), "23")])
    yield Step("Category", "Specials", {"category": "Specials"}, lambda marts: specials(marts, 20))
    yield Step("Items", "The first 10", {"top": "10"}, lambda marts: specials(marts, 10))


def _daily_reports() -> Iterable[Step]:
    day = min(REPORTS)
    return [Step("Report of", written_day(day), {"date": day.isoformat()}, lambda _: [(framed, REPORTS[day])])]


JOURNEYS = (
    Journey("overview", tuple(_overview())),
    Journey("mart_sales_trends", tuple(_trends_of_a_store()), "of a store"),
    Journey("mart_sales_trends", tuple(_trends_of_a_category()), "of a category"),
    Journey("mart_sales_trends", tuple(_trends_by_loyalty()), "by loyalty"),
    Journey("mart_location_performance", tuple(_locations())),
    Journey("mart_pricing_and_discounts", tuple(_pricing())),
    Journey("store", tuple(_store())),
    Journey("v_top_items_30d", tuple(_top_items())),
    Journey("daily_reports", tuple(_daily_reports())),
)
