"""A mart is one name in three places; pages hold no SQL; charts keep to the style."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from biz_insights.gold.definition import tables_of
from streamlit_dashboard import chart_points, charts, downloads, formats, navigation
from streamlit_dashboard.card import Card
from streamlit_dashboard.charts import Series
from streamlit_dashboard.formats import Column

REPOSITORY = Path(__file__).resolve().parents[2]
APP = REPOSITORY / "streamlit_dashboard"
PAGES = {page.name: page for page in navigation.page_files()}
SQL = re.compile(r"\b(SELECT|FROM [a-z_]+ (WHERE|GROUP|ORDER)|JOIN|GROUP BY)\b")


def test_a_mart_is_one_name_in_three_places():
    marts = [mart.name for mart in tables_of("marts")]
    assert len(marts) >= 7
    for mart in marts:
        assert (REPOSITORY / "expectations" / "gold" / f"{mart}.json").exists(), f"{mart} has no suite"
        assert mart in PAGES, f"{mart} has no page: add streamlit_dashboard/pages/{mart}.py"


def test_a_file_is_a_page(tmp_path):
    text = '"""What?"""\nTITLE = "New mart"\nICON = ":material/star:"\nSECTION = "Sales"\nORDER = 1\n'
    (tmp_path / "mart_new.py").write_text(text)
    (page,) = navigation.page_files(tmp_path)
    assert (page.name, page.title, page.section, page.about) == ("mart_new", "New mart", "Sales", "What?")


@pytest.mark.parametrize("text", ['"""What?"""\nTITLE = "No icon"\n', 'TITLE = ICON = SECTION = ""\nORDER = 1\n'])
def test_a_page_without_its_constants_is_named(tmp_path, text):
    (tmp_path / "mart_new.py").write_text(text)
    with pytest.raises(ValueError, match=r"mart_new\.py"):
        navigation.page_files(tmp_path)


def test_the_entry_does_not_stand_beside_the_pages():
    # Streamlit would serve the files of such a folder by their address, past the login.
    assert (APP / "entry" / "app.py").exists()
    assert not (APP / "entry" / "pages").exists()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_pages_hold_no_sql(page):
    assert SQL.search(page.path.read_text(encoding="utf-8")) is None


def test_only_the_warehouse_talks_to_athena():
    outside = [path for path in APP.rglob("*.py") if path.parent.name != "warehouse"]
    assert [path.name for path in outside if re.search(r"pyathena|boto", path.read_text(encoding="utf-8"))] == []


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_both_backgrounds(theme):
    configured = tomllib.loads((APP / ".streamlit" / "config.toml").read_text())["theme"][theme]
    background = configured["backgroundColor"]
    for colour in charts.SEQUENCE:
        assert contrast(colour, background) >= 3
    for text in ("textColor", "grayTextColor", "linkColor", "greenTextColor", "redTextColor", "orangeTextColor"):
        assert contrast(configured[text], background) >= 4.5


def test_lines_differ_by_more_than_colour():
    x = [1, 2]
    figure = charts.over_time([Series(str(i), x, x) for i in range(6)], "count")
    assert len({trace.line.dash for trace in figure.data}) == 6


def test_intervals_are_drawn_as_whiskers():
    values, low, high = pd.Series([0.5]), pd.Series([0.4]), pd.Series([0.7])
    figure = charts.intervals(["a"], [("rate", values, low, high)], "share")
    whiskers = figure.data[0].error_x
    assert whiskers.array[0] == pytest.approx(0.2)
    assert whiskers.arrayminus[0] == pytest.approx(0.1)


def test_too_many_points_are_refused():
    x = list(range(chart_points.MAX_POINTS + 1))
    with pytest.raises(chart_points.TooManyPointsError, match="5,001"):
        charts.over_time([Series("a", x, x)], "count")


def test_a_download_is_what_is_shown():
    rows = pd.DataFrame({"day": [pd.Timestamp("2024-02-18")], "net_sales": [12.3], "orders": [3.0], "hidden": [1]})
    columns = (Column("day", "Day", "date"), Column("net_sales", "Net", "money"), Column("orders", "Orders", "count"))
    assert downloads.csv_text(rows, columns) == "day,net_sales,orders\n2024-02-18,12.30,3\n"


def test_a_download_rounds_no_mean():
    rows = pd.DataFrame({"net_sales": [12.3, 0.1 + 0.2], "aov": [12.5, 25 / 3]})
    columns = (Column("net_sales", "Net", "money"), Column("aov", "Per order", "money"))
    assert downloads.csv_text(rows, columns) == "net_sales,aov\n12.30,12.5\n0.30,8.333333333333334\n"


def test_a_download_is_named_by_mart_date_and_filters():
    card = Card(
        key="net-sales",
        title="",
        unit="",
        denominator="",
        source="mart_sales_trends",
        as_of=date(2024, 2, 18),
        rows=pd.DataFrame(),
        columns=(),
        filters={"level": "store", "category": "../x y"},
    )
    assert card.download_name == "mart_sales_trends_2024-02-18_net-sales_level-store_category-..-x-y.csv"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (formats.money(1234.5, "USD"), "$1,234.50"),
        (formats.money(-2, "CHF"), "−2.00 CHF"),
        (formats.money(None, "USD"), "–"),
        (formats.short_money(1975945, "USD"), "$1.98M"),
        (formats.share(0.1234), "12.3 %"),
        (formats.change(0.05), "+5.0 %"),
        (formats.count(130732), "130,732"),
        (formats.age(4000), "1 h 6 min"),
        (formats.plain("a*b_[c](d)$"), r"a\*b\_\[c\]\(d\)\$"),
    ],
)
def test_figures_are_written_one_way(written, text):
    assert written == text
