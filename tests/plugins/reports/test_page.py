"""The HTML page: well formed, self-contained, escaped, accessible, and with a sentence for each missing figure."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from biz_insights.reports import formats
from biz_insights.reports.daily_report import compose
from biz_insights.reports.page import render
from biz_insights.reports.queries import QUERIES
from biz_insights.reports.reading import Answer
from streamlit_dashboard import formats as dashboard
from tests.plugins.reports.answers import AS_OF, answers, churn, failure, fortnight, full, item, sales_day, store_week

VOID = ("meta", "br", "hr", "img", "input", "link")
EVIL = "<script src=https://evil.example/x.js></script>\"'><img src=x onerror=alert(1)> & Tea"


class Outline(HTMLParser):
    """The tags and the text of a page. Fails when a tag is not closed in the right order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    @property
    def said(self) -> str:
        return " ".join(self.text.split())


def page(**rows) -> Outline:
    return Outline(render(compose(AS_OF, full(**rows))))


def test_figures_are_shown_with_unit_denominator_and_day():
    said = page().said
    for part in (
        "$723.31",
        "−7.0 % on the 7 before ($777.70)",
        "expected $95.50",
        "None of the 7 judged days of the last 7 was out of the ordinary.",
        "Bagel",
        "$120.50",
        "30.1 %",
        "Store ab77e1",
        "100 customers by churn status as of 15 Feb 2024",
        "10 of 60 customers changed segment; 7 ordered for the first time.",
        "Score 96.6 of 100",
        "prices are not negative",
        "1,234 unexpected",
        "duplicate line",
    ):
        assert part in said
    captions = [
        text for text in re.findall(r"<caption>(.*?)</caption>", render(compose(AS_OF, full()))) if "USD" in text
    ]
    assert captions and all("15 Feb 2024" in text and "guests" in text for text in captions)


def test_the_page_says_how_negative_lines_were_treated():
    told = "12 lines with a negative price or quantity are counted as refunds: 11 of them are of an item or order"
    assert told in page().said
    (row,) = full()["ledger"].rows
    assert "negative price or quantity" not in page(ledger=[row | {"negative_lines": 0}]).text
    quarantined = page(ledger=[row | {"negative_lines_rule": "quarantine"}])
    assert "negative price or quantity are quarantined" in quarantined.said


def test_a_change_is_shown_with_the_days_that_it_compares():
    assert "Changes: 7 of 7 days compared, each with the same weekday a week before; under 80 % no" in page().said
    rows = [row for row in fortnight() if row["period_start"] not in (AS_OF - timedelta(days=8), AS_OF - timedelta(9))]
    said = page(sales_days=rows).said
    assert "Withheld: 5 of 7 days compared, fewer than 80 %." in said
    assert "no comparison with the 7 before" in said
    assert "no change against the 7 days before, which cannot be compared" in said
    one_less = page(sales_days=[*rows, sales_day(9, "100.00", 10)]).said
    assert "on the 7 before ($658.83, on those days)" in one_less


def test_stores_and_items_have_their_full_names():
    long = "The Old Corner Bakery and Sandwich House of " + "Greater " * 18 + "Springfield"
    names = ["North Carolina", "South Carolina", "<b>Bold</b> & $5", "מסעדה", long, f"{long} "]
    html = render(
        compose(
            AS_OF,
            full(
                stores=[store_week(name, [10, 12] * 20) for name in names],
                top_items=[item("Tea", "9.00"), item("Tea", "8.00", item_category="Drinks", item_key="tea")],
            ),
        )
    )
    outline = Outline(html)
    for name in (*names[:5], "Tea (Breakfast)", "Tea (Drinks)"):
        assert name in outline.text
    assert html.count("</bdi></th>") >= 8
    labels = re.findall(r'<th scope="row"><bdi title="[^"]*">(.*?)</bdi>', html, re.DOTALL)
    assert len(set(labels)) == len(labels) == len(names)


def test_the_page_loads_nothing():
    html = render(compose(AS_OF, full(top_items=[item(EVIL, "1.00")])))
    outline = Outline(html)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in outline.tags}
    addresses = [(name, value) for _, found in outline.tags for name, value in found.items() if name in ("src", "href")]
    assert addresses == []
    assert re.search(r"url\(|@import", html) is None
    assert re.search(r"(?:https?:)?//\w", render(compose(AS_OF, full()))) is None


def test_text_from_the_data_is_escaped():
    html = render(
        compose(
            AS_OF,
            full(
                sales_days=[*fortnight()[:-1], sales_day(0, "1.00", 1, holiday_name=EVIL)],
                top_items=[item(EVIL, "1.00", item_category=EVIL)],
                failed_expectations=[failure(why=EVIL, observed=EVIL, unexpected_count=None)],
                quarantine=[{"source_table": "order_items", "reason": EVIL, "quarantined_rows": 1}],
            ),
        )
    )
    assert "<script" not in html and "<img" not in html
    assert html.count("&lt;script src=https://evil.example/x.js&gt;") >= 5
    assert Outline(html).said.count("& Tea") >= 5


