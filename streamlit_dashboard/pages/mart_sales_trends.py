"""How are sales developing, against last week, last year and what was to be expected?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from biz_insights import labels
from biz_insights.coverage import Coverage, least_share
from streamlit_dashboard import charts, formats, gross_to_net, states
from streamlit_dashboard.card import Card, compared, figures, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters, between
from streamlit_dashboard.formats import Column
from streamlit_dashboard.totals import Comparison, ratio, ratios, total
from streamlit_dashboard.warehouse import loads, sales

TITLE = "Sales trends"
ICON = ":material/trending_up:"
SECTION = "Sales"
ORDER = 10

MART = "mart_sales_trends"
LEVELS = {"chain": "Whole chain", "store": "One store", "category": "One category"}
PERIODS = {"day": "Days", "week": "Weeks", "month": "Months"}
# Days up to which the expected line, a weekly zigzag, can be told from the others.
EXPECTED_UP_TO = 120

ORDERS = {"all": "All orders", "loyalty": "Loyalty orders", "non_loyalty": "Other orders"}
COLUMNS = (
    Column("period_start", "From", "date"),
    Column("period_end", "To", "date"),
    Column("net_sales", "Net sales", "money"),
    Column("gross_sales", "Gross sales", "money"),
    Column("discount_amount", "Discounts", "money"),
    Column("refund_amount", "Refunds", "money"),
    Column("orders", "Orders", "count"),
    Column("aov", "Net sales per order", "money"),
    Column("net_sales_mean_7d", "Mean of 7 days", "money"),
    Column("expected_net_sales", "Expected", "money"),
    Column("net_sales_year_ago_weekday", "364 days before", "money"),
    Column("net_sales_yoy_weekday", "Change", "share"),
    Column("open_days", "Days with sales", "count"),
    Column("open_days_year_ago_weekday", "364 days before, days", "count"),
    Column("net_sales_previous_week", "Week before", "money"),
    Column("net_sales_week_over_week", "Change on week", "share"),
    Column("open_days_previous_week", "Week before, days", "count"),
    Column("holiday_name", "Holiday"),
)


def render() -> None:
    """The page."""
    filters = Filters("trends")
    as_of = loads.state().as_of_date(MART)
    with filters.row():
        of_level, text = ("store", "category"), LEVELS.__getitem__
        level = filters.choice("level", "Show", tuple(LEVELS), "chain", text, width=150, drops=of_level)
        period = filters.choice("period", "By", tuple(PERIODS), "day", PERIODS.__getitem__, width=110)
        everything = sales.trends(level, period)  # type: ignore[arg-type]
        currency = filters.currency(everything)
        rows = everything[everything["currency"] == currency] if currency else everything
        names = _names(level, rows)
        key = _key(filters, level, rows, names)
        kind = filters.choice("loyalty", "Orders", tuple(ORDERS), "all", ORDERS.__getitem__, width=150)
        first = rows["period_start"].min().date() if not rows.empty else as_of
        days = filters.dates(first, as_of)
        filters.reset()
    filters.tell()
    shown = between(rows[rows["level_key"] == key], "period_start", days)
    if kind != "all":
        _by_loyalty(filters, kind, level, key, names, currency, days, as_of)
        return
    name = labels.isolated(names[key]) if key in names else "the chain"
    _figures(shown, _year_before(rows[rows["level_key"] == key], shown, period, as_of), currency)
    gross_to_net.show(shown, currency)
    _sales(filters, shown, period, currency, as_of, name)
    left, right = st.columns(2)
    with left:
        _orders(filters, shown, period, as_of, name, level)
    with right:
        _average(filters, shown, period, currency, as_of, name, level)
    _year_on_year(filters, shown, period, as_of, name)
    _anomalies(filters, shown, currency, as_of, name)
    if period == "day":
        _holidays(filters, shown, as_of, name)


def _names(level: str, rows: pd.DataFrame) -> Mapping[Any, str]:
    """What each store or category is called."""
    if level == "chain":
        return {}
    return sales.store_labels() if level == "store" else labels.names(rows["level_key"].unique())


def _key(filters: Filters, level: str, rows: pd.DataFrame, names: Mapping[Any, str]) -> str:
    """Which store or category; the biggest one first."""
    if level == "chain":
        return "all"
    totals = rows.groupby("level_key")["net_sales"].sum().sort_values(ascending=False)
    keys = [str(key) for key in totals.index]
    if not keys:
        return ""
    if level == "store":
        return filters.choice("store", "Store", keys, keys[0], names.__getitem__)
    return filters.choice("category", "Category", keys, keys[0], names.__getitem__)


def _year_before(rows: pd.DataFrame, shown: pd.DataFrame, period: str, as_of: date) -> Comparison:
    """The periods shown that are over, beside those a year before them, as far as the mart compares them.

    Args:
        rows: all periods of the key; the days of the year before that have no counterpart count as not compared.
    """
    before, change = _compared_columns(period)
    if before not in shown or change not in shown:
        return Comparison(None, None, Coverage(0, 0, f"{period}s"))
    over = shown[shown["period_end"] <= pd.Timestamp(as_of)]
    paired = over.dropna(subset=[change])
    alone = 0
    if period == "day" and len(over):
        days, year = over["period_start"], timedelta(days=364)
        then = rows.loc[rows["period_start"].between(days.min() - year, days.max() - year), "period_start"]
        alone = int((~(then + year).isin(days)).sum())
    coverage = Coverage(len(paired), len(over) + alone, f"{period}s")
    return Comparison(total(paired["net_sales"]), total(paired[before]), coverage)


def _compared_columns(period: str) -> tuple[str, str]:
    """The mart's columns of a year before, net sales and change: by weekday, for months by the calendar."""
    how = "calendar" if period == "month" else "weekday"
    return f"net_sales_year_ago_{how}", f"net_sales_yoy_{how}"


