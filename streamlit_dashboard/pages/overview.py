"""How is the business doing, and what changed?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from streamlit_dashboard import alerts, charts, formats, navigation, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters, between
from streamlit_dashboard.formats import Column
from streamlit_dashboard.warehouse import customers, loads, sales

TITLE = "Overview"
ICON = ":material/dashboard:"
SECTION = ""
ORDER = 0

PERIODS = {"7": "Last 7 days", "28": "Last 28 days", "91": "Last 13 weeks", "364": "Last 52 weeks"}
SPARKS = 13
SHOWN_MOVERS = 10


def render() -> None:
    """The page."""
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
    _alerts(rows, currency)
    _sales(filters, rows, currency, length, as_of)
    left, right = st.columns(2)
    with left:
        _movers(filters, "store", currency, length, as_of)
    with right:
        _movers(filters, "category", currency, length, as_of)


def _window(rows: pd.DataFrame, column: str, as_of: date, length: int, back: int = 0) -> pd.DataFrame:
    last = as_of - timedelta(days=back)
    return between(rows, column, (last - timedelta(days=length - 1), last))


def _figures(rows: pd.DataFrame, currency: str, length: int, as_of: date) -> None:
    now, before = (_window(rows, "period_start", as_of, length, back) for back in (0, length))
    whole = rows["period_start"].min() <= pd.Timestamp(as_of - timedelta(days=2 * length - 1))
    cells = st.columns(5)
    versus = f"against the {length} days before"
    net, orders = now["net_sales"].sum(), now["orders"].sum()
    net_before, orders_before = before["net_sales"].sum(), before["orders"].sum()
    aov = net / orders if orders else None
    aov_before = net_before / orders_before if orders_before else None
    sparks = _sparks(rows, as_of, length)
    for place, label, text, value, earlier, spark in (
        (cells[0], "Net sales", formats.money(net, currency), net, net_before, sparks["net_sales"]),
        (cells[1], "Orders", formats.count(orders), orders, orders_before, sparks["orders"]),
        (cells[2], "Net sales per order", formats.money(aov, currency), aov, aov_before, sparks["aov"]),
    ):
        _metric(place, label, text, value, earlier if whole else None, spark, versus)
    _loyalty(cells[3], currency, length, as_of, versus)
    _active(cells[4], currency)


def _sparks(rows: pd.DataFrame, as_of: date, length: int) -> dict[str, list[float]]:
    """The last periods of this length, oldest first: sums and the mean order."""
    windows = [_window(rows, "period_start", as_of, length, back * length) for back in range(SPARKS)]
    windows = [window for window in windows if not window.empty][::-1]
    net = [float(window["net_sales"].sum()) for window in windows]
    orders = [float(window["orders"].sum()) for window in windows]
    return {"net_sales": net, "orders": orders, "aov": [n / o if o else 0.0 for n, o in zip(net, orders, strict=True)]}


def _metric(
    place: Any, label: str, text: str, value: float | None, before: float | None, spark: list[float], versus: str
) -> None:
    delta = formats.change(value / before - 1) if value is not None and before else None
    place.metric(
        label,
        formats.plain(text),
        delta.replace("−", "-") if delta else None,
        help=f"Guests in. The small figure is the change {versus}; the line shows {len(spark)} periods of this length.",
        border=True,
        chart_data=spark if len(spark) > 1 else None,
        chart_type="line",
        height="stretch",
    )


def _loyalty(place: Any, currency: str, length: int, as_of: date, versus: str) -> None:
    days = sales.loyalty_by_day()
    days = days[days["currency"] == currency]
    parts = []
    for back in range(SPARKS):
        window = _window(days, "order_date", as_of, length, back * length)
        net = window["net_sales"].sum()
        parts.append(float(window["loyalty_net_sales"].sum() / net) if net else None)
    delta = None
    if parts[0] is not None and parts[1] is not None:
        delta = f"{formats.number(100 * (parts[0] - parts[1]), 1).replace('−', '-')} points"
    place.metric(
        "Loyalty part",
        formats.share(parts[0]),
        delta,
        help=f"Net sales of loyalty orders over all net sales; guests in. Change in points {versus}.",
        border=True,
        chart_data=[part for part in parts[::-1] if part is not None],
        chart_type="line",
        height="stretch",
    )


def _active(place: Any, currency: str) -> None:
    summary = customers.churn_summary()
    totals = summary[summary["currency"] == currency]
    now, before = totals["customers_last_90d"].sum(), totals["customers_previous_90d"].sum()
    place.metric(
        "Customers in 90 days",
        formats.count(now),
        formats.change(now / before - 1).replace("−", "-") if before else None,
        help="Customers with an order in the last 90 days, against the 90 days before; guests out. Always 90 days.",
        border=True,
        height="stretch",
    )


def _alerts(rows: pd.DataFrame, currency: str) -> None:
    found = alerts.alerts(rows, currency)
    with st.container(border=True, key="card-alerts"):
        st.markdown("### What needs a look")
        if not found:
            st.markdown(":material/check_circle: Nothing: data are fresh, every check passed, sales are as expected.")
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


def _movers(filters: Filters, level: str, currency: str, length: int, as_of: date) -> None:
    rows = sales.movers(level, length)  # type: ignore[arg-type]
    rows = rows[rows["currency"] == currency].copy()
    rows["change"] = rows["net_sales_this"] - rows["net_sales_before"]
    rows = rows[(rows["net_sales_this"] != 0) | (rows["net_sales_before"] != 0)]
    rows = rows.reindex(rows["change"].abs().sort_values(ascending=False).index).head(SHOWN_MOVERS)
    rows = rows.sort_values("change", ascending=False)
    rows["label"] = [formats.store_label(key) if level == "store" else key for key in rows["level_key"]]
    before = rows["net_sales_before"].where(rows["net_sales_before"] != 0)
    rows["change_share"] = rows["net_sales_this"] / before - 1
    texts = [
        f"{'+' if change >= 0 else ''}{formats.short_money(change, currency)} ({formats.change(part, 0)})"
        for change, part in zip(rows["change"], rows["change_share"], strict=True)
    ]
    ids = dict(zip(rows["label"], rows["level_key"], strict=True))
    colours = [charts.BLUE if change >= 0 else charts.ORANGE for change in rows["change"]]
    plural = "stores" if level == "store" else "categories"
    show(
        Card(
            key=f"movers-{level}",
            title=f"What changed: {plural}",
            unit=f"{currency}, the last {length} days less the {length} before; the {SHOWN_MOVERS} largest",
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
            on_select=(lambda name: navigation.go("store", store=ids[name])) if level == "store" else None,
        )
    )


render()
