"""What has each customer been worth, and what are they expected to bring?"""

from __future__ import annotations

from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from streamlit_dashboard import charts, customer_list, formats, states
from streamlit_dashboard.card import Card, Figure, figures, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column
from streamlit_dashboard.sections import past_dates
from streamlit_dashboard.totals import ratio, ratios, shares, total
from streamlit_dashboard.warehouse import customers, loads

TITLE = "Customer lifetime value"
ICON = ":material/diamond:"
SECTION = "Customers"
ORDER = 10

MART = "mart_customer_lifetime_value"
LISTED_COLUMNS = (
    Column("net_sales", "Net sales to date", "money"),
    Column("refund_amount", "Refunds to date", "money"),
    Column("orders", "Orders", "count"),
    Column("aov", "Per order", "money"),
    Column("expected_value_365", "Expected in 365 days", "money"),
    Column("value_365_p10", "At least", "money", "Of ten such customers, nine brought more than this in a past year"),
    Column("value_365_p90", "At most", "money", "Of ten such customers, nine brought less than this in a past year"),
    Column("p_order_90", "Chance of an order in 90 days", "share"),
    Column("p_alive", "Chance of still being a customer", "share"),
    Column("ltv_decile", "Tenth", "count", "10: among the tenth with the highest expected value"),
    Column("first_order_date", "First order", "date"),
    Column("last_order_date", "Latest order", "date"),
    Column("net_sales_last_365d", "Last 365 days", "money"),
)
SORTS = {
    "net_sales": "Net sales to date",
    "expected_value_365": "Expected in 365 days",
    "net_sales_last_365d": "Net sales in 365 days",
    "orders": "Orders",
}


def render() -> None:
    """Draw the page."""
    filters = Filters("value")
    as_of = loads.state().as_of_date(MART)
    summary = customers.value_summary()
    with filters.row():
        currency = filters.currency(summary)
        sorts = tuple(loads.present(MART, SORTS))
        order = filters.choice("sort", "List customers by", sorts, "net_sales", SORTS.__getitem__)
        filters.reset()
    filters.tell()
    if summary.empty:
        states.no_data("No customer has ordered yet: all orders are guests'.", "")
        return
    row = summary[summary["currency"] == currency].iloc[0]
    _figures(row, currency)
    _expectation(filters, row, currency, as_of)
    left, right = st.columns(2)
    with left:
        _bands(filters, currency, as_of)
    with right:
        _concentration(filters, currency, as_of)
    _cohorts(filters, currency, as_of)
    customer_list.show(
        customer_list.Listing(
            key="customers",
            title=f"Customers by {SORTS[order].lower()}",
            mart=MART,
            columns=LISTED_COLUMNS,
            order=order,
            where={"currency": currency},
            currency=currency,
            total=int(row["customers"]),
            filters=filters.active,
        )
    )


def _figures(row: pd.Series, currency: str) -> None:
    people, net = row["customers"], row["net_sales"]
    returning = ratio(row["returning_customers"], people)
    cells: tuple[Figure | tuple[str, str, str], ...] = (
        ("Customers", formats.count(people), "Everyone with an account who ever ordered; guests are not counted."),
        ("Net sales to date", formats.money(net, currency), "Their net sales: revenue, not profit; guests out."),
        ("Per customer", formats.money(ratio(net, people), currency), "Net sales to date / customers."),
        ("Came back", formats.share(returning), "Part of the customers who ordered on two days or more."),
        (
            "Ordered in 90 days",
            formats.count(row["customers_last_90d"]),
            "Customers with an order in the 90 days that end with the as-of date.",
        ),
    )
    expected = row.get("expected_value_365")
    if "expected_value_365" in row.index:
        note = "Expected net sales of the next 365 days, of the customers with a forecast; see below how reliable."
        forecast = f"of {formats.count(row['customers_with_expected_value_365'])} customers"
        cells += (Figure("Expected in 365 days", formats.money(expected, currency), note, forecast),)
    figures(cells)


def _expectation(filters: Filters, row: pd.Series, currency: str, as_of: date) -> None:
    """Draw what the model expects of all customers, by tenth; or say why it expects nothing."""
    deciles = customers.value_deciles()
    deciles = deciles[deciles["currency"] == currency]
    states.model(row.get("model_reason"))
    if "value_status" in row.index and not states.status(row["value_status"], row.get("value_reason")):
        return
    backtested = row.get("value_interval_status") == "backtested"
    unit = f"{currency} a customer" + (
        "; the thin line: 80 % of such customers were in this range on past dates" if backtested else ""
    )
    show(
        Card(
            key="expected-by-decile",
            title="Expected value in the next 365 days, by tenths of the customers",
            unit=unit,
            denominator="guests out; revenue, not profit; tenth 10 is the most valuable",
            source=MART,
            as_of=as_of,
            rows=deciles,
            columns=(
                Column("ltv_decile", "Tenth", "count"),
                Column("customers", "Customers", "count"),
                Column("expected_value_365", "Expected, mean", "money"),
                Column(
                    "value_365_p10",
                    "At least, mean",
                    "money",
                    "Of ten such customers, nine brought more in a past year",
                ),
                Column(
                    "value_365_p90", "At most, mean", "money", "Of ten such customers, nine brought less in a past year"
                ),
                Column("expected_value_365_all", "Expected, all", "money"),
                Column("p_alive", "Still customers", "share"),
                Column("p_order_365", "Order within the year", "share"),
                Column("net_sales", "Net sales to date", "money"),
            ),
            needs=("ltv_decile", "expected_value_365"),
            currency=currency,
            figure=lambda: charts.bars(
                [f"Tenth {decile}" for decile in deciles["ltv_decile"]],
                deciles["expected_value_365"],
                "money",
                currency,
                low=deciles["value_365_p10"] if backtested else None,
                high=deciles["value_365_p90"] if backtested else None,
                texts=[formats.short_money(value, currency) for value in deciles["expected_value_365"]],
            ),
            filters=filters.active,
            empty="The model gives no forecast for any customer of this as-of date.",
        )
    )
    past_dates.forecast_tests(filters, currency)