def _columns(columns: Sequence[Column], period: str) -> tuple[Column, ...]:
    """The columns of a table; of single days it says nothing how many have sales."""
    return tuple(column for column in columns if period != "day" or not column.name.startswith("open_days"))


def _figures(rows: pd.DataFrame, year_before: Comparison, currency: str) -> None:
    net, orders = total(rows["net_sales"]), total(rows["orders"])
    figures(
        (
            (
                "Net sales",
                formats.money(net, currency),
                "Less discounts and refunds, in the period chosen; guests in.",
            ),
            ("Orders", formats.count(orders), "Orders, guests in. For a category: orders that hold it."),
            ("Net sales per order", formats.money(ratio(net, orders), currency), "Net sales / orders."),
            compared(
                "Against a year before",
                year_before,
                "Same weekdays, 364 days before; months by the calendar. Of what can be compared in both years; "
                f"withheld where that is under {least_share()}.",
            ),
        )
    )


def _lines(rows: pd.DataFrame, period: str, currency: str) -> list[Series]:
    """Net sales with what they are to be compared with, as far as this version of the mart has it."""
    x = rows["period_start"]
    series = [Series("Net sales", x, rows["net_sales"], width=1.2 if period == "day" else 2.2)]
    if period == "day" and "net_sales_mean_7d" in rows:
        mean = rows["net_sales_mean_7d"]
        series.append(Series("Mean of 7 days", x, mean, colour=charts.ORANGE, dash="solid", width=2.6))
    if "expected_net_sales" in rows and (period != "day" or len(rows) <= EXPECTED_UP_TO):
        series.append(Series("Expected", x, rows["expected_net_sales"], colour=charts.TEAL, dash="dash"))
    if "is_anomaly" in rows:
        odd = rows[rows["is_anomaly"].fillna(False).astype(bool)]
        series.append(Series("Out of the ordinary", odd["period_start"], odd["net_sales"], "points", charts.PURPLE))
    holidays = rows[rows["holiday_name"].notna()] if period == "day" and "holiday_name" in rows else rows[:0]
    if len(holidays):
        named = zip(holidays["holiday_name"], holidays["net_sales"], strict=True)
        hover = [f"{charts.text(name)}: {formats.money(value, currency)}" for name, value in named]
        marks = Series("Holiday", holidays["period_start"], holidays["net_sales"], "points", charts.GOLD, hover=hover)
        series.append(marks)
    return series


