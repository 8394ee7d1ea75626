"""What a card's download holds is what `make query` prints of the same rows: every row in its place, every digit."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

from tests.streamlit_dashboard.browser.conftest import REPOSITORY
from tests.streamlit_dashboard.browser.sample import TWO_CURRENCIES
from tests.streamlit_dashboard.browser.screen import address_of, download, visit
from tests.streamlit_dashboard.lake import STORES


@dataclass(frozen=True)
class Case:
    """A card of a page, opened by a link where there are filters, and the query for its rows."""

    page: str
    card: str
    sql: str
    file: str
    filters: dict[str, str] = field(default_factory=dict)


CASES = (
    Case(
        "mart_sales_trends",
        "net-sales",
        """
        SELECT period_start, period_end, net_sales, gross_sales, discount_amount, refund_amount, orders, aov,
            net_sales_mean_7d, expected_net_sales, net_sales_year_ago_weekday, net_sales_yoy_weekday,
            net_sales_previous_week, net_sales_week_over_week, holiday_name
        FROM mart_sales_trends
        WHERE level = 'chain' AND currency = 'USD' AND period_type = 'day' AND period_start > DATE '2023-02-18'
        ORDER BY period_start
        """,
        "mart_sales_trends_2024-02-18_net-sales.csv",
    ),
    Case(
        "mart_location_performance",
        "per-order",
        """
        SELECT 'Store ' || SUBSTR(restaurant_id, -6) AS store, orders, aov, aov_shrunk, aov_low, aov_high, aov_rank,
            aov_rank_shrunk, aov_rank_low, aov_rank_high
        FROM mart_location_performance
        WHERE period_type = 'all' AND currency = 'USD'
        ORDER BY aov DESC
        """,
        "mart_location_performance_2024-02-18_per-order.csv",
    ),
    Case(
        "mart_pricing_and_discounts",
        "attach-store",
        """
        SELECT 'Store ' || SUBSTR(restaurant_id, -6) AS store, lines, lines_with_paid_option, attach_rate,
            attach_rate_low, attach_rate_high, options_revenue, options_revenue_per_line, unit_price, net_sales,
            refund_amount, refund_share
        FROM mart_pricing_and_discounts
        WHERE level = 'store' AND currency = 'USD'
        ORDER BY attach_rate DESC
        """,
        "mart_pricing_and_discounts_2024-02-18_attach-store.csv",
    ),
    Case(
        "mart_loyalty_impact",
        "compared-aov",
        """
        SELECT period_start, loyal_value, non_loyal_value, naive_difference, naive_ratio, loyal_denominator,
            non_loyal_denominator
        FROM mart_loyalty_impact
        WHERE metric = 'aov' AND period_type = 'month' AND currency = 'USD'
        ORDER BY period_start
        """,
        "mart_loyalty_impact_2024-02-18_compared-aov.csv",
    ),
    Case(
        "mart_customer_lifetime_value",
        "customers",
        """
        SELECT app_name, user_id, net_sales, refund_amount, orders, aov, expected_value_365, value_365_p10,
            value_365_p90, p_order_90, p_alive, ltv_decile, first_order_date, last_order_date, net_sales_last_365d
        FROM mart_customer_lifetime_value
        WHERE currency = 'USD'
        ORDER BY net_sales DESC, app_name, user_id
        LIMIT 50
        """,
        "mart_customer_lifetime_value_2024-02-18_customers_page-1.csv",
    ),
    Case(
        "mart_customer_segments",
        "customers",
        """
        SELECT app_name, user_id, segment, rfm_code, net_sales, orders, days_since_last_order, favourite_item_category,
            favourite_daypart, weekend_order_share, stores_visited
        FROM mart_customer_segments
        WHERE currency = 'USD' AND segment = 'One-time'
        ORDER BY net_sales DESC, app_name, user_id
        """,
        "mart_customer_segments_2024-02-18_customers_segment-One-time_page-1.csv",
        {"segment": "One-time"},
    ),
    Case(
        "mart_churn_indicators",
        "customers",
        """
        SELECT app_name, user_id, churn_status, value_at_risk, p_order_90, overdue_p, days_since_last_order,
            mean_gap_days, days_since_last_order_per_mean_gap, orders_last_90d, orders_previous_90d,
            net_sales_last_90d, net_sales_previous_90d, net_sales, last_order_date
        FROM mart_churn_indicators
        WHERE currency = 'USD'
        ORDER BY value_at_risk DESC, app_name, user_id
        LIMIT 50
        """,
        "mart_churn_indicators_2024-02-18_customers_page-1.csv",
    ),
    Case(
        "v_top_items_30d",
        "top-items",
        """
        SELECT net_sales_rank, item_name, item_category, net_sales, net_sales_share, items, lines, options_revenue,
            attach_rate, restaurants
        FROM v_top_items_30d
        WHERE currency = 'USD'
        ORDER BY net_sales_rank
        LIMIT 20
        """,
        "v_top_items_30d_2024-02-18_top-items.csv",
    ),
    Case(
        "store",
        "weeks",
        f"""
        SELECT period_start, net_sales, orders, aov, net_sales_year_ago_weekday, net_sales_yoy_weekday, open_days,
            open_days_year_ago_weekday
        FROM mart_sales_trends
        WHERE level = 'store' AND level_key = '{STORES[0]}' AND period_type = 'week' AND is_whole_period
            AND period_start BETWEEN DATE '2023-03-01' AND DATE '2023-09-30'
        ORDER BY period_start
        """,
        f"mart_sales_trends_2024-02-18_weeks_store-{STORES[0]}_from-2023-03-01_to-2023-09-30.csv",
        {"store": STORES[0], "range": "custom", "from": "2023-03-01", "to": "2023-09-30"},
    ),
)


@pytest.fixture
def make_query(endpoint, lake):
    """`make_query(sql)` prints what `make query SQL=…` does: the command behind it, over this endpoint's state."""

    def printed(sql: str) -> str:
        command = [sys.executable, "-m", "mwaa.local_runner", "--state", str(endpoint.layout.root), "query", sql]
        environment = {**os.environ, "BIZ_INSIGHTS_PUBLISHED_DATABASE": lake.database}
        done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return printed


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.page} {case.card}")
def test_a_download_is_what_the_query_prints(case, server, walker, turned_to, make_query):
    if case.filters:
        visit(walker, server + address_of(case.page, case.filters))
    else:
        turned_to(case.page)
    pressed = download(walker, case.card)
    rows = cells(make_query(case.sql))
    assert len(rows) > 1
    assert cells(Path(pressed.path()).read_text(encoding="utf-8")) == rows
    assert pressed.suggested_filename == case.file