def test_tables_have_captions_headings_scopes_and_right_aligned_numbers():
    outline = page()
    assert outline.count("table") == outline.count("caption") >= 8
    headings = [found for tag, found in outline.tags if tag == "th"]
    assert headings and all(found.get("scope") in ("col", "row") for found in headings)
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    html = render(compose(AS_OF, full()))
    cells = re.findall(r"<td(?P<attributes>[^>]*)>(?P<text>[^<]*)</td>", html)
    figures = [attributes for attributes, text in cells if re.fullmatch(r"[−+]?[$\d][\d,.]*(?: %)?", text)]
    assert len(figures) > 30 and all("number" in attributes for attributes in figures)
    assert 'lang="en"' in html and "prefers-color-scheme: dark" in html


def test_every_currency_has_a_block():
    outline = page(sales_days=[*fortnight(), *fortnight("EUR", "2.00")])
    assert "Business in USD" in outline.said and "Business in EUR" in outline.said
    assert "€742.00" in outline.said and "$723.31" in outline.said
    assert "No item was sold in EUR in the 7 days to 15 Feb 2024." in outline.said


@pytest.mark.parametrize("name", QUERIES)
def test_the_page_says_when_a_table_is_missing(name):
    outline = page(**{name: Answer(absent=f"{QUERIES[name].table} is not published yet.")})
    assert f"{QUERIES[name].table} is not published yet." in outline.said


@pytest.mark.parametrize("name", QUERIES)
def test_a_table_without_rows_is_accepted(name):
    assert "Business Insights, 15 Feb 2024" in page(**{name: ()}).said


def test_each_section_says_that_the_lake_is_empty():
    said = Outline(render(compose(AS_OF, answers()))).said
    assert "No sales and no customers are published as of 15 Feb 2024." in said
    assert "No checkpoint has passed up to 15 Feb 2024." in said
    assert "No batch has been published yet." in said
    figures = re.findall(r"[$€]\s?\d|\d %", said)
    assert figures == []


def test_the_page_says_what_is_not_judged_or_not_validated():
    unjudged = [sales_day(0, "90.00", 9, expected_net_sales=None, expected_orders=None, anomaly_z=None,
                          is_anomaly=None, anomaly_status="insufficient_data")]  # fmt: skip
    said = page(
        sales_days=unjudged,
        churn=[
            churn(
                None,
                40,
                churn_threshold_status="insufficient_data",
                churn_threshold_reason="none of the 40 customers came back",
            )
        ],
    ).said
    assert "not judged: too few same weekdays before" in said
    assert "None of the last 7 days was judged." in said
    assert "no expected value: fewer than 8 same weekdays before" in said
    assert "40 customers, none of them called churned. Insufficient data: none of the 40 customers came back." in said
    doubtful = page(churn=[churn("active", 40, model_status="not_validated", value_status="not_validated")]).said
    assert "Not validated: read the counts as an order of magnitude. Geometric/NBD is used: it missed" in doubtful
    assert "Not validated: the value at risk; it missed by less." in doubtful


def test_the_page_names_the_model_and_what_it_cannot_estimate():
    assert "MBG/NBD is not: dropout does not differ." in page(churn=[churn("active", 40)]).said
    silent = page(churn=[churn("active", 40, p_alive_status="not_estimated", value_at_risk=None)]).said
    assert "Value at risk is empty: the model in use does not estimate who has left." in silent


def test_a_day_out_of_the_ordinary_is_marked():
    odd = sales_day(0, "300.00", 40, anomaly_z=4.2, is_anomaly=True)
    outline = page(sales_days=[*fortnight()[:-1], odd])
    assert "1 of the 7 judged days of the last 7 was out of the ordinary" in outline.said
    assert "out of the ordinary: orders 4.2 standard deviations above the expected" in outline.said


def test_the_same_report_gives_the_same_text():
    assert render(compose(AS_OF, full())) == render(compose(AS_OF, full()))


@pytest.mark.parametrize("value", [0, 1234.5, -2, None])
def test_figures_have_the_formats_of_the_dashboards(value):
    for currency in ("USD", "CHF"):
        assert formats.money(value, currency) == dashboard.money(value, currency)
    assert formats.share(value) == dashboard.share(value)
    assert formats.change(value) == dashboard.change(value)
    assert formats.number(value, 2) == dashboard.number(value)
    assert formats.SYMBOLS == dashboard.SYMBOLS
    assert formats.day(AS_OF) == dashboard.day(AS_OF)