def _bands(filters: Filters, currency: str, as_of: date) -> None:
    rows = customers.value_bands()
    rows = rows[rows["currency"] == currency].copy()
    labels = formats.bands([formats.money(edge, currency, 0) for edge in customers.VALUE_BANDS])
    rows["band_label"] = [labels[band] for band in rows["band"]]
    rows["customer_share"] = shares(rows["customers"])
    rows["net_sales_share"] = shares(rows["net_sales"])
    show(
        Card(
            key="value-bands",
            title="How much customers have spent so far",
            unit="customers by band of net sales to date",
            denominator="guests out",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("band_label", "Net sales to date"),
                Column("customers", "Customers", "count"),
                Column("customer_share", "Part of customers", "share"),
                Column("net_sales", "Net sales", "money"),
                Column("net_sales_share", "Part of net sales", "share"),
            ),
            currency=currency,
            figure=lambda: charts.bars(
                rows["band_label"].tolist(),
                rows["customers"],
                "count",
                texts=[formats.count(value) for value in rows["customers"]],
                height=charts.HEIGHT,
            ),
            filters=filters.active,
        )
    )


def _concentration(filters: Filters, currency: str, as_of: date) -> None:
    rows = customers.value_concentration()
    rows = rows[rows["currency"] == currency].copy()
    rows["customers_part"] = shares(rows["customers"].cumsum(), total(rows["customers"]))
    rows["net_sales_part"] = shares(rows["net_sales"].cumsum(), total(rows["net_sales"]))
    top = rows[rows["customers_part"] <= 0.105].tail(1)
    note = (
        f"The most valuable {formats.share(top['customers_part'].iloc[0], 0)} of the customers brought "
        f"{formats.share(top['net_sales_part'].iloc[0], 0)} of the net sales."
        if len(top) and not formats.missing(top["net_sales_part"].iloc[0])
        else ""
    )

    def figure() -> charts.go.Figure:
        line = Series("Net sales", [0.0, *rows["customers_part"]], [0.0, *rows["net_sales_part"]])
        even = Series("If all spent the same", [0, 1], [0, 1], colour=charts.GREY, dash="dot", width=1.5)
        drawn = charts.over_time([line, even], "share")
        drawn.update_xaxes(tickformat=",.0%", title="part of the customers, most valuable first")
        return drawn

    show(
        Card(
            key="concentration",
            title="How far sales depend on the best customers",
            unit="% of net sales to date by % of customers",
            denominator="guests out",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("hundredth", "Hundredth", "count"),
                Column("customers", "Customers", "count"),
                Column("net_sales", "Net sales", "money"),
                Column("customers_part", "Customers so far", "share"),
                Column("net_sales_part", "Net sales so far", "share"),
            ),
            currency=currency,
            figure=figure,
            filters=filters.active,
            note=note,
        )
    )


def _cohorts(filters: Filters, currency: str, as_of: date) -> None:
    rows = customers.value_cohorts()
    rows = rows[rows["currency"] == currency].copy()
    rows["quarter"] = [f"{start.year} Q{(start.month + 2) // 3}" for start in rows["cohort"]]
    rows["net_sales_per_customer"] = ratios(rows["net_sales"], rows["customers"])
    rows["returning_share"] = ratios(rows["returning_customers"], rows["customers"])
    rows["active_share"] = ratios(rows["customers_last_90d"], rows["customers"])
    columns = (
        Column("quarter", "First order in"),
        Column("customers", "Customers", "count"),
        Column("net_sales_per_customer", "Net sales each", "money"),
        Column("returning_share", "Came back", "share"),
        Column("active_share", "Ordered in last 90 days", "share"),
    )
    drawn = (
        ("cohort-value", "Worth so far, by quarter of the first order", f"{currency} a customer", columns[2]),
        ("cohort-active", "Still ordering, by quarter of the first order", "% who ordered in 90 days", columns[4]),
    )
    for place, (key, title, unit, column) in zip(st.columns(2), drawn, strict=True):
        bars = Series("Customers of the quarter", rows["quarter"], rows[column.name], "bars")
        with place:
            show(
                Card(
                    key=key,
                    title=title,
                    unit=unit,
                    denominator="guests out; younger quarters have had less time",
                    source=MART,
                    as_of=as_of,
                    rows=rows,
                    columns=columns,
                    currency=currency,
                    figure=partial(charts.over_time, [bars], column.kind, currency, 280),
                    filters=filters.active,
                )
            )


render()
