"""Every page over a published sample: it renders, and its figures are the marts', to the cent."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from biz_schema.quarantine_reasons import QUARANTINE_REASONS
from streamlit_dashboard.formats import money
from streamlit_dashboard.navigation import page_files
from streamlit_dashboard.warehouse import operations as warehouse_operations
from tests.streamlit_dashboard.conftest import metrics, texts
from tests.streamlit_dashboard.lake import STORES, operations

PAGES = [page.name for page in page_files()]


def decimal_sum(rows, column: str, **where: str) -> Decimal:
    """A column's sum over the rows that fit, exact."""
    for name, value in where.items():
        rows = rows.filter(pc.equal(rows[name], value))
    return pc.sum(rows[column]).as_py()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_renders_under_the_freshness_strip(page, published, open_page):
    app = open_page(page)
    assert not app.exception
    assert not app.error
    assert app.title[0].value
    said = texts(app)
    for part in (
        "18 Feb 2024",
        "2024-02-19 08:30 UTC",
        "manual-2024-02-19t08-00-00-00-00",
        "85.7 of 100",
        "4 of 1,130",
    ):
        assert part in said


def test_sales_figures_are_the_mart_s(published, tables, open_page):
    app = open_page("mart_sales_trends", range="all")
    assert metrics(app)["Net sales"] == money(
        decimal_sum(tables["mart_sales_trends"], "net_sales", level="chain", period_type="day"), "USD"
    )
    app = open_page("mart_sales_trends", range="all", level="store", store=STORES[1])
    assert metrics(app)["Net sales"] == money(
        decimal_sum(tables["mart_sales_trends"], "net_sales", level="store", level_key=STORES[1], period_type="day"),
        "USD",
    )


def test_customer_figures_are_the_mart_s(published, tables, open_page):
    value = tables["mart_customer_lifetime_value"]
    shown = metrics(open_page("mart_customer_lifetime_value"))
    assert shown["Net sales to date"] == money(decimal_sum(value, "net_sales"), "USD")
    assert shown["Customers"] == str(len(value))
    segment = tables["mart_customer_segments"]["segment"][0].as_py()
    segments = metrics(open_page("mart_customer_segments", segment=segment))
    assert segments["Net sales to date"] == money(
        decimal_sum(tables["mart_customer_segments"], "net_sales", segment=segment), "USD"
    )


def test_store_figures_are_the_mart_s(published, tables, open_page):
    everything = {"restaurant_id": STORES[0], "period_type": "all"}
    shown = metrics(open_page("store", store=STORES[0]))
    assert shown["Net sales to date"] == money(
        decimal_sum(tables["mart_location_performance"], "net_sales", **everything), "USD"
    )
    chain = decimal_sum(tables["mart_location_performance"], "net_sales", period_type="all")
    assert metrics(open_page("mart_location_performance"))["Net sales"] == money(chain, "USD")
    assert metrics(open_page("mart_pricing_and_discounts"))["Net sales"] == money(chain, "USD")


def test_predictions_come_with_their_tests_on_past_dates(published, tables, open_page):
    app = open_page("mart_customer_lifetime_value")
    expected = sum(tables["mart_customer_lifetime_value"]["expected_value_365"].to_pylist())
    assert metrics(app)["Expected in 365 days"] == money(expected, "USD")
    assert "How well the forecast did from past days" in texts(app)
    churn = open_page("mart_churn_indicators", status="churned")
    status = tables["mart_churn_indicators"]["churn_status"].to_pylist()
    assert f"{status.count('churned')} customers" in texts(churn)


@pytest.mark.parametrize(
    ("page", "columns", "said"),
    [
        ("mart_customer_lifetime_value", {"value_status": "not_validated"}, "Not validated"),
        ("mart_customer_lifetime_value", {"value_status": "model_degenerate"}, "Model degenerate"),
        (
            "mart_customer_lifetime_value",
            {"value_status": "not_validated", "value_reason": "1 past date could be judged"},
            "1 past date could be judged. Read its figures as an order of magnitude.",
        ),
        (
            "mart_customer_lifetime_value",
            {"model_reason": "Geometric/NBD is used: it missed by less."},
            "Geometric/NBD is used: it missed by less.",
        ),
        ("mart_churn_indicators", {"churn_threshold_status": "insufficient_data"}, "Insufficient data"),
        (
            "mart_churn_indicators",
            {"churn_threshold_status": "insufficient_data", "churn_threshold_reason": "nobody came back"},
            "Nobody came back.",
        ),
        ("mart_loyalty_impact", {"effect_status": "not_identified"}, "Not identified"),
        ("mart_loyalty_impact", {"effect_status": "not_supported"}, "Not supported by this source"),
    ],
)
def test_a_status_is_said_in_words(page, columns, said, nothing_stored, published, tables, open_page):
    rows = tables[page]
    for name, value in columns.items():
        rows = rows.set_column(rows.column_names.index(name), name, pa.array([value] * len(rows)))
    published.put(page, rows)
    try:
        assert said in texts(open_page(page))
    finally:
        published.put(page, tables[page])


def test_no_discounts_are_a_state_with_a_bound(published, open_page):
    said = texts(open_page("mart_pricing_and_discounts"))
    assert "No discounts observed" in said
    assert "rule of three" in said


def test_data_health_shows_the_ledger_and_what_failed(published, open_page):
    app = open_page("data_health")
    frames = [frame.value for frame in app.dataframe]
    ledger = next(frame for frame in frames if "accepted_rows" in frame)
    assert ledger["quarantined_rows"].sum() == 4
    assert ledger["balanced"].all()
    failed = next(frame for frame in frames if "fix" in frame)
    assert failed["rule_name"].tolist() == ["every store sold lately"]


def test_data_health_says_why_rows_are_in_quarantine_and_what_to_do(published, open_page):
    app = open_page("data_health")
    assert "Quarantine" in [heading.value for heading in app.subheader]
    frames = [frame.value for frame in app.dataframe]
    # The first card is a chart, which a test without a browser cannot read: its rows are those of the query.
    reasons = warehouse_operations.quarantine_by_reason()
    by_reason = dict(zip(reasons["reason"], reasons["quarantined_rows"], strict=True))
    assert by_reason == {"duplicate_line": 2, "missing_line_id": 1, "parse": 1, "orphan_option": 1}
    assert "### Quarantined rows by reason" in "".join(text.value for text in app.markdown)
    what = next(frame for frame in frames if "what_to_do" in frame).set_index("reason")["what_to_do"]
    assert what["missing_line_id"] == QUARANTINE_REASONS["missing_line_id"].what_to_do
    samples = next(frame for frame in frames if "lineitem_id" in frame)
    assert samples.loc[samples["reason"] == "duplicate_line", "source_id"].tolist() == [2, 3]
    assert "raw" not in samples


def test_data_health_shows_the_quarantine_of_an_earlier_batch_that_has_not_changed(published, open_page):
    """A later batch with the same quarantined rows does not publish them again: they keep the id of their batch."""
    rows = operations()["quarantine"]
    earlier = rows.set_column(rows.column_names.index("batch_id"), "batch_id", pa.array(["earlier"] * len(rows)))
    published.put("quarantine", earlier)
    try:
        frames = [frame.value for frame in open_page("data_health").dataframe]
        what = next(frame for frame in frames if "what_to_do" in frame)
        assert "missing_line_id" in set(what["reason"])
    finally:
        published.put("quarantine", rows)


def test_the_overview_says_what_needs_a_look(published, open_page):
    said = texts(open_page("overview"))
    assert "Complete days are missing" in said
    assert "Checks of the last run failed" in said
