"""What sold best in the last 30 days?"""

from __future__ import annotations

from biz_insights import labels
from streamlit_dashboard import card, charts, formats, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.filters import ALL, Filters, or_all
from streamlit_dashboard.formats import Column
from streamlit_dashboard.totals import total
from streamlit_dashboard.warehouse import sales

TITLE = "Top items (30 days)"
ICON = ":material/lunch_dining:"
SECTION = "Sales"
ORDER = 40

VIEW = "v_top_items_30d"
SHOWN = ("10", "20", "50")


def render() -> None:
    """Draw the page."""
    filters = Filters("items")
    everything = sales.top_items()
    with filters.row():
        currency = filters.currency(everything, by="lines")
        rows = everything[everything["currency"] == currency]
        totals = rows.groupby("item_category")["net_sales"].sum().sort_values(ascending=False)
        categories = totals.index.tolist()
        text = or_all(labels.names(categories), "All categories")
        category = filters.choice("category", "Category", [ALL, *categories], ALL, text)
        shown = filters.choice("top", "Items", SHOWN, "20", "The first {}".format, width=140)
        filters.reset()
    filters.tell()
    if rows.empty:
        states.no_data("Nothing has been sold yet.", "")
        return
    first, last = rows["first_date"].iloc[0], rows["last_date"].iloc[0]
    if category != ALL:
        rows = rows[rows["item_category"] == category]
    pairs = list(zip(rows["item_name"], rows["item_category"], strict=True))
    names = labels.items(pairs)
    rows = rows.assign(item=[names[pair] for pair in pairs]).head(int(shown))
    card.figures(
        (
            ("Items listed", formats.count(len(rows)), "Of the fifty with the most net sales."),
            ("Their net sales", formats.money(total(rows["net_sales"]), currency), "In the 30 days; guests in."),
            ("Part of all items", formats.share(total(rows["net_sales_share"])), "Of the net sales of all items."),
            ("Units", formats.count(total(rows["items"])), "Units sold in the 30 days."),
        )
    )
    texts = [
        f"{formats.money(net, currency, 0)} · {formats.count(units)} units"
        for net, units in zip(rows["net_sales"], rows["items"], strict=True)
    ]
    show(
        Card(
            key="top-items",
            title=f"Net sales by item, {formats.day(first)} to {formats.day(last)}",
            unit=f"{currency} in 30 days",
            denominator="guests in",
            source=VIEW,
            as_of=last.date(),
            rows=rows,
            columns=(
                Column("net_sales_rank", "Rank", "count"),
                Column("item_name", "Item"),
                Column("item_category", "Category"),
                Column("net_sales", "Net sales", "money"),
                Column("net_sales_share", "Part", "share"),
                Column("items", "Units", "count"),
                Column("lines", "Lines", "count"),
                Column("options_revenue", "Options revenue", "money"),
                Column("attach_rate", "With a paid option", "share"),
                Column("restaurants", "Stores", "count"),
            ),
            currency=currency,
            figure=lambda: charts.bars(rows["item"].tolist(), rows["net_sales"], "money", currency, texts=texts),
            filters=filters.active,
        )
    )


render()
