"""Which kinds of customers are there, how do they behave, and how do they move?"""

from __future__ import annotations

from datetime import date

import pandas as pd

from biz_insights import labels
from streamlit_dashboard import charts, customer_list, formats, navigation, states
from streamlit_dashboard.card import Card, absent, figures, show
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column
from streamlit_dashboard.totals import mean, ratio, ratios, shares, total
from streamlit_dashboard.warehouse import customers, loads

TITLE = "Segments and behaviour"
ICON = ":material/groups:"
SECTION = "Customers"
ORDER = 20

MART = "mart_customer_segments"
SEGMENTS = {
    "Champions": "ordered in 30 days, 5 orders or more, upper money scores",
    "Loyal": "ordered in 90 days, 5 orders or more",
    "Potential loyalist": "ordered in 30 days, 2 to 4 orders",
    "New": "first order in the last 14 days",
    "Promising": "one order, 15 to 30 days ago",
    "Needs attention": "2 to 4 orders, the latest 31 to 90 days ago",
    "At risk": "3 orders or more, the latest 91 to 180 days ago",
    "Hibernating": "2 orders, the latest 91 to 180 days ago",
    "Lost": "2 orders or more, none for over 180 days",
    "One-time": "one order, over 30 days ago",
}
DAYPARTS = ("morning", "midday", "afternoon", "evening", "night")
RECENCY = {5: "up to 14 days", 4: "15–30 days", 3: "31–90 days", 2: "91–180 days", 1: "over 180 days"}
FREQUENCY = {1: "1 order", 2: "2", 3: "3–4", 4: "5–9", 5: "10 or more"}
LISTED_COLUMNS = (
    Column("segment", "Segment"),
    Column("rfm_code", "RFM", "text", "Three scores from 1 to 5: how recent, how often, how much; 555 is best"),
    Column("net_sales", "Net sales", "money"),
    Column("orders", "Orders", "count"),
    Column("days_since_last_order", "Days since the last order", "count"),
    Column("favourite_item_category", "Favourite category"),
    Column("favourite_daypart", "Daypart"),
    Column("weekend_order_share", "Weekend", "share"),
    Column("stores_visited", "Stores", "count"),
)


def render() -> None:
    """Draw the page."""
    filters = Filters("segments")
    as_of = loads.state().as_of_date(MART)
    everyone = customers.segments()
    with filters.row():
        currency = filters.currency(everyone)
        rows = everyone[everyone["currency"] == currency]
        there = [name for name in SEGMENTS if name in set(rows["segment"])]
        there += sorted(set(rows["segment"]) - set(there))
        segment = filters.choice(
            "segment", "Segment", ["all", *there], "all", lambda s: "All segments" if s == "all" else s
        )
        filters.reset()
    filters.tell()
    if rows.empty:
        states.no_data("No customer has ordered yet: all orders are guests'.", "")
        return
    rows = rows.set_index("segment").loc[there].reset_index()
    rows["customer_share"] = shares(rows["customers"])
    rows["net_sales_share"] = shares(rows["net_sales"])
    rows["rule"] = rows["segment"].map(SEGMENTS)
    rows["net_sales_each"] = ratios(rows["net_sales"], rows["customers"])
    chosen = rows if segment == "all" else rows[rows["segment"] == segment]
    _figures(chosen, currency)
    _sizes(filters, rows, segment, currency, as_of)
    _grid(filters, currency, as_of)
    _dayparts(filters, segment, currency, as_of)
    _categories(filters, segment, currency, as_of)
    _transitions(filters, segment, currency)
    customer_list.show(
        customer_list.Listing(
            key="customers",
            title="Customers by net sales" if segment == "all" else f"{segment}: customers by net sales",
            mart=MART,
            columns=LISTED_COLUMNS,
            order="net_sales",
            where={"currency": currency} | ({} if segment == "all" else {"segment": segment}),
            currency=currency,
            total=int(chosen["customers"].sum()),
            filters=filters.active,
        )
    )


