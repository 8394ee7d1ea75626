"""Who is going quiet, and what is at stake?"""

from __future__ import annotations

from datetime import date

import pandas as pd

from streamlit_dashboard import charts, customer_list, formats, states
from streamlit_dashboard.card import Card, Figure, absent, figures, show
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column
from streamlit_dashboard.sections import past_dates
from streamlit_dashboard.totals import ratios, total, windows
from streamlit_dashboard.warehouse import customers, loads, sales

TITLE = "Churn"
ICON = ":material/person_alert:"
SECTION = "Customers"
ORDER = 30

MART = "mart_churn_indicators"
MOVES = {
    "began": "Began or came back",
    "more": "More orders",
    "same": "As many",
    "fewer": "Fewer orders",
    "stopped": "Stopped",
    "silent": "No orders in both",
}
RISK = "Net sales of the next 365 days that may be lost because customers may have left."
STATUSES = ("active", "new", "at_risk", "churned")
SORTS = {
    "value_at_risk": "Value at risk",
    "net_sales_previous_90d": "Net sales of the 90 days before",
    "days_since_last_order_per_mean_gap": "Time since the last order against own rhythm",
    "net_sales": "Net sales to date",
}
LISTED_COLUMNS = (
    Column("churn_status", "Status"),
    Column("value_at_risk", "Value at risk", "money"),
    Column("p_order_90", "Chance of an order in 90 days", "share"),
    Column("overdue_p", "Overdue", "share", "Chance that such a customer, if still one, would have ordered by now"),
    Column("days_since_last_order", "Days since the last order", "count"),
    Column("mean_gap_days", "Mean days between orders", "number"),
    Column(
        "days_since_last_order_per_mean_gap",
        "Days since / between",
        "number",
        "Days since the last order over mean days between orders",
    ),
    Column("orders_last_90d", "Orders 90 d", "count"),
    Column("orders_previous_90d", "90 d before", "count"),
    Column("net_sales_last_90d", "Net sales 90 d", "money"),
    Column("net_sales_previous_90d", "90 d before", "money"),
    Column("net_sales", "To date", "money"),
    Column("last_order_date", "Latest order", "date"),
)


def render() -> None:
    """Draw the page."""
    filters = Filters("churn")
    as_of = loads.state().as_of_date(MART)
    summary = customers.churn_summary()
    with filters.row():
        currency = filters.currency(summary, by="customers")
        rows = summary[summary["currency"] == currency]
        known = [name for name in STATUSES if name in set(rows["churn_status"].dropna())]
        known += sorted(set(rows["churn_status"].dropna()) - set(known))
        status = "all"
        if known:
            status = filters.choice("status", "Status", ["all", *known], "all", _status_text, width=160)
        sorts = tuple(loads.present(MART, SORTS))
        order = filters.choice("sort", "List customers by", sorts, sorts[0], SORTS.__getitem__, width=280)
        filters.reset()
    filters.tell()
    if rows.empty:
        states.no_data("No customer has ordered yet: all orders are guests'.", "")
        return
    _figures(rows, currency)
    _statuses(filters, rows, known, currency, as_of)
    _moves(filters, currency, as_of)
    _silence(filters, currency, as_of)
    past_dates.churn_tests(filters)
    shown = rows if status == "all" else rows[rows["churn_status"] == status]
    customer_list.show(
        customer_list.Listing(
            key="customers",
            title=f"Customers by {SORTS[order][0].lower()}{SORTS[order][1:]}",
            mart=MART,
            columns=LISTED_COLUMNS,
            order=order,
            where={"currency": currency} | ({} if status == "all" else {"churn_status": status}),
            currency=currency,
            total=int(shown["customers"].sum()),
            filters=filters.active,
        )
    )


def _status_text(status: str) -> str:
    return "All" if status == "all" else status.replace("_", " ").capitalize()


def _figures(rows: pd.DataFrame, currency: str) -> None:
    cells: list[Figure | tuple[str, str, str]] = [
        (
            "Ordered in 90 days",
            formats.count(total(rows["customers_last_90d"])),
            "Customers with an order in the last 90 days; guests out.",
        ),
        (
            "In the 90 before",
            formats.count(total(rows["customers_previous_90d"])),
            "Customers with an order in the 90 days before those.",
        ),
        (
            "Stopped",
            formats.count(total(rows["stopped"])),
            "Ordered in the 90 days before, but not in the last 90: a count, not a forecast.",
        ),
        (
            "Their sales before",
            formats.money(total(rows["stopped_net_sales"]), currency),
            "Net sales, in the 90 days before, of the customers who stopped.",
        ),
    ]
    if "value_at_risk" in rows:
        people = f"of {formats.count(total(rows['customers_with_value_at_risk']))} customers"
        cells.append(Figure("Value at risk", formats.money(total(rows["value_at_risk"]), currency), RISK, people))
    figures(cells)


