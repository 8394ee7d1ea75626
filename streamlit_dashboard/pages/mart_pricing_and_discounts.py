"""What do paid options bring, what do discounts cost, and how do sales react to prices?"""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from biz_insights import labels
from streamlit_dashboard import card, charts, formats, gross_to_net, states
from streamlit_dashboard.card import Card, show
from streamlit_dashboard.filters import ALL, Filters, or_all
from streamlit_dashboard.formats import Column
from streamlit_dashboard.warehouse import loads, sales

TITLE = "Pricing and discounts"
ICON = ":material/sell:"
SECTION = "Sales"
ORDER = 30

MART = "mart_pricing_and_discounts"
CHANGES = "gold_price_changes"
SHOWN_ITEMS = 20
ROW_HEIGHT = 28
ATTACH_COLUMNS = (
    Column("lines", "Lines", "count"),
    Column("lines_with_paid_option", "With a paid option", "count"),
    Column("attach_rate", "Attach rate", "share"),
    Column("attach_rate_low", "Low", "share"),
    Column("attach_rate_high", "High", "share"),
    Column("options_revenue", "Options revenue", "money"),
    Column("options_revenue_per_line", "Per line", "money"),
    Column("unit_price", "Unit price", "money"),
    Column("net_sales", "Net sales", "money"),
    Column("refund_amount", "Refunds", "money"),
    Column("refund_share", "Refunds, part of gross", "share"),
)


def render() -> None:
    """Draw the page."""
    filters = Filters("pricing")
    as_of = loads.state().as_of_date(MART)
    everything = sales.pricing()
    with filters.row():
        currency = filters.currency(everything)
        rows = everything[everything["currency"] == currency]
        by_category = rows[rows["level"] == "item"].groupby("item_category")["lines"].sum()
        categories = by_category.sort_values(ascending=False).index.tolist()
        text = or_all(labels.names(categories), "All categories")
        category = filters.choice("category", "Category", [ALL, *categories], ALL, text)
        stores = rows.loc[rows["level"] == "store"].sort_values("net_sales", ascending=False)["restaurant_id"].tolist()
        store = filters.choice("store", "Store", [ALL, *stores], ALL, or_all(sales.store_labels(), "All stores"))
        filters.reset()
    filters.tell()
    chain = (
        rows[rows["level"] == "chain"]
        if store == ALL
        else rows[(rows["level"] == "store") & (rows["restaurant_id"] == store)]
    )
    if chain.empty:
        states.no_data("Nothing has been sold yet.", "")
        return
    _figures(chain.iloc[0], currency)
    gross_to_net.show(chain.assign(gross_sales=chain["item_amount"] + chain["options_revenue"]), currency)
    _discounts(filters, chain, currency, as_of)
    left, right = st.columns(2)
    with left:
        _items(filters, rows, category, store, currency, as_of)
    with right:
        _stores(filters, rows, currency, as_of)
    _elasticity(filters, rows, as_of)
    _price_changes(filters, category, store, currency)


def _figures(row: pd.Series, currency: str) -> None:
    low, high = (formats.share(row[f"attach_rate_{end}"], 2) for end in ("low", "high"))
    interval = f"If only chance were at work, the true rate would be between {low} and {high} (95 %)."
    card.figures(
        (
            ("Net sales", formats.money(row["net_sales"], currency), "To date; guests in."),
            ("Options revenue", formats.money(row["options_revenue"], currency), "What paid options brought, to date."),
            ("Part of gross sales", formats.share(row["options_revenue_share"]), "Options revenue over gross sales."),
            (
                "Attach rate",
                formats.share(row["attach_rate"]),
                f"Part of the order lines with a paid option. {interval}",
            ),
            (
                "Options per line",
                formats.money(row["options_revenue_per_line"], currency),
                "Options revenue per order line.",
            ),
        )
    )


def _discounts(filters: Filters, rows: pd.DataFrame, currency: str, as_of: date) -> None:
    row = rows.iloc[0]
    if row["discount_status"] == "no_discounts_observed":
        with st.container(border=True, key="card-discounts"):
            card.heading(
                "Discounted beside full-price orders",
                f"{formats.count(row['orders'])} orders · guests in · as of {formats.day(as_of)} · {MART}",
            )
            states.status("no_discounts_observed")
            st.markdown(
                f"None of {formats.count(row['orders'])} orders had a discount. So, with 95 % confidence, fewer than "
                f"{formats.share(row['discounted_order_share_high'], 4)} of all orders have one (rule of three, 3 / n)."
            )
        return
    compared = pd.DataFrame(
        {
            "orders_of": ["Discounted orders", "Full-price orders"],
            "orders": [row["discounted_orders"], row["full_price_orders"]],
            "net_sales": [row["discounted_net_sales"], row["full_price_net_sales"]],
            "aov": [row["discounted_aov"], row["full_price_aov"]],
            "aov_low": [row.get("discounted_aov_low"), row.get("full_price_aov_low")],
            "aov_high": [row.get("discounted_aov_high"), row.get("full_price_aov_high")],
        }
    )
    low, high = (
        compared[name].astype(float) if compared[name].notna().any() else None for name in ("aov_low", "aov_high")
    )
    part = formats.share(row["discounted_order_share"])
    ends = [formats.share(row[f"discounted_order_share_{end}"], 2) for end in ("low", "high")]
    show(
        Card(
            key="discounts",
            title="Discounted beside full-price orders",
            unit=f"{currency} an order",
            denominator="guests in",
            source=MART,
            as_of=as_of,
            rows=compared,
            columns=(
                Column("orders_of", "Orders"),
                Column("orders", "Count", "count"),
                Column("net_sales", "Net sales", "money"),
                Column("aov", "Net sales per order", "money"),
                Column("aov_low", "Low", "money"),
                Column("aov_high", "High", "money"),
            ),
            currency=currency,
            figure=lambda: charts.intervals(
                compared["orders_of"].tolist(), [("Net sales per order", compared["aov"], low, high)], "money", currency
            ),
            filters=filters.active,
            note=f"{part} of the orders ({ends[0]} to {ends[1]}) had a discount, which took off "
            f"{formats.share(row['discount_depth'])} of their gross sales: "
            f"{formats.money(row['discount_amount'], currency)}. "
            "This compares the orders; it does not say what a discount causes.",
        )
    )


