"""Cards of the page Sales trends for loyalty orders, or the other orders, alone.

The mart of trends does not split orders by loyalty; the daily view of stores does.
"""

from __future__ import annotations

import pandas as pd

from streamlit_dashboard import charts, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.formats import Column
from streamlit_dashboard.sections.trend_charts import Trend
from streamlit_dashboard.totals import ratios

KINDS = {"all": "All orders", "loyalty": "Loyalty orders", "non_loyalty": "Other orders"}
VIEW = "v_daily_sales_by_store"


def show_kind(trend: Trend, kind: str) -> None:
    """Draw net sales of one kind of orders by day, and their part of all net sales.

    Args:
        trend: its rows are those of the view: one for each store and day.
        kind: `loyalty` or `non_loyalty`.
    """
    if trend.level == "category":
        states.not_supported("Loyalty is counted per order, not per category. Choose the chain or a store.")
        return
    net, orders, label = f"{kind}_net_sales", f"{kind}_orders", KINDS[kind]
    rows = trend.rows.groupby("order_date", as_index=False)[[net, orders, "net_sales", "orders"]].sum(min_count=1)
    rows["net_sales_share"] = ratios(rows[net], rows["net_sales"])
    columns = (
        Column("order_date", "Day", "date"),
        Column(net, f"{label}: net sales", "money"),
        Column(orders, f"{label}", "count"),
        Column("net_sales", "All net sales", "money"),
        Column("net_sales_share", "Part of all", "share"),
    )
    _net_sales(trend, rows, net, label, columns)
    _part(trend, rows, label, columns)


def _net_sales(trend: Trend, rows: pd.DataFrame, net: str, label: str, columns: tuple[Column, ...]) -> None:
    show(
        Card(
            key="net-sales-loyalty",
            title=f"Net sales of {trend.name}: {label.lower()} by day",
            unit=f"{trend.currency} a day",
            denominator="loyalty is of the order; guests are among the other orders",
            source=VIEW,
            as_of=trend.as_of,
            rows=rows,
            columns=columns,
            currency=trend.currency,
            figure=lambda: charts.over_time([Series(label, rows["order_date"], rows[net])], "money", trend.currency),
            filters=trend.filters.active,
        )
    )


def _part(trend: Trend, rows: pd.DataFrame, label: str, columns: tuple[Column, ...]) -> None:
    show(
        Card(
            key="loyalty-share",
            title=f"{label} as a part of {trend.name}'s net sales",
            unit="% of net sales a day",
            denominator="guests in",
            source=VIEW,
            as_of=trend.as_of,
            rows=rows,
            columns=columns,
            currency=trend.currency,
            figure=lambda: charts.over_time(
                [Series("Part of net sales", rows["order_date"], rows["net_sales_share"])], "share"
            ),
            filters=trend.filters.active,
        )
    )