def _statuses(filters: Filters, rows: pd.DataFrame, known: list[str], currency: str, as_of: date) -> None:
    said = rows.iloc[0]
    states.model(said.get("model_reason"))
    if "churn_threshold_status" in rows and not states.status(
        said["churn_threshold_status"], said.get("churn_threshold_reason")
    ):
        return
    if "value_status" in rows:
        states.status(said["value_status"], said.get("value_reason"))
    if not known:
        absent("Customers by churn status", MART, ["churn_status", "p_order_90", "value_at_risk"])
        return
    rows = rows.set_index("churn_status").loc[known].reset_index()
    rows["status"] = rows["churn_status"].map(_status_text)
    show(
        Card(
            key="statuses",
            title="Customers by churn status",
            unit="customers",
            denominator="guests out; the limit for churned was chosen on an earlier date",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("status", "Status"),
                Column("customers", "Customers", "count"),
                Column("expected_customers_90", "Expected to order in 90 days", "number"),
                Column("value_at_risk", "Value at risk", "money"),
                Column("net_sales", "Net sales to date", "money"),
            ),
            currency=currency,
            figure=lambda: charts.bars(
                rows["status"].tolist(),
                rows["customers"],
                "count",
                texts=[formats.count(value) for value in rows["customers"]],
            ),
            filters=filters.active,
        )
    )


def _moves(filters: Filters, currency: str, as_of: date) -> None:
    rows = customers.quarter_changes()
    rows = rows[(rows["currency"] == currency) & (rows["moved"] != "silent")].copy()
    rows = rows.set_index("moved").reindex([m for m in MOVES if m in set(rows["moved"])]).reset_index()
    rows["move"] = rows["moved"].map(MOVES)
    days = sales.selling_days()
    of = windows(days[days["currency"] == currency], "period_start", as_of, 90, 90).coverage
    rows = rows if of.enough else rows[:0]
    texts = [
        f"{formats.count(people)} · {'+' if last > before else ''}{formats.short_money(last - before, currency)}"
        for people, last, before in zip(
            rows["customers"], rows["net_sales_last_90d"], rows["net_sales_previous_90d"], strict=True
        )
    ]
    show(
        Card(
            key="quarter-moves",
            title="The last 90 days against the 90 before",
            unit=f"customers, and the change of their net sales in {currency}; {of.text}",
            denominator="guests out; customers with an order in either",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("move", "Orders"),
                Column("customers", "Customers", "count"),
                Column("net_sales_last_90d", "Net sales, last 90 days", "money"),
                Column("net_sales_previous_90d", "The 90 before", "money"),
            ),
            currency=currency,
            figure=lambda: charts.bars(rows["move"].tolist(), rows["customers"], "count", texts=texts),
            filters=filters.active,
            empty=of.withheld or "No customer ordered in these 180 days.",
        )
    )


def _silence(filters: Filters, currency: str, as_of: date) -> None:
    rows = customers.silence_bands()
    rows = rows[(rows["currency"] == currency) & (rows["band"] >= 0)].copy()
    labels = formats.bands([f"{edge:g}" for edge in customers.SILENCE_BANDS], " ×")
    rows["silence"] = [labels[band] for band in rows["band"]]
    rows["rule_share"] = ratios(rows["rule_45"], rows["customers"])
    texts = [
        f"{formats.count(n)} · {formats.share(part, 0)} by the 45-day rule"
        for n, part in zip(rows["customers"], rows["rule_share"], strict=True)
    ]
    show(
        Card(
            key="silence",
            title="Time since the last order against the customer's own rhythm",
            unit="customers by days since the latest order, as a multiple of their mean days between orders",
            denominator="guests out; customers with orders on two days or more",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("silence", "Days since / between"),
                Column("customers", "Customers", "count"),
                Column("rule_45", "Over 45 days", "count"),
                Column("rule_share", "Part of them", "share"),
                Column("net_sales", "Net sales to date", "money"),
            ),
            currency=currency,
            figure=lambda: charts.bars(rows["silence"].tolist(), rows["customers"], "count", texts=texts),
            filters=filters.active,
            note="For comparison, the fixed rule of 45 days also marks customers who are within their own rhythm.",
        )
    )


render()
