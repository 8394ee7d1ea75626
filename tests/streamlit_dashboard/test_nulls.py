"""Marts without any amount: every figure is a dash and not a zero. Changes of too few days are not shown."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from streamlit_dashboard.navigation import page_files
from streamlit_dashboard.warehouse import sales
from tests.streamlit_dashboard import odd
from tests.streamlit_dashboard.conftest import metrics, texts
from tests.streamlit_dashboard.lake import LAST_DAY, STORES, PublishedLake, new_lake, use

NOT_OF_THE_BUSINESS = ["score", "size_kib", "source_amount", "accepted_amount", "quarantined_amount"]
PAGES = [page.name for page in page_files()]
TRENDS = "mart_sales_trends"


@pytest.fixture(scope="module")
def nulled_lake(endpoint, tables) -> PublishedLake:
    """Every amount, mean, share and forecast is null, in pounds."""
    made = new_lake("dashboards_nulls")
    made.publish(odd.nulled({name: in_pounds(rows) for name, rows in tables.items()}))
    made.views()
    return made


@pytest.fixture(scope="module")
def young_lake(endpoint, tables) -> PublishedLake:
    """The last 40 days of the chain, and one day a year before."""
    first_day, year_ago = LAST_DAY - timedelta(days=39), LAST_DAY - timedelta(days=364 + 9)
    trends = tables[TRENDS]
    day = pc.field("period_start")
    remaining = (day >= first_day) | (day == year_ago)
    rows = trends.filter(remaining).to_pylist()
    for row in rows:
        alone = row["period_type"] != "day" or row["period_start"] != LAST_DAY - timedelta(days=9)
        for name in ("net_sales_year_ago_weekday", "net_sales_yoy_weekday", "open_days_year_ago_weekday"):
            row[name] = None if alone else row[name]
    made = new_lake("dashboards_young")
    made.publish({**tables, TRENDS: pa.Table.from_pylist(rows, trends.schema)})
    made.views()
    return made


def in_pounds(rows: pa.Table) -> pa.Table:
    """The rows in another currency."""
    if "currency" not in rows.column_names:
        return rows
    return rows.set_column(rows.column_names.index("currency"), "currency", pa.array(["GBP"] * len(rows), pa.string()))


@pytest.mark.parametrize("page", PAGES)
def test_no_figure_is_made_of_nothing(page, nulled_lake, monkeypatch, open_page):
    use(nulled_lake, monkeypatch)
    app = open_page(page)
    assert not app.exception
    assert not app.error
    amounts = {label: value for label, value in metrics(app).items() if "£" in value or "$" in value}
    assert amounts == {}
    for frame in app.dataframe:
        # Scores of the checks, the ledger's control totals and file sizes are not figures of the business.
        shown = frame.value.select_dtypes("float").drop(columns=NOT_OF_THE_BUSINESS, errors="ignore")
        assert shown.isna().all().all(), f"{page}: {shown.columns[shown.notna().any()].tolist()}"


@pytest.mark.parametrize(
    ("page", "figures"),
    [
        ("mart_churn_indicators", ("Value at risk", "Their sales before")),
        ("mart_customer_lifetime_value", ("Net sales to date", "Per customer", "Expected in 365 days")),
        ("mart_customer_segments", ("Net sales to date", "Weekend orders")),
        (TRENDS, ("Net sales", "Net sales per order", "Against a year before")),
        ("mart_location_performance", ("Net sales", "Net sales per order", "Same-store growth")),
        ("mart_pricing_and_discounts", ("Net sales", "Options revenue", "Attach rate")),
        ("overview", ("Net sales", "Net sales per order", "Loyalty part")),
        ("store", ("Net sales to date", "Net sales per order", "Customers who came back")),
        ("v_top_items_30d", ("Their net sales", "Part of all items")),
    ],
)
def test_a_total_of_nothing_is_a_dash(page, figures, nulled_lake, monkeypatch, open_page):
    use(nulled_lake, monkeypatch)
    shown = metrics(open_page(page))
    assert {label: shown[label] for label in figures} == dict.fromkeys(figures, "–")


def test_a_chart_without_a_value_says_so(nulled_lake, monkeypatch, open_page):
    use(nulled_lake, monkeypatch)
    assert texts(open_page("mart_location_performance")).count("None of these rows has a value.") == 3


def test_customers_of_unknown_value_are_in_no_band(nulled_lake, monkeypatch, open_page):
    use(nulled_lake, monkeypatch)
    assert "or more" not in str(
        [chart.proto.spec for chart in open_page("mart_customer_lifetime_value").get("plotly_chart")]
    )


def test_a_change_on_one_day_is_withheld_and_says_so(young_lake, monkeypatch, open_page):
    use(young_lake, monkeypatch)
    app = open_page(TRENDS, range="90d")
    (year,) = (one for one in app.metric if one.label == "Against a year before")
    assert year.value == "–"
    assert year.delta == "1 of 40 days compared"
    assert "fewer than 80 %" in year.help


def test_the_overview_compares_no_days_that_are_not_there(young_lake, monkeypatch, open_page):
    use(young_lake, monkeypatch)
    app = open_page("overview", days="28")
    figures = {one.label: one for one in app.metric}
    for label in ("Net sales", "Orders", "Net sales per order", "Customers in 90 days"):
        assert figures[label].delta == "–", label
    assert figures["Net sales"].proto.delta_description == "12 of 28 days"
    assert "Withheld: 12 of 28 days compared, fewer than 80 %" in texts(app)
    assert open_page("overview", days="7").metric[0].proto.delta_description == "7 of 7 days"


def test_the_ordinary_sample_is_compared_over_all_its_days(published, open_page):
    figures = {one.label: one for one in open_page("overview").metric}
    assert figures["Net sales"].delta.endswith("%")
    assert figures["Net sales"].proto.delta_description == "28 of 28 days"
    assert "under 80 % of the days none is shown" in texts(open_page("overview"))
    trends = {one.label: one for one in open_page(TRENDS, range="90d").metric}
    assert trends["Against a year before"].delta == "90 of 90 days compared"
    assert trends["Against a year before"].value.endswith("%")


def test_churn_compares_no_days_that_are_not_there(young_lake, monkeypatch, open_page):
    use(young_lake, monkeypatch)
    assert "Withheld: 0 of 40 days compared" in texts(open_page("mart_churn_indicators"))


def test_a_store_that_sold_nothing_before_has_no_amount_before(young_lake, monkeypatch, open_page, tables):
    use(young_lake, monkeypatch)
    open_page("overview")
    rows = sales.movers("store", 28)
    assert rows["net_sales_this"].notna().all()
    year_ago = rows.set_index("level_key")["net_sales_year_ago"]
    sold = {
        row["level_key"]
        for row in tables[TRENDS].to_pylist()
        if (row["level"], row["period_type"]) == ("store", "day")
        and row["period_start"] == LAST_DAY - timedelta(days=373)
    }
    assert {store: bool(year_ago.notna()[store]) for store in STORES} == {store: store in sold for store in STORES}


def test_a_total_says_how_many_customers_it_is_of(published, nulled_lake, monkeypatch, open_page, tables):
    at_risk = tables["mart_churn_indicators"]["value_at_risk"]
    (figure,) = (one for one in open_page("mart_churn_indicators").metric if one.label == "Value at risk")
    assert figure.delta == f"of {len(at_risk) - at_risk.null_count} customers"
    use(nulled_lake, monkeypatch)
    (figure,) = (one for one in open_page("mart_customer_lifetime_value").metric if one.label == "Expected in 365 days")
    assert (figure.value, figure.delta) == ("–", "of 0 customers")


def test_a_mean_hour_is_of_the_days_on_which_the_store_sold(published, open_page, tables):
    hourly = tables["gold_hourly_sales"].to_pylist()
    since = LAST_DAY - timedelta(days=363)
    mondays = [
        row
        for row in hourly
        if row["restaurant_id"] == STORES[0] and row["order_date"] >= since and row["order_date"].weekday() == 0
    ]
    open_page("store")
    rows = sales.hours_of(STORES[0])
    monday = rows[rows["weekday"] == 1]
    assert set(monday["days"]) == {len({row["order_date"] for row in mondays})}
    assert monday["orders"].sum() == sum(row["orders"] for row in mondays) > 0