def _items(filters: Filters, rows: pd.DataFrame, category: str, store: str, currency: str, as_of: date) -> None:
    found = (
        rows[rows["level"] == "item"]
        if store == ALL
        else rows[(rows["level"] == "store_item") & (rows["restaurant_id"] == store)]
    )
    if category != ALL:
        found = found[found["item_category"] == category]
    found = found.sort_values("lines", ascending=False).head(SHOWN_ITEMS)
    pairs = list(zip(found["item_name"], found["item_category"], strict=True))
    names = labels.items(pairs)
    found = found.assign(item=[names[pair] for pair in pairs])
    stores = int((rows["level"] == "store").sum())
    _attach(filters, found, stores, "item", f"Attach rate by item, the {SHOWN_ITEMS} most ordered", currency, as_of)


def _stores(filters: Filters, rows: pd.DataFrame, currency: str, as_of: date) -> None:
    found = rows[rows["level"] == "store"].sort_values("attach_rate", ascending=False)
    names = sales.store_labels()
    found = found.assign(store=[names[store] for store in found["restaurant_id"]])
    _attach(filters, found, len(found), "store", "Attach rate by store", currency, as_of)


def _attach(
    filters: Filters, rows: pd.DataFrame, stores: int, label: str, title: str, currency: str, as_of: date
) -> None:
    height = ROW_HEIGHT * max(SHOWN_ITEMS, stores) + 60
    series = [("Attach rate", rows["attach_rate"], rows["attach_rate_low"], rows["attach_rate_high"])]
    show(
        Card(
            key=f"attach-{label}",
            title=title,
            unit="% of order lines with a paid option; the thin line: how far chance may move it (95 % interval)",
            denominator="guests in",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(Column(label, label.capitalize()), *ATTACH_COLUMNS),
            currency=currency,
            figure=lambda: charts.intervals(rows[label].tolist(), series, "share", height=height),
            filters=filters.active,
        )
    )


def _elasticity(filters: Filters, rows: pd.DataFrame, as_of: date) -> None:
    title = "How sales react to prices"
    if "elasticity_status" not in rows:
        card.absent(title, MART, ["elasticity", "elasticity_low", "elasticity_high", "elasticity_status"])
        return
    pooled = rows[rows["level"].isin(["chain", "category"])].copy()
    pooled = pooled.sort_values(["level", "elasticity_events"], ascending=[False, False])
    names = labels.names(pooled["item_category"])
    pooled["label"] = labels.distinct(
        [
            names[category] if level == "category" else "All categories"
            for level, category in zip(pooled["level"], pooled["item_category"], strict=True)
        ]
    )
    drawn = pooled[pooled["elasticity_status"] == "estimated"]
    series = [("Elasticity", drawn["elasticity"], drawn["elasticity_low"], drawn["elasticity_high"])]
    if drawn.empty:
        states.status("insufficient_variation")
    show(
        Card(
            key="elasticity",
            title=title,
            unit="units change by so many % when the price rises by 1 % (elasticity), with its 95 % interval",
            denominator="guests in; items with a new price compared with the other items of the store and category",
            source=MART,
            as_of=as_of,
            rows=pooled,
            columns=(
                Column("label", "Category"),
                Column("price_changes", "Price changes", "count"),
                Column("elasticity_events", "Usable", "count"),
                Column("mean_price_change", "Mean change", "share"),
                Column("elasticity", "Elasticity", "number"),
                Column("elasticity_low", "Low", "number"),
                Column("elasticity_high", "High", "number"),
                Column("elasticity_status", "Status"),
            ),
            figure=None
            if drawn.empty
            else lambda: charts.intervals(
                drawn["label"].tolist(), series, "number", reference=(-1.0, "revenue stays the same")
            ),
            filters=filters.active,
        )
    )


def _price_changes(filters: Filters, category: str, store: str, currency: str) -> None:
    if not loads.has(CHANGES) or CHANGES not in loads.state().tables:
        card.absent("Price changes", CHANGES, ["change_week", "old_unit_price", "new_unit_price"])
        return
    rows = sales.price_changes()
    rows = rows[rows["currency"] == currency]
    if category != ALL:
        rows = rows[rows["item_category"] == category]
    if store != ALL:
        rows = rows[rows["restaurant_id"] == store]
    names = sales.store_labels()
    rows = rows.assign(store=[names[one] for one in rows["restaurant_id"]])
    rows["use_status"] = rows["use_status"].str.replace("_", " ")
    show(
        Card(
            key="price-changes",
            title="Price changes",
            unit=f"{currency} a unit; the newest 500",
            denominator="lasting changes of 1 % or more, an item in a store",
            source=CHANGES,
            as_of=loads.state().as_of_date(CHANGES),
            rows=rows,
            columns=(
                Column("change_week", "Week", "date"),
                Column("store", "Store"),
                Column("item_name", "Item"),
                Column("item_category", "Category"),
                Column("old_unit_price", "Old", "money"),
                Column("new_unit_price", "New", "money"),
                Column("price_change", "Change", "share"),
                Column("use_status", "Used above"),
            ),
            currency=currency,
            filters=filters.active,
            empty="No price changed here.",
        )
    )


render()