def _figures(rows: pd.DataFrame, currency: str) -> None:
    people, net, orders = total(rows["customers"]), total(rows["net_sales"]), total(rows["orders"])
    weekend = mean(rows["weekend_order_share"], rows["customers"])
    stores = mean(rows["stores_visited"], rows["customers"])
    figures(
        (
            ("Customers", formats.count(people), "Of the segments shown; guests are not counted."),
            ("Net sales to date", formats.money(net, currency), "Of these customers: revenue, guests out."),
            ("Orders each", formats.number(ratio(orders, people), 1), "Orders to date per customer."),
            ("Weekend orders", formats.share(weekend), "Mean part of a customer's orders on Saturday or Sunday."),
            ("Stores visited", formats.number(stores, 2), "Mean number of different stores per customer."),
        )
    )


def _sizes(filters: Filters, rows: pd.DataFrame, segment: str, currency: str, as_of: date) -> None:
    colours = [charts.BLUE if segment in ("all", name) else charts.GREY for name in rows["segment"]]
    hover = [
        f"{name}: {formats.count(people)} customers ({formats.share(part)}), {formats.money(net, currency)}<br>{rule}"
        for name, people, part, net, rule in zip(
            rows["segment"], rows["customers"], rows["customer_share"], rows["net_sales"], rows["rule"], strict=True
        )
    ]
    texts = [
        f"{formats.count(people)} · {formats.share(part, 0)} of sales"
        for people, part in zip(rows["customers"], rows["net_sales_share"], strict=True)
    ]
    show(
        Card(
            key="segment-sizes",
            title="Customers by segment, and the part of net sales they brought",
            unit="customers",
            denominator="guests out; each customer is in the first segment that fits",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("segment", "Segment"),
                Column("rule", "Rule"),
                Column("customers", "Customers", "count"),
                Column("customer_share", "Part of customers", "share"),
                Column("net_sales", "Net sales", "money"),
                Column("net_sales_share", "Part of net sales", "share"),
                Column("net_sales_each", "Net sales each", "money"),
                Column("orders", "Orders", "count"),
                Column("days_since_last_order", "Mean days since the last order", "number"),
                Column("stores_visited", "Mean stores", "number"),
                Column("weekend_order_share", "Weekend", "share"),
            ),
            currency=currency,
            figure=lambda: charts.bars(
                rows["segment"].tolist(), rows["customers"], "count", texts=texts, colours=colours, hover=hover
            ),
            filters=filters.active,
            note="Click a bar to see the customers of its segment.",
            on_select=lambda name: navigation.go("mart_customer_segments", segment=name),
        )
    )


def _grid(filters: Filters, currency: str, as_of: date) -> None:
    rows = customers.recency_by_frequency()
    rows = rows[rows["currency"] == currency].copy()
    rows["recency"], rows["frequency"] = rows["r_score"].map(RECENCY), rows["f_score"].map(FREQUENCY)
    grid = rows.pivot_table(index="recency", columns="frequency", values="customers", aggfunc="sum", fill_value=0)
    grid = grid.reindex(index=list(RECENCY.values()), columns=list(FREQUENCY.values()), fill_value=0)
    show(
        Card(
            key="recency-frequency",
            title="Customers by latest order and number of orders",
            unit="customers",
            denominator="guests out",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("recency", "Latest order"),
                Column("frequency", "Orders"),
                Column("customers", "Customers", "count"),
                Column("net_sales", "Net sales", "money"),
            ),
            currency=currency,
            figure=lambda: charts.heatmap(
                grid, x_title="Orders to date", y_title="Latest order", texts=grid.map(formats.count)
            ),
            filters={name: value for name, value in filters.active.items() if name != "segment"},
        )
    )


def _favourite_shares(what: str, segment: str, currency: str) -> pd.DataFrame:
    rows = customers.favourites(what)  # type: ignore[arg-type]
    rows = rows[rows["currency"] == currency]
    if segment != "all":
        rows = rows[rows["segment"] == segment]
    found = rows.groupby("favourite", as_index=False)[["customers", "net_sales"]].sum(min_count=1)
    found["customer_share"] = shares(found["customers"])
    return found.sort_values("customers", ascending=False)


