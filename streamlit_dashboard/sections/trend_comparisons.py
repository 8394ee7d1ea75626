"""Cards of the page Sales trends: against a year before, days out of the ordinary, holidays."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from biz_insights.coverage import Coverage, least_share
from streamlit_dashboard import charts, formats, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.formats import Column
from streamlit_dashboard.sections.trend_charts import MART, Trend
from streamlit_dashboard.totals import Comparison, total


def year_before(trend: Trend, everything: pd.DataFrame) -> Comparison:
    """Return the complete periods shown beside those a year before, as far as the mart compares them.

    Args:
        trend: the periods shown.
        everything: all periods of the same chain, store or category. Days of the year before that have no counterpart
            among the periods shown count as not compared.
    """
    shown, unit = trend.rows, f"{trend.period}s"
    before, change = _compared_columns(trend.period)
    if before not in shown or change not in shown:
        return Comparison(None, None, Coverage(0, 0, unit))
    over = shown[shown["period_end"] <= pd.Timestamp(trend.as_of)]
    paired = over.dropna(subset=[change])
    alone = 0
    if trend.period == "day" and len(over):
        days, year = over["period_start"], timedelta(days=364)
        then = everything.loc[everything["period_start"].between(days.min() - year, days.max() - year), "period_start"]
        alone = int((~(then + year).isin(days)).sum())
    coverage = Coverage(len(paired), len(over) + alone, unit)
    return Comparison(total(paired["net_sales"]), total(paired[before]), coverage)


def _compared_columns(period: str) -> tuple[str, str]:
    """Return the mart's columns of a year before, net sales and change: by weekday, for months by calendar."""
    how = "calendar" if period == "month" else "weekday"
    return f"net_sales_year_ago_{how}", f"net_sales_yoy_{how}"


def year_on_year(trend: Trend) -> None:
    """Draw the change of each period against a year before."""
    rows = trend.rows
    before, column = _compared_columns(trend.period)
    against = "the same month" if trend.period == "month" else "364 days before, the same weekdays"
    paired = rows.dropna(subset=[column]) if column in rows else rows
    show(
        Card(
            key="year-on-year",
            title=f"Net sales of {trend.name} against a year before",
            unit=f"change in % against {against}",
            denominator=f"guests in; periods that are complete in both years, with {least_share()} of the days in both",
            source=MART,
            as_of=trend.as_of,
            rows=paired,
            columns=trend.columns(
                (
                    Column("period_start", "From", "date"),
                    Column("net_sales", "Net sales", "money"),
                    Column(before, "A year before", "money"),
                    Column(column, "Change", "share"),
                    Column("open_days", "Days with sales", "count"),
                    Column(before.replace("net_sales", "open_days"), "A year before, days", "count"),
                )
            ),
            needs=(column,),
            figure=lambda: charts.over_time(
                [Series("Change on the year", paired["period_start"], paired[column], "bars")], "share", height=260
            ),
            filters=trend.filters.active,
            empty="No period here is complete in both years, with sales on as many days.",
        )
    )


def anomalies(trend: Trend) -> None:
    """List the periods whose orders are far from what was expected."""
    rows, needed = trend.rows, ("is_anomaly", "expected_net_sales", "anomaly_status")
    title = f"Out of the ordinary at {trend.name}"
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
            unit="orders compared with the mean of the last eight same weekdays; listed when chance alone would cause "
            "it less than three times in a thousand",
            denominator="guests in",
            source=MART,
            as_of=trend.as_of,
            rows=odd.sort_values("period_start", ascending=False),
            columns=(
                Column("period_start", "From", "date"),
                Column("orders", "Orders", "count"),
                Column("expected_orders", "Expected orders", "number"),
                Column("anomaly_z", "Distance", "number", "In standard deviations (z); listed from 3 or −3 on"),
                Column("net_sales", "Net sales", "money"),
                Column("expected_net_sales", "Expected net sales", "money"),
                Column("holiday_name", "Holiday"),
            ),
            needs=needed,
            currency=trend.currency,
            filters=trend.filters.active,
            empty="Nothing was out of the ordinary in this period.",
        )
    )


def holidays(trend: Trend) -> None:
    """Draw the latest estimate of each holiday's effect."""
    rows = trend.rows
    needed = ("holiday_name", "holiday_effect", "holiday_effect_low", "holiday_effect_high", "holiday_effect_days")
    known = rows.dropna(subset=["holiday_effect"]) if "holiday_effect" in rows else rows
    if "holiday_name" in known:
        known = known.drop_duplicates("holiday_name", keep="last").sort_values("holiday_effect", ascending=False)
    show(
        Card(
            key="holidays",
            title=f"What holidays change at {trend.name}",
            unit="net sales against what was expected in %, mean of the holiday's days so far; the line shows how far "
            "chance may move it (95 % interval)",
            denominator="guests in; the table says on how many days each figure rests",
            source=MART,
            as_of=trend.as_of,
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
            filters=trend.filters.active,
            empty="No holiday of this period can be compared.",
        )
    )
