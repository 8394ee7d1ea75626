"""Does the loyalty programme work, and how sure are we?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from streamlit_dashboard import card, charts, formats, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters, between
from streamlit_dashboard.formats import Column
from streamlit_dashboard.warehouse import loads, sales

TITLE = "Loyalty impact"
ICON = ":material/loyalty:"
SECTION = "Customers"
ORDER = 40

MART = "mart_loyalty_impact"
METRICS: dict[str, tuple[str, formats.Kind]] = {
    "aov": ("Net sales per order", "money"),
    "net_sales": ("Net sales", "money"),
    "orders": ("Orders", "count"),
    "customers": ("Customers", "count"),
    "orders_per_customer": ("Orders per customer", "number"),
    "active_days_per_customer": ("Days with an order per customer", "number"),
    "net_sales_per_customer": ("Net sales per customer", "money"),
    "repeat_rate": ("Came back in the period", "share"),
    "retention": ("Came back the next period", "share"),
}


def render() -> None:
    """Draw the page."""
    filters = Filters("loyalty")
    as_of = loads.state().as_of_date(MART)
    everything = sales.loyalty()
    with filters.row():
        currency = filters.currency(everything, by="non_loyal_denominator")
        rows = everything[everything["currency"] == currency]
        metrics = [name for name in METRICS if name in set(rows["metric"])]
        metrics += sorted(set(rows["metric"]) - set(metrics))
        if not metrics:
            states.no_data("No order has been counted yet.", "")
            return
        metric = filters.choice("metric", "Metric", metrics, metrics[0], _label)
        months = rows[rows["period_type"] == "month"].sort_values("period_start")
        first = months["period_start"].min().date() if not months.empty else as_of
        days = filters.dates(first, as_of, "24m")
        filters.reset()
    filters.tell()
    totals = rows[rows["period_type"] == "all"]
    if not (totals["loyal_value"].fillna(0) != 0).any():
        states.not_supported("No order has a loyalty card, so there is nobody to compare.")
        return
    _figures(totals, currency)
    _effect(filters, totals, as_of)
    shown = between(months[months["metric"] == metric], "period_start", days)
    _compared(filters, shown, metric, currency, as_of)
    _share(filters, between(months, "period_start", days), as_of)


def _label(metric: str) -> str:
    return METRICS[metric][0] if metric in METRICS else metric.replace("_", " ").capitalize()


def _written(value: Any, metric: str, currency: str) -> str:
    kind = METRICS.get(metric, ("", "number"))[1]
    if kind == "money":
        return formats.money(value, currency)
    return {"share": formats.share, "count": formats.count}.get(kind, formats.number)(value)


def _figures(totals: pd.DataFrame, currency: str) -> None:
    by_metric = totals.drop_duplicates("metric").set_index("metric")
    cells = []
    for metric in ("net_sales", "orders", "customers"):
        if metric in by_metric.index:
            part = by_metric.loc[metric, "loyal_share"]
            cells.append(
                (f"Loyal {metric.replace('_', ' ')}", formats.share(part), "Part of all, since the beginning.")
            )
    for metric in ("aov", "orders_per_customer"):
        if metric in by_metric.index:
            loyal, other = by_metric.loc[metric, ["loyal_value", "non_loyal_value"]]
            text = f"{_written(loyal, metric, currency)} | {_written(other, metric, currency)}"
            note = "Loyal | others, since the beginning: a plain comparison, not an effect of the programme."
            cells.append((_label(metric), text, note))
    card.figures(cells)


def _effect(filters: Filters, totals: pd.DataFrame, as_of: date) -> None:
    """Draw the adjusted effect with its interval beside the check, or say why there is none."""
    title = "What joining the programme changes, compared with customers who have not joined yet"
    needed = ["effect_ratio", "effect_lower", "effect_upper", "placebo_ratio", "effect_status"]
    if any(name not in totals for name in needed):
        card.absent(title, MART, needed)
        return
    rows = totals[totals["effect_status"].notna()].copy()
    rows["label"] = [_label(metric) for metric in rows["metric"]]
    for name in ("effect_ratio", "effect_lower", "effect_upper", "placebo_ratio", "placebo_lower", "placebo_upper"):
        rows[f"{name}_change"] = rows[name] - 1
    for status in rows["effect_status"].unique():
        states.status(status)
    drawn = rows.dropna(subset=["placebo_ratio"])
    series = [
        (
            f"{label}, 95 % interval",
            drawn[f"{kind}_ratio_change"],
            drawn[f"{kind}_lower_change"],
            drawn[f"{kind}_upper_change"],
        )
        for kind, label in (("effect", "Effect"), ("placebo", "Check: 90 days earlier, nobody had joined"))
    ]
    show(
        Card(
            key="effect",
            title=title,
            unit="change in % in the 90 days after the first loyalty order",
            denominator="guests out; compared with order days of customers who are not loyal yet",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("label", "Metric"),
                Column("effect_ratio_change", "Effect", "share"),
                Column("effect_lower_change", "Low", "share"),
                Column("effect_upper_change", "High", "share"),
                Column(
                    "placebo_ratio_change",
                    "Check",
                    "share",
                    "The same comparison 90 days earlier (placebo): it must find nothing",
                ),
                Column("placebo_lower_change", "Check, low", "share"),
                Column("placebo_upper_change", "Check, high", "share"),
                Column("treated_customers", "Customers who joined", "count"),
                Column("control_customer_days", "Days to compare with", "count"),
                Column("effect_status", "Status"),
            ),
            figure=None
            if drawn.empty
            else lambda: charts.intervals(drawn["label"].tolist(), series, "share", reference=(0.0, "no change")),
            filters=filters.active,
            note="If the check finds a change, the customers changed before they joined. Then no effect is given.",
            empty="No effect was estimated for this as-of date.",
        )
    )


def _compared(filters: Filters, rows: pd.DataFrame, metric: str, currency: str, as_of: date) -> None:
    kind = METRICS.get(metric, ("", "number"))[1]
    columns = (
        Column("period_start", "Month from", "date"),
        Column("loyal_value", "Loyal", kind),
        Column("non_loyal_value", "Others", kind),
        Column("naive_difference", "Difference", kind),
        Column("naive_ratio", "Ratio", "number"),
        Column("loyal_denominator", "Loyal, of", "count"),
        Column("non_loyal_denominator", "Others, of", "count"),
    )
    lines = [
        Series("Loyal", rows["period_start"], rows["loyal_value"]),
        Series("Others", rows["period_start"], rows["non_loyal_value"]),
    ]
    denominator = rows["denominator"].iloc[0] if "denominator" in rows and len(rows) else "guests in"
    show(
        Card(
            key=f"compared-{metric}",
            title=f"{_label(metric)}: loyal beside others, by month",
            unit=currency if kind == "money" else {"share": "%", "count": "count"}.get(kind, "mean"),
            denominator=str(denominator),
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=columns,
            currency=currency,
            figure=lambda: charts.over_time(lines, kind, currency),
            filters=filters.active,
            note="A plain comparison. Customers who join order more anyway: this is not what the programme causes.",
        )
    )


def _share(filters: Filters, months: pd.DataFrame, as_of: date) -> None:
    rows = months[months["metric"].isin(["net_sales", "orders", "customers"])]
    grid = rows.pivot_table(index="period_start", columns="metric", values="loyal_share").reset_index()
    lines = [
        Series(_label(metric), grid["period_start"], grid[metric])
        for metric in ("net_sales", "orders", "customers")
        if metric in grid
    ]
    show(
        Card(
            key="share",
            title="Loyalty part of net sales, orders and customers, by month",
            unit="% of the month",
            denominator="net sales and orders: guests in; customers: guests out",
            source=MART,
            as_of=as_of,
            rows=grid,
            columns=(
                Column("period_start", "Month from", "date"),
                *(
                    Column(line_metric, _label(line_metric), "share")
                    for line_metric in ("net_sales", "orders", "customers")
                ),
            ),
            figure=lambda: charts.over_time(lines, "share"),
            filters={name: value for name, value in filters.active.items() if name != "metric"},
        )
    )


render()
