"""The filters of the customers' pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from streamlit_dashboard.formats import count
from tests.streamlit_dashboard.browser.marts import Marts, greatest, last_days, points, total
from tests.streamlit_dashboard.browser.sample import TWO_CURRENCIES
from tests.streamlit_dashboard.browser.screen import figure, first, heading, line, says
from tests.streamlit_dashboard.browser.steps import Journey, Shown, Step


def _customers(marts: Marts, mart: str, currency: str, **where: str) -> list[Shown]:
    rows = marts.rows(mart, currency, **where)
    return [
        (figure("Customers"), count(len(rows))),
        (figure("Net sales to date"), total(rows, currency)),
        (first("customers", "User id"), greatest(rows, "net_sales")[:3]),
    ]


def _value() -> Iterable[Step]:
    mart = "mart_customer_lifetime_value"
    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: _customers(marts, mart, "CAD"))
    yield Step("Currency", "USD", {"currency": None}, lambda marts: _customers(marts, mart, "USD"))
    yield Step(
        "List customers by",
        "Expected in 365 days",
        {"sort": "expected_value_365"},
        lambda marts: [(first("customers", "User id"), greatest(marts.rows(mart), "expected_value_365")[:3])],
    )


def _segments() -> Iterable[Step]:
    mart, one_time = "mart_customer_segments", {"segment": "One-time"}
    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: _customers(marts, mart, "CAD"))
    yield Step("Currency", "USD", {"currency": None}, lambda marts: _customers(marts, mart, "USD"))
    yield Step("Segment", "One-time", {**one_time}, lambda marts: _customers(marts, mart, "USD", **one_time))


def _churn() -> Iterable[Step]:
    mart = "mart_churn_indicators"

    def ordered(marts: Marts, currency: str) -> Shown:
        return figure("Ordered in 90 days"), count(
            sum(row["orders_last_90d"] > 0 for row in marts.rows(mart, currency))
        )

    def listed(marts: Marts, by: str) -> list[Shown]:
        rows = marts.rows(mart, churn_status="at_risk")
        words = f"{len(rows)} customers · guests out · as of 18 Feb 2024 · {mart}"
        return [
            (heading("customers"), words),
            (first("customers", "Status"), ["at_risk"] * 3),
            (first("customers", "User id"), greatest(rows, by)[:3]),
        ]

    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda marts: [ordered(marts, "CAD")])
    yield Step("Currency", "USD", {"currency": None}, lambda marts: [ordered(marts, "USD")])
    yield Step("Status", "At risk", {"status": "at_risk"}, lambda marts: listed(marts, "value_at_risk"))
    yield Step(
        "List customers by", "Net sales to date", {"sort": "net_sales"}, lambda marts: listed(marts, "net_sales")
    )


def _loyalty() -> Iterable[Step]:
    def loyal(marts: Marts, metric: str, *days: date) -> list[Shown]:
        rows = marts.loyalty(metric, *days)
        return [(line(f"compared-{metric}", "Loyal"), points(rows, "loyal_value"))]

    first_day, last_day = date(2023, 11, 27), date(2024, 1, 21)
    nobody = says("there is nobody to compare")
    yield Step("Currency", "CAD", {"currency": "CAD"}, lambda _: [(nobody, True)])
    yield Step("Currency", "USD", {"currency": None}, lambda marts: [(nobody, False), *loyal(marts, "aov")])
    yield Step("Metric", "Orders", {"metric": "orders"}, lambda marts: loyal(marts, "orders"))
    yield Step("Period", "Last 90 days", {"range": "90d"}, lambda marts: loyal(marts, "orders", last_days(90)))
    yield Step("Period", "From … to …", {"range": "custom"}, lambda marts: loyal(marts, "orders", last_days(90)))
    yield Step(
        "Days",
        (first_day, last_day),
        {"from": first_day.isoformat(), "to": last_day.isoformat()},
        lambda marts: loyal(marts, "orders", first_day, last_day),
    )


def _customer() -> Iterable[Step]:
    def bought(marts: Marts, currency: str) -> list[Shown]:
        rows = marts.rows("gold_customer_day", currency, user_id=TWO_CURRENCIES)
        return [
            (figure("Net sales to date"), total(rows, currency)),
            (line("days", "Net sales of the day"), points(rows, "net_sales", "order_date")),
        ]

    yield Step("Currency", "USD", {"currency": "USD"}, lambda marts: bought(marts, "USD"))


JOURNEYS = (
    Journey("mart_customer_lifetime_value", tuple(_value())),
    Journey("mart_customer_segments", tuple(_segments())),
    Journey("mart_churn_indicators", tuple(_churn())),
    Journey("mart_loyalty_impact", tuple(_loyalty())),
    Journey("customer", tuple(_customer()), customer=TWO_CURRENCIES),
)