def _sales(filters: Filters, rows: pd.DataFrame, period: str, currency: str, as_of: date, name: str) -> None:
    show(
        Card(
            key="net-sales",
            title=f"Net sales of {name} by {period}",
            unit=f"{currency} a {period}",
            denominator="guests in; a day without sales has no point",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=_columns(COLUMNS, period),
            needs=("net_sales",),
            currency=currency,
            figure=lambda: charts.over_time(_lines(rows, period, currency), "money", currency, height=380),
            filters=filters.active,
        )
    )


def _orders(filters: Filters, rows: pd.DataFrame, period: str, as_of: date, name: str, level: str) -> None:
    show(
        Card(
            key="orders",
            title=f"Orders of {name} by {period}",
            unit=f"orders a {period}",
            denominator="guests in" + ("; orders that hold the category" if level == "category" else ""),
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=tuple(column for column in COLUMNS if column.name in ("period_start", "period_end", "orders")),
            figure=lambda: charts.over_time([Series("Orders", rows["period_start"], rows["orders"])], "count"),
            filters=filters.active,
        )
    )


def _average(
    filters: Filters, rows: pd.DataFrame, period: str, currency: str, as_of: date, name: str, level: str
) -> None:
    wanted = ("period_start", "period_end", "net_sales", "orders", "aov")
    show(
        Card(
            key="aov",
            title=f"Net sales per order of {name} by {period}",
            unit=f"{currency} an order",
            denominator="guests in" + ("; the category's part of orders that hold it" if level == "category" else ""),
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=tuple(column for column in COLUMNS if column.name in wanted),
            currency=currency,
            figure=lambda: charts.over_time(
                [Series("Net sales per order", rows["period_start"], rows["aov"], colour=charts.TEAL)],
                "money",
                currency,
            ),
            filters=filters.active,
        )
    )


def _year_on_year(filters: Filters, rows: pd.DataFrame, period: str, as_of: date, name: str) -> None:
    before, column = _compared_columns(period)
    against = "the same month" if period == "month" else "364 days before, the same weekdays"
    days_before = before.replace("net_sales", "open_days")
    paired = rows.dropna(subset=[column]) if column in rows else rows
    show(
        Card(
            key="year-on-year",
            title=f"Net sales of {name} against a year before",
            unit=f"change in % against {against}",
            denominator=f"guests in; periods that were whole in both years, with {least_share()} of the days in both",
            source=MART,
            as_of=as_of,
            rows=paired,
            columns=_columns(
                (
                    Column("period_start", "From", "date"),
                    Column("net_sales", "Net sales", "money"),
                    Column(before, "A year before", "money"),
                    Column(column, "Change", "share"),
                    Column("open_days", "Days with sales", "count"),
                    Column(days_before, "A year before, days", "count"),
                ),
                period,
            ),
            needs=(column,),
            figure=lambda: charts.over_time(
                [Series("Change on the year", paired["period_start"], paired[column], "bars")], "share", height=260
            ),
            filters=filters.active,
            empty="No period here has a whole counterpart a year before, with sales on as many days.",
        )
    )


def _anomalies(filters: Filters, rows: pd.DataFrame, currency: str, as_of: date, name: str) -> None:
    needed = ("is_anomaly", "expected_net_sales", "anomaly_status")
    title = f"Out of the ordinary at {name}"
    if all(column in rows for column in needed) and len(rows) and (rows["anomaly_status"] == "not_judged").all():
        with st.container(border=True):
            st.markdown(f"### {formats.plain(title)}")
            states.not_judged("Days of the chain and weeks of a store have enough orders to judge: choose one of them.")
        return
    odd = rows[rows["is_anomaly"].fillna(False).astype(bool)] if "is_anomaly" in rows else rows
    show(
        Card(
            key="anomalies",
            title=title,
            unit="orders beside the mean of the last eight same weekdays; |z| of 3 or more",
            denominator="guests in",
            source=MART,
            as_of=as_of,
            rows=odd.sort_values("period_start", ascending=False),
            columns=(
                Column("period_start", "From", "date"),
                Column("orders", "Orders", "count"),
                Column("expected_orders", "Expected orders", "number"),
                Column("anomaly_z", "z", "number"),
                Column("net_sales", "Net sales", "money"),
                Column("expected_net_sales", "Expected net sales", "money"),
                Column("holiday_name", "Holiday"),
            ),
            needs=needed,
            currency=currency,
            filters=filters.active,
            empty="Nothing was out of the ordinary in this period.",
        )
    )


