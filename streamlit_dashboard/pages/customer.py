"""What has this customer ordered, day by day?"""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from biz_insights import labels
from streamlit_dashboard import access, card, charts, formats, pseudonyms, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column
from streamlit_dashboard.totals import ratio, total
from streamlit_dashboard.warehouse import customers, loads

TITLE = "Customer"
ICON = ":material/person:"
SECTION = "Customers"
ORDER = 90
LISTED = False
ROLE = "customers"

VIEW = "v_customer_ltv_history"
ABOUT = (
    (customers.SEGMENTS, "segment", "Segment", "text"),
    (customers.SEGMENTS, "rfm_code", "RFM", "text"),
    (customers.SEGMENTS, "favourite_item_category", "Favourite category", "text"),
    (customers.SEGMENTS, "favourite_daypart", "Favourite daypart", "text"),
    (customers.CHURN, "churn_status", "Churn status", "text"),
    (customers.CHURN, "days_since_last_order", "Days since the last order", "count"),
    (customers.CHURN, "mean_gap_days", "Mean days between orders", "number"),
    (customers.VALUE, "refund_amount", "Refunds", "money"),
    (customers.VALUE, "p_alive", "Chance of still being a customer", "share"),
    (customers.VALUE, "p_order_90", "Chance of an order in 90 days", "share"),
    (customers.VALUE, "expected_value_365", "Expected in 365 days", "money"),
    (customers.VALUE, "net_sales_rank", "Rank by net sales", "count"),
)


def render() -> None:
    """Draw the page."""
    if not access.viewer().sees_customers:
        st.error("Only members of the customer groups may see single customers.", icon=":material/lock:")
        return
    given = st.query_params.get("customer", "")
    found = pseudonyms.customer(given) if given else None
    if found is None:
        reason = "This server does not know the customer of the link." if given else "No customer is chosen."
        st.info(
            f"**{reason}** Open a customer from the lists of Customer lifetime value, Segments or Churn.",
            icon=":material/person_search:",
        )
        return
    history = customers.order_history(*found)
    filters = Filters("customer", subject=("customer",))
    with filters.row():
        currency = filters.currency(history)
        filters.reset()
    filters.tell()
    rows = history[history["currency"] == currency]
    if rows.empty:
        states.no_data("This customer has no orders in what is published.", "")
        return
    channel, user = (formats.plain(labels.isolated(labels.clean(part))) for part in found)
    st.markdown(f"**{user}** in {channel}")
    _figures(rows, currency)
    _about(found, currency)
    _history(rows, currency, pseudonyms.pseudonym(*found).split()[-1])


def _figures(rows: pd.DataFrame, currency: str) -> None:
    net, orders = total(rows["net_sales"]), total(rows["orders"])
    card.figures(
        (
            ("Net sales to date", formats.money(net, currency), "Revenue, not margin."),
            ("Orders", formats.count(orders), "To date."),
            ("Net sales per order", formats.money(ratio(net, orders), currency), "To date."),
            ("First order", formats.day(rows["order_date"].min()), "First day with an order."),
            ("Latest order", formats.day(rows["order_date"].max()), "Latest day with an order."),
        )
    )


def _about(found: tuple[str, str], currency: str) -> None:
    """Write what the marts say about the customer, in one line."""
    said = []
    by_mart = {}
    for mart, name, label, kind in ABOUT:
        if mart not in by_mart:
            by_mart[mart] = customers.one_customer(mart, *found)
        row = by_mart[mart]
        row = row[row["currency"] == currency]
        if name in row.columns and len(row) and not formats.missing(row[name].iloc[0]):
            said.append(f"{label} **{formats.plain(_written(row[name].iloc[0], kind, currency))}**")
    st.markdown(" · ".join(said))


def _written(value: object, kind: str, currency: str) -> str:
    if kind == "money":
        return formats.money(value, currency)
    write = {"count": formats.count, "share": formats.share, "number": formats.number}.get(kind)
    return str(value) if write is None else write(value)


def _history(rows: pd.DataFrame, currency: str, pseudonym: str) -> None:
    as_of = loads.state().as_of
    columns = (
        Column("order_date", "Day", "date"),
        Column("orders", "Orders", "count"),
        Column("net_sales", "Net sales", "money"),
        Column("days_since_previous_order", "Days since the one before", "count"),
        Column("running_orders", "Orders so far", "count"),
        Column("running_net_sales", "Net sales so far", "money"),
    )
    steps = Series("Net sales so far", rows["order_date"], rows["running_net_sales"])
    days = Series("Net sales of the day", rows["order_date"], rows["net_sales"], "bars", charts.TEAL)
    for key, title, series in (
        ("running", "Lifetime value, day by day", steps),
        ("days", "Net sales by day with an order", days),
    ):
        show(
            Card(
                key=key,
                title=title,
                unit=currency,
                denominator="this customer",
                source=VIEW,
                as_of=as_of,
                rows=rows,
                columns=columns,
                currency=currency,
                figure=partial(charts.over_time, [series], "money", currency, 280),
                filters={"customer": pseudonym},
            )
        )
    show(
        Card(
            key="history",
            title="Days with an order",
            unit=currency,
            denominator="this customer",
            source=VIEW,
            as_of=as_of,
            rows=rows.sort_values("order_date", ascending=False),
            columns=columns,
            currency=currency,
            filters={"customer": pseudonym},
        )
    )


render()
