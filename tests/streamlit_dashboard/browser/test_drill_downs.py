"""Clicks that lead from a figure to what it is made of: a segment's customers, a customer's orders, a store's page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.streamlit_dashboard.browser.marts import Marts, by_day, greatest, total
from tests.streamlit_dashboard.browser.screen import (
    WAIT,
    click_bar,
    column,
    figure,
    first,
    heading,
    labels,
    line,
    query,
    rest,
    sees,
    select_row,
)
from tests.streamlit_dashboard.lake import STORES

SEGMENTS, VALUE, CHURN = "mart_customer_segments", "mart_customer_lifetime_value", "mart_churn_indicators"


def test_the_bar_of_a_segment_leads_to_its_customers(turned_to, tables):
    page = turned_to(SEGMENTS)
    segment = labels("segment-sizes")(page)[-1]
    click_bar(page, "segment-sizes", -1)
    sees(page, query, {"segment": segment})
    rows = Marts(tables).rows(SEGMENTS, segment=segment)
    sees(page, figure("Customers"), str(len(rows)))
    sees(page, figure("Net sales to date"), total(rows))
    sees(page, heading("customers"), f"{len(rows)} customers · guests out · as of 18 Feb 2024 · {SEGMENTS}")
    sees(page, first("customers", "User id"), greatest(rows, "net_sales")[:3])
    assert set(column("customers", "Segment")(page)) == {segment}

    # The bar stays marked: what it led to must not come back.
    page.get_by_role("button", name="Reset").click()
    sees(page, figure("Customers"), str(len(Marts(tables).rows(SEGMENTS))))
    rest(page)
    assert query(page) == {}


@pytest.mark.parametrize(("name", "by"), [(SEGMENTS, "net_sales"), (VALUE, "net_sales"), (CHURN, "value_at_risk")])
def test_the_row_of_a_customer_leads_to_the_order_history(name, by, turned_to, tables, customer_token):
    marts = Marts(tables)
    user = greatest(marts.rows(name), by)[1]
    page = turned_to(name)
    select_row(page, "customers", 1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer", timeout=WAIT)
    sees(page, query, {"customer": customer_token("Cafe", user)})
    days = marts.rows("gold_customer_day", user_id=user)
    sees(page, figure("Net sales to date"), total(days))
    sees(page, figure("Orders"), str(sum(day["orders"] for day in days)))
    sees(page, line("days", "Net sales of the day"), by_day(days, "net_sales"))
    newest_first = sorted((day["order_date"].isoformat() for day in days), reverse=True)
    sees(page, first("history", "Day"), newest_first[:3])


def test_customers_are_listed_page_by_page(turned_to, tables):
    users = greatest(Marts(tables).rows(VALUE), "net_sales")
    page = turned_to(VALUE)
    page.locator(".st-key-page-next").get_by_role("button").click()
    sees(page, query, {"page": "2"})
    sees(page, first("customers", "User id"), users[50:53])
    page.locator(".st-key-page-back").get_by_role("button").click()
    sees(page, query, {})
    sees(page, first("customers", "User id"), users[:3])


@pytest.mark.parametrize(
    ("name", "card"), [("mart_location_performance", "net-sales"), ("overview", "movers-store")], ids=lambda name: name
)
def test_the_bar_of_a_store_leads_to_its_page(name, card, turned_to, tables):
    page = turned_to(name)
    label = labels(card)(page)[0]
    click_bar(page, card, 0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Store", timeout=WAIT)
    (store,) = (store for store in STORES if label.endswith(store[-6:]))
    sees(page, query, {"store": store})
    rows = Marts(tables).rows("mart_location_performance", restaurant_id=store, period_type="all")
    sees(page, figure("Net sales to date"), total(rows))