def _dayparts(filters: Filters, segment: str, currency: str, as_of: date) -> None:
    rows = customers.favourites("favourite_daypart")
    rows = rows[rows["currency"] == currency].copy()
    if segment != "all":
        rows = rows[rows["segment"] == segment]
    rows["customer_share"] = ratios(rows["customers"], rows.groupby("segment")["customers"].transform("sum"))
    grid = rows.pivot_table(index="segment", columns="favourite", values="customer_share", fill_value=0)
    order = [name for name in SEGMENTS if name in grid.index]
    grid = grid.reindex(index=order, columns=[part for part in DAYPARTS if part in grid.columns])
    show(
        Card(
            key="dayparts",
            title="When each segment orders most",
            unit="% of the segment's customers by favourite daypart",
            denominator="guests out",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("segment", "Segment"),
                Column("favourite", "Favourite daypart"),
                Column("customers", "Customers", "count"),
                Column("customer_share", "Part of the segment", "share"),
            ),
            figure=lambda: charts.heatmap(
                grid, x_title="Favourite daypart", y_title="Segment", texts=grid.map(lambda v: formats.share(v, 0))
            ),
            filters=filters.active,
        )
    )


def _categories(filters: Filters, segment: str, currency: str, as_of: date) -> None:
    rows = _favourite_shares("favourite_item_category", segment, currency).head(12)
    names = labels.names(rows["favourite"])
    show(
        Card(
            key="categories",
            title="Favourite category" + ("" if segment == "all" else f" of {segment}"),
            unit="customers by the category in most of their orders; the twelve largest",
            denominator="guests out",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("favourite", "Favourite category"),
                Column("customers", "Customers", "count"),
                Column("customer_share", "Part of customers", "share"),
                Column("net_sales", "Net sales", "money"),
            ),
            currency=currency,
            figure=lambda: charts.bars(
                [names[name] for name in rows["favourite"]],
                rows["customers"],
                "count",
                texts=[formats.share(part) for part in rows["customer_share"]],
            ),
            filters=filters.active,
        )
    )


def _transitions(filters: Filters, segment: str, currency: str) -> None:
    table = "gold_segment_transitions"
    if not loads.has(table) or table not in loads.state().tables:
        absent("Moves between segments", table, ["transition_rate"])
        return
    rows = customers.transitions()
    rows = rows[(rows["currency"] == currency) & rows["transition_rate"].notna()]
    rows = rows[rows["to_month_end"] == rows["to_month_end"].max()]
    if segment != "all":
        rows = rows[rows["from_segment"] == segment]
    grid = rows.pivot_table(index="from_segment", columns="to_segment", values="transition_rate")
    order = [name for name in SEGMENTS if name in grid.index or name in grid.columns]
    grid = grid.reindex(index=[n for n in order if n in grid.index], columns=[n for n in order if n in grid.columns])
    ends = [] if rows.empty else [formats.day(rows[name].iloc[0]) for name in ("from_month_end", "to_month_end")]
    when = f" from {ends[0]} to {ends[1]}" if ends else ""
    show(
        Card(
            key="transitions",
            title=f"Moves between segments{when}",
            unit="% of the segment's customers; the table says how far chance may move each (95 % interval)",
            denominator="guests out; customers at the end of the earlier month",
            source=table,
            as_of=loads.state().as_of_date(table),
            rows=rows,
            columns=(
                Column("from_segment", "From"),
                Column("to_segment", "To"),
                Column("customers", "Customers", "count"),
                Column("from_customers", "Of", "count"),
                Column("transition_rate", "Rate", "share"),
                Column("transition_rate_low", "Low", "share"),
                Column("transition_rate_high", "High", "share"),
            ),
            figure=lambda: charts.heatmap(
                grid, x_title="To", y_title="From", texts=grid.map(lambda v: formats.share(v, 0))
            ),
            filters=filters.active,
        )
    )


render()