def test_the_download_of_an_order_history_is_what_the_query_prints(server, walker, make_query, customer_token):
    query = {"customer": customer_token("Cafe", TWO_CURRENCIES), "currency": "CAD"}
    visit(walker, server + address_of("customer", query))
    rows = make_query(
        f"""
        SELECT order_date, orders, net_sales, days_since_previous_order, running_orders, running_net_sales
        FROM v_customer_ltv_history
        WHERE app_name = 'Cafe' AND user_id = '{TWO_CURRENCIES}' AND currency = 'CAD'
        ORDER BY order_date DESC
        """
    )
    assert cells(Path(download(walker, "history").path()).read_text(encoding="utf-8")) == cells(rows)


def cells(text: str) -> list[list[str | Decimal]]:
    """A CSV's cells, numbers by their value: a query prints a mean of 12.50 as 12.5."""
    return [[_number(cell) for cell in row] for row in csv.reader(io.StringIO(text))]


def _number(cell: str) -> str | Decimal:
    try:
        return Decimal(cell)
    except InvalidOperation:
        return cell


def test_a_table_has_no_export_of_its_own(page, server):
    """It would hold texts as they are: only the card's download makes formulas harmless."""
    visit(page, f"{server}{address_of('data_health')}")
    export = page.locator("[data-testid=stElementToolbarButton] button[aria-label='Download as CSV']")
    page.locator("[data-testid=stDataFrame]").first.hover()
    assert export.count() > 0
    assert not any(button.is_visible() for button in export.all())
