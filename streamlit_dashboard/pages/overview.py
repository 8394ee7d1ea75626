"""How is the business doing, and what changed?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from biz_insights import labels
from biz_insights.coverage import least_share
from streamlit_dashboard import alerts, charts, formats, gross_to_net, navigation, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters, between
from streamlit_dashboard.formats import Column
from streamlit_dashboard.totals import Comparison, ratio, ratios, total, windows
from streamlit_dashboard.warehouse import customers, loads, sales

TITLE = "Overview"
ICON = ":material/dashboard:"
SECTION = ""
ORDER = 0

PERIODS = {"7": "Last 7 days", "28": "Last 28 days", "91": "Last 13 weeks", "364": "Last 52 weeks"}
SPARKS = 13
SHOWN_MOVERS = 10


def render() -> None:
    """Draw the page."""
    filters = Filters("overview")
    as_of = loads.state().as_of_date(sales.TRENDS)
    everything = sales.trends("chain", "day")
    with filters.row():
        currency = filters.currency(everything)
        length = int(filters.choice("days", "Period", tuple(PERIODS), "28", PERIODS.__getitem__, width=170))
        filters.reset()
    filters.tell()
    rows = everything[everything["currency"] == currency]
    if rows.empty:
        states.no_data("Nothing has been sold yet.", "")
        return
    _figures(rows, currency, length, as_of)
    gross_to_net.show(_window(rows, "period_start", as_of, length), currency)
    _alerts(rows, currency)
    _sales(filters, rows, currency, length, as_of)
    left, right = st.columns(2)
    with left:
        _movers(filters, "store", rows, currency, length, as_of)
    with right:
        _movers(filters, "category", rows, currency, length, as_of)


def _window(rows: pd.DataFrame, column: str, as_of: date, length: int, back: int = 0) -> pd.DataFrame:
    last = as_of - timedelta(days=back)
    return between(rows, column, (last - timedelta(days=length - 1), last))


def _figures(rows: pd.DataFrame, currency: str, length: int, as_of: date) -> None:
    shown = _window(rows, "period_start", as_of, length)
    compared = windows(rows, "period_start", as_of, length, length)
    cells = st.columns(5)
    versus = f"against the {length} days before"
    net, orders = total(shown["net_sales"]), total(shown["orders"])
    sparks = _sparks(rows, as_of, length)
    for place, label, text, comparison, spark in (
        (cells[0], "Net sales", formats.money(net, currency), compared.compare("net_sales"), sparks["net_sales"]),
        (cells[1], "Orders", formats.count(orders), compared.compare("orders"), sparks["orders"]),
        (
            cells[2],
            "Net sales per order",
            formats.money(ratio(net, orders), currency),
            compared.compare("net_sales", per="orders"),
            sparks["aov"],
        ),
    ):
        _metric(place, label, text, "Guests in.", versus, comparison.text, comparison, spark)
    _loyalty(cells[3], currency, length, as_of, versus)
    _active(cells[4], rows, currency, as_of)
    st.caption(
        f"Changes compare only days with sales in both periods; under {least_share()} of the days none is shown."
    )


def _sparks(rows: pd.DataFrame, as_of: date, length: int) -> dict[str, list[float]]:
    """Return sums and the mean order of the last periods of this length, oldest first, as far as the data go back."""
    periods = _whole_windows(rows, "period_start", as_of, length)
    found = {
        "net_sales": [total(window["net_sales"]) for window in periods],
        "orders": [total(window["orders"]) for window in periods],
        "aov": [ratio(total(window["net_sales"]), total(window["orders"])) for window in periods],
    }
    return {name: [value for value in values if value is not None] for name, values in found.items()}


def _whole_windows(rows: pd.DataFrame, column: str, as_of: date, length: int) -> list[pd.DataFrame]:
    """Return the days of the last `SPARKS` periods, oldest first, as far as the data go back."""
    starts = [as_of - timedelta(days=(back + 1) * length - 1) for back in range(SPARKS)]
    first = rows[column].min()
    return [
        _window(rows, column, as_of, length, back * length)
        for back, start in reversed(list(enumerate(starts)))
        if back == 0 or pd.Timestamp(start) >= first
    ]


def _metric(
    place: Any, label: str, value: str, about: str, versus: str, delta: str, of: Comparison, spark: list[float]
) -> None:
    """Show a figure with its change and the part of the days that was compared; without a change only the days."""
    known = delta != formats.NONE
    line = f" The line shows {len(spark)} periods of this length." if len(spark) > 1 else ""
    place.metric(
        label,
        formats.plain(value),
        delta.replace("−", "-") if known else formats.NONE,
        delta_color="normal" if known else "off",
        delta_arrow="auto" if known else "off",
        delta_description=of.coverage.short,
        help=f"{about} The small figure is the change {versus}, of the days with sales in both periods.{line} "
        + formats.plain(of.note),
        border=True,
        chart_data=spark if len(spark) > 1 else None,
        chart_type="line",
        height="stretch",
    )


def _loyalty(place: Any, currency: str, length: int, as_of: date, versus: str) -> None:
    days = sales.loyalty_by_day()
    days = days[days["currency"] == currency]
    parts = [
        ratio(total(window["loyalty_net_sales"]), total(window["net_sales"]))
        for window in _whole_windows(days, "order_date", as_of, length)
    ]
    of = windows(days, "order_date", as_of, length, length).compare("loyalty_net_sales", per="net_sales")
    known = of.coverage.enough and of.now is not None and of.before is not None
    points = 100 * ((of.now or 0) - (of.before or 0))
    delta = f"{'+' if points >= 0 else ''}{formats.number(points, 1)} pts" if known else formats.NONE
    about = "Net sales of loyalty orders as a part of all net sales; guests in. The change is in percentage points."
    spark = [part for part in parts if part is not None]
    _metric(place, "Loyalty part", formats.share(parts[-1]), about, versus, delta, of, spark)


def _active(place: Any, days: pd.DataFrame, currency: str, as_of: date) -> None:
    summary = customers.churn_summary()
    totals = summary[summary["currency"] == currency]
    of = Comparison(
        total(totals["customers_last_90d"]),
        total(totals["customers_previous_90d"]),
        windows(days, "period_start", as_of, 90, 90).coverage,
    )
    about = "Customers with an order in the last 90 days; guests out. Always 90 days."
    _metric(place, "Customers in 90 days", formats.count(of.now), about, "against the 90 before", of.text, of, [])


def _alerts(rows: pd.DataFrame, currency: str) -> None:
    found = alerts.alerts(rows, currency)
    with st.container(border=True, key="card-alerts"):
        st.markdown("### What needs a look")
        if not found:
            st.markdown(":material/check_circle: Nothing: the data are new, every check passed, sales are as expected.")
        for alert in found:
            st.markdown(f"{alert.icon} **{alert.title}** {formats.plain(alert.text)}")


def _sales(filters: Filters, rows: pd.DataFrame, currency: str, length: int, as_of: date) -> None:
    shown = _window(rows, "period_start", as_of, max(91, length))
    lines = [Series("Net sales", shown["period_start"], shown["net_sales"], width=1.2)]
    if "net_sales_mean_7d" in shown:
        mean = shown["net_sales_mean_7d"]
        lines.append(
            Series("Mean of 7 days", shown["period_start"], mean, colour=charts.ORANGE, dash="solid", width=2.6)
        )
    if "net_sales_year_ago_weekday" in shown:
        ago = shown["net_sales_year_ago_weekday"]
        lines.append(Series("364 days before", shown["period_start"], ago, colour=charts.GREY, dash="dot", width=1.2))
    show(
        Card(
            key="net-sales",
            title="Net sales of the chain by day",
            unit=f"{currency} a day, the last {max(91, length)} days",
            denominator="guests in",
            source=sales.TRENDS,
            as_of=as_of,
            rows=shown,
            columns=(
                Column("period_start", "Day", "date"),
                Column("net_sales", "Net sales", "money"),
                Column("orders", "Orders", "count"),
                Column("aov", "Per order", "money"),
                Column("net_sales_mean_7d", "Mean of 7 days", "money"),
                Column("net_sales_year_ago_weekday", "364 days before", "money"),
            ),
            currency=currency,
            figure=lambda: charts.over_time(lines, "money", currency),
            filters=filters.active,
        )
    )


def _movers(filters: Filters, level: str, chain: pd.DataFrame, currency: str, length: int, as_of: date) -> None:
    rows = sales.movers(level, length)  # type: ignore[arg-type]
    rows = rows[rows["currency"] == currency].copy()
    of = windows(chain, "period_start", as_of, length, length).coverage
    this, before = (rows[f"net_sales_{name}"].fillna(0) for name in ("this", "before"))
    rows["change"] = this - before
    rows = rows[(this != 0) | (before != 0)] if of.enough else rows[:0]
    rows = rows.reindex(rows["change"].abs().sort_values(ascending=False).index).head(SHOWN_MOVERS)
    rows = rows.sort_values("change", ascending=False)
    names = sales.store_labels() if level == "store" else labels.names(rows["level_key"])
    rows["label"] = [names[key] for key in rows["level_key"]]
    rows["change_share"] = (
        ratios(rows["net_sales_this"], rows["net_sales_before"].where(rows["net_sales_before"] > 0)) - 1
    )
    texts = [_change_text(row, currency) for row in rows.itertuples(index=False)]
    ids = dict(zip(rows["label"], rows["level_key"], strict=True))
    colours = [charts.BLUE if change >= 0 else charts.ORANGE for change in rows["change"]]
    plural = "stores" if level == "store" else "categories"
    show(
        Card(
            key=f"movers-{level}",
            title=f"What changed: {plural}",
            unit=f"{currency}, the last {length} days minus the {length} before, {of.text}; the {SHOWN_MOVERS} largest",
            denominator="guests in",
            source=sales.TRENDS,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("label", level.capitalize()),
                Column("net_sales_this", "Net sales", "money"),
                Column("net_sales_before", "Before", "money"),
                Column("change", "Change", "money"),
                Column("change_share", "Change in %", "share"),
                Column("net_sales_year_ago", "364 days before", "money"),
            ),
            currency=currency,
            figure=lambda: charts.bars(
                rows["label"].tolist(), rows["change"], "money", currency, colours=colours, texts=texts, height=380
            ),
            filters=filters.active,
            note="Click a bar to open the store's page." if level == "store" else "",
            empty=of.withheld or "Nothing was sold in these days.",
            on_select=(lambda name: navigation.go("store", store=ids[name])) if level == "store" else None,
        )
    )


def _change_text(row: Any, currency: str) -> str:
    """Return `+$1.2k (+5 %)`; without a percentage if there was nothing before or is nothing now."""
    if formats.missing(row.net_sales_before):
        part = "none before"
    elif formats.missing(row.net_sales_this):
        part = "none now"
    else:
        part = formats.change(row.change_share, 0)
    return f"{'+' if row.change >= 0 else ''}{formats.short_money(row.change, currency)} ({part})"


render()