def _holidays(filters: Filters, rows: pd.DataFrame, as_of: date, name: str) -> None:
    """The latest estimate of each holiday's effect."""
    needed = ("holiday_name", "holiday_effect", "holiday_effect_low", "holiday_effect_high", "holiday_effect_days")
    known = rows.dropna(subset=["holiday_effect"]) if "holiday_effect" in rows else rows
    if "holiday_name" in known:
        known = known.drop_duplicates("holiday_name", keep="last").sort_values("holiday_effect", ascending=False)
    show(
        Card(
            key="holidays",
            title=f"What holidays change at {name}",
            unit="net sales against the expected in %, mean of the holiday's days so far, 95 % interval",
            denominator="guests in; the table says how many days each is of",
            source=MART,
            as_of=as_of,
            rows=known,
            columns=(
                Column("holiday_name", "Holiday"),
                Column("holiday_effect", "Effect", "share"),
                Column("holiday_effect_low", "Low", "share"),
                Column("holiday_effect_high", "High", "share"),
                Column("holiday_effect_days", "Days", "count"),
                Column("period_start", "Latest day", "date"),
            ),
            needs=needed,
            figure=lambda: charts.intervals(
                known["holiday_name"].tolist(),
                [("Effect", known["holiday_effect"], known["holiday_effect_low"], known["holiday_effect_high"])],
                "share",
                reference=(0.0, "as expected"),
            ),
            filters=filters.active,
            empty="No holiday of this period can be compared.",
        )
    )


def _by_loyalty(
    filters: Filters,
    kind: str,
    level: str,
    key: str,
    names: Mapping[Any, str],
    currency: str,
    days: tuple[date, date],
    as_of: date,
) -> None:
    """Loyalty orders, or the others: the mart of trends does not split them, the daily view of stores does."""
    if level == "category":
        states.not_supported("Loyalty is counted per order, not per category. Choose the chain or a store.")
        return
    daily = sales.daily_sales_by_store()
    daily = daily[(daily["currency"] == currency) & ((daily["restaurant_id"] == key) | (level == "chain"))]
    daily = between(daily, "order_date", days)
    net, orders = f"{kind}_net_sales", f"{kind}_orders"
    rows = daily.groupby("order_date", as_index=False)[[net, orders, "net_sales", "orders"]].sum(min_count=1)
    rows["net_sales_share"] = ratios(rows[net], rows["net_sales"])
    name = "the chain" if level == "chain" else labels.isolated(names[key])
    label = ORDERS[kind]
    columns = (
        Column("order_date", "Day", "date"),
        Column(net, f"{label}: net sales", "money"),
        Column(orders, f"{label}", "count"),
        Column("net_sales", "All net sales", "money"),
        Column("net_sales_share", "Part of all", "share"),
    )
    show(
        Card(
            key="net-sales-loyalty",
            title=f"Net sales of {name}: {label.lower()} by day",
            unit=f"{currency} a day",
            denominator="loyalty is of the order; guests are among the other orders",
            source="v_daily_sales_by_store",
            as_of=as_of,
            rows=rows,
            columns=columns,
            currency=currency,
            figure=lambda: charts.over_time([Series(label, rows["order_date"], rows[net])], "money", currency),
            filters=filters.active,
        )
    )
    show(
        Card(
            key="loyalty-share",
            title=f"{label} as a part of {name}'s net sales",
            unit="% of net sales a day",
            denominator="guests in",
            source="v_daily_sales_by_store",
            as_of=as_of,
            rows=rows,
            columns=columns,
            currency=currency,
            figure=lambda: charts.over_time(
                [Series("Part of net sales", rows["order_date"], rows["net_sales_share"])], "share"
            ),
            filters=filters.active,
        )
    )


render()
