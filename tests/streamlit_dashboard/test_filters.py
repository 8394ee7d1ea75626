"""Filters live in the URL: a link reproduces a view, a bad value falls back with a notice, reset forgets them."""

from __future__ import annotations

import pytest

from tests.streamlit_dashboard.conftest import metrics, texts
from tests.streamlit_dashboard.lake import STORES

pytestmark = pytest.mark.usefixtures("published")


def test_a_filter_goes_to_the_url_and_the_url_gives_the_view_again(open_page):
    app = open_page("mart_sales_trends")
    app.selectbox(key="filter-trends-level").select("store").run()
    app.selectbox(key="filter-trends-store").select(STORES[2]).run()
    assert app.query_params["level"] == ["store"]
    assert app.query_params["store"] == [STORES[2]]
    again = open_page("mart_sales_trends", level="store", store=STORES[2])
    assert metrics(again) == metrics(app)
    assert metrics(again) != metrics(open_page("mart_sales_trends"))


def test_the_default_is_not_written_to_the_url(open_page):
    app = open_page("mart_sales_trends", period="week")
    app.selectbox(key="filter-trends-period").select("day").run()
    assert "period" not in app.query_params


@pytest.mark.parametrize(
    ("page", "query", "notice"),
    [
        ("mart_sales_trends", {"level": "galaxy"}, "galaxy"),
        ("store", {"store": "nowhere"}, "nowhere"),
        ("mart_customer_segments", {"segment": "![x](http://example.com/y.png)"}, "example"),
        ("mart_sales_trends", {"range": "custom", "from": "yesterday"}, "yesterday"),
        ("mart_sales_trends", {"from": "1999-01-01"}, "1999\\-01\\-01"),
        ("mart_sales_trends", {"from": "2024-02-01", "to": "2024-01-01"}, "ends before it begins"),
        ("mart_customer_lifetime_value", {"page": "900"}, "900"),
        ("mart_customer_lifetime_value", {"page": "-1"}, "1"),
    ],
)
def test_a_bad_value_falls_back_with_a_notice(open_page, page, query, notice):
    app = open_page(page, **query)
    assert not app.exception
    assert any(notice.replace("\\", "") in warning.value.replace("\\", "") for warning in app.warning)


def test_text_of_a_link_is_shown_as_text(open_page):
    app = open_page("mart_customer_segments", segment="![x](http://example.com/y.png)")
    assert "![" not in "".join(warning.value for warning in app.warning)


def test_days_of_a_link_are_the_days_shown(open_page, tables):
    app = open_page("mart_sales_trends", **{"from": "2023-12-01", "to": "2023-12-31"})
    rows = tables["mart_sales_trends"].to_pandas()
    day = (rows["level"] == "chain") & (rows["period_type"] == "day")
    inside = rows[day & rows["period_start"].astype(str).between("2023-12-01", "2023-12-31")]
    assert metrics(app)["Orders"] == str(inside["orders"].sum())


def test_reset_forgets_every_filter(open_page):
    app = open_page("mart_sales_trends", level="category", category="Breakfast", range="90d")
    app.button(key="reset-trends").click().run()
    assert dict(app.query_params) == {}
    assert metrics(app) == metrics(open_page("mart_sales_trends"))


def test_loyalty_orders_and_the_others_add_up(open_page):
    parts = []
    for kind in ("loyalty", "non_loyalty"):
        app = open_page("mart_sales_trends", loyalty=kind, range="all")
        assert not app.exception
        app.toggle(key="table-net-sales-loyalty").set_value(True).run()
        frame = next(frame.value for frame in app.dataframe if f"{kind}_net_sales" in frame.value)
        parts.append(frame[f"{kind}_net_sales"].sum())
        whole = frame["net_sales"].sum()
    assert sum(parts) == pytest.approx(whole)


def test_loyalty_is_not_a_thing_of_categories(open_page):
    assert "Not supported by this source" in texts(open_page("mart_sales_trends", level="category", loyalty="loyalty"))
