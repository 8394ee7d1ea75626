"""Which stores do well, for how many and for which orders, and which are growing?"""

from __future__ import annotations

from datetime import date

import pandas as pd

from biz_insights.coverage import Coverage, least_share
from streamlit_dashboard import charts, formats, gross_to_net, navigation
from streamlit_dashboard.card import Card, compared, figures, show
from streamlit_dashboard.filters import Filters
from streamlit_dashboard.formats import Column
from streamlit_dashboard.totals import Comparison, ratio, total
from streamlit_dashboard.warehouse import loads, sales

TITLE = "Locations"
ICON = ":material/storefront:"
SECTION = "Sales"
ORDER = 20

MART = "mart_location_performance"
PERIODS = {"all": "Since the beginning", "year": "A year", "month": "A month"}
SORTS = {
    "net_sales": "Net sales",
    "aov": "Net sales per order",
    "same_store_growth": "Growth",
    "mix_adjusted_aov_index": "Against the same mix",
    "repeat_customer_share": "Customers who came back",
}
COLUMNS = (
    Column("store", "Store"),
    Column("restaurant_id", "Id"),
    Column("net_sales", "Net sales", "money"),
    Column("net_sales_rank", "Rank", "count"),
    Column("net_sales_share", "Part", "share"),
    Column("gross_sales", "Gross sales", "money"),
    Column("discount_amount", "Discounts", "money"),
    Column("refund_amount", "Refunds", "money"),
    Column("orders", "Orders", "count"),
    Column("aov", "Per order", "money"),
    Column(
        "aov_shrunk",
        "Per order, best guess",
        "money",
        "Drawn towards the chain's mean, the more the fewer orders a store has",
    ),
    Column("aov_low", "Low", "money", "95 % interval of the best guess"),
    Column("aov_high", "High", "money"),
    Column("aov_rank", "Rank per order", "count"),
    Column("aov_rank_shrunk", "Rank, best guess", "count"),
    Column("aov_rank_low", "Rank from", "count"),
    Column("aov_rank_high", "Rank to", "count"),
    Column(
        "mix_adjusted_aov_index",
        "Against the same mix",
        "number",
        "Net sales over those of the same categories at the chain's mean; 1 is the chain",
    ),
    Column("same_store_growth", "Growth", "share"),
    Column("open_days", "Open days", "count"),
    Column("net_sales_per_open_day", "Per open day", "money"),
    Column("customers", "Customers", "count"),
    Column("repeat_customer_share", "Came back", "share"),
    Column("loyalty_order_share", "Loyalty orders", "share"),
    Column("guest_order_share", "Guest orders", "share"),
)


def render() -> None:
    """Draw the page."""
    filters = Filters("locations")
    as_of = loads.state().as_of_date(MART)
    everything = sales.locations()
    with filters.row():
        currency = filters.currency(everything)
        rows = everything[everything["currency"] == currency]
        text = PERIODS.__getitem__
        period = filters.choice("period", "Period", tuple(PERIODS), "all", text, width=190, drops=("start",))
        rows = rows[rows["period_type"] == period]
        if period != "all" and not rows.empty:
            rows = rows[rows["period_start"] == _start(filters, rows, period)]
        sorts = tuple(name for name in SORTS if name in rows)
        order = filters.choice("sort", "Order by", sorts, "net_sales", SORTS.__getitem__)
        filters.reset()
    filters.tell()
    rows = rows.sort_values([order, "restaurant_id"], ascending=[False, True], na_position="last")
    names = sales.store_labels()
    rows = rows.assign(store=[names[store] for store in rows["restaurant_id"]])
    _figures(rows, _same_stores(everything, rows), currency)
    gross_to_net.show(rows, currency)
    _net_sales(filters, rows, currency, as_of)
    _per_order(filters, rows, currency, as_of)
    _growth(filters, rows, period, as_of)
    _customers(filters, rows, as_of)


def _start(filters: Filters, rows: pd.DataFrame, period: str) -> pd.Timestamp:
    """Return the chosen year or month; the default is the newest complete one."""
    starts = sorted(rows["period_start"].unique(), reverse=True)
    names = {
        f"{pd.Timestamp(start):%Y-%m}" if period == "month" else f"{pd.Timestamp(start):%Y}": start for start in starts
    }
    whole = set(rows.loc[rows["is_whole_period"], "period_start"])
    default = next((name for name, start in names.items() if start in whole), next(iter(names)))
    return names[filters.choice("start", PERIODS[period][2:].capitalize(), list(names), default, width=120)]


def _same_stores(everything: pd.DataFrame, rows: pd.DataFrame) -> Comparison:
    """Compare the stores of a month or year with themselves a year before, without new and closed stores.

    The mart compares a store if both periods are complete and have sales on nearly as many days.
    """
    paired = rows.dropna(subset=["same_store_growth"])
    before = everything.assign(period_start=everything["period_start"] + pd.DateOffset(years=1))
    keys = ["restaurant_id", "currency", "period_type", "period_start"]
    both = rows[rows["period_type"] != "all"].merge(before[keys], on=keys)
    coverage = Coverage(len(paired), len(both), "stores")
    return Comparison(total(paired["net_sales"]), total(paired["net_sales_year_ago"]), coverage)


def _figures(rows: pd.DataFrame, growth: Comparison, currency: str) -> None:
    net, orders = total(rows["net_sales"]), total(rows["orders"])
    figures(
        (
            ("Stores", formats.count(len(rows)), "Stores with sales in the period."),
            ("Net sales", formats.money(net, currency), "Gross less discounts and refunds; guests in."),
            ("Orders", formats.count(orders), "Guests in."),
            ("Net sales per order", formats.money(ratio(net, orders), currency), "Of all stores."),
            compared(
                "Same-store growth",
                growth,
                "Net sales of the stores that sold in both periods, against a year before. A store is compared if both "
                f"periods are complete and one has {least_share()} of the other's days with sales. No figure is shown "
                f"if fewer than {least_share()} of the stores can be compared.",
            ),
        )
    )


def _net_sales(filters: Filters, rows: pd.DataFrame, currency: str, as_of: date) -> None:
    ids = dict(zip(rows["store"], rows["restaurant_id"], strict=True))
    texts = [
        f"{formats.short_money(net, currency)} · {formats.share(part)}"
        for net, part in zip(rows["net_sales"], rows["net_sales_share"], strict=True)
    ]
    show(
        Card(
            key="net-sales",
            title="Net sales by store",
            unit=currency,
            denominator="guests in",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=COLUMNS,
            currency=currency,
            figure=lambda: charts.bars(rows["store"].tolist(), rows["net_sales"], "money", currency, texts=texts),
            filters=filters.active,
            note="Click a bar to open the store's page. The table has every figure of this page.",
            on_select=lambda name: navigation.go("store", store=ids[name]),
        )
    )


def _per_order(filters: Filters, rows: pd.DataFrame, currency: str, as_of: date) -> None:
    rows = rows.sort_values("aov", ascending=False)
    mean = ratio(total(rows["net_sales"]), total(rows["orders"]))
    series: list[charts.Estimates] = [("As it is", rows["aov"], None, None)]
    if {"aov_shrunk", "aov_low", "aov_high"} <= set(rows.columns):
        series.append(
            (
                "Best guess, with the range that chance allows (95 %)",
                rows["aov_shrunk"],
                rows["aov_low"],
                rows["aov_high"],
            )
        )
    unit = f"{currency} an order" + ("" if len(series) > 1 else "; this version of the mart has no intervals")
    show(
        Card(
            key="per-order",
            title="Net sales per order by store",
            unit=unit,
            denominator="guests in",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=tuple(c for c in COLUMNS if c.name in ("store", "orders") or c.name.startswith("aov")),
            currency=currency,
            figure=lambda: charts.intervals(
                rows["store"].tolist(),
                series,
                "money",
                currency,
                reference=None if mean is None else (mean, f"chain {formats.money(mean, currency)}"),
            ),
            filters=filters.active,
        )
    )


def _growth(filters: Filters, rows: pd.DataFrame, period: str, as_of: date) -> None:
    rows = rows.dropna(subset=["same_store_growth"]).sort_values("same_store_growth", ascending=False)
    colours = [charts.BLUE if value >= 0 else charts.ORANGE for value in rows["same_store_growth"]]
    empty = (
        "Growth compares a complete year or month with the one a year before: choose one."
        if period == "all"
        else "No store has both periods complete, with sales on as many days."
    )
    show(
        Card(
            key="growth",
            title="Same-store growth",
            unit="change of net sales in % against the same period a year before",
            denominator=f"guests in; stores with both periods complete and {least_share()} of the days in both",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("store", "Store"),
                Column("net_sales", "Net sales", "money"),
                Column("net_sales_year_ago", "A year before", "money"),
                Column("same_store_growth", "Growth", "share"),
                Column("open_days", "Open days", "count"),
                Column("open_days_year_ago", "A year before, open", "count"),
            ),
            figure=lambda: charts.bars(
                rows["store"].tolist(),
                rows["same_store_growth"],
                "share",
                colours=colours,
                texts=[formats.change(value) for value in rows["same_store_growth"]],
            ),
            filters=filters.active,
            empty=empty,
        )
    )


def _customers(filters: Filters, rows: pd.DataFrame, as_of: date) -> None:
    rows = rows.sort_values("repeat_customer_share", ascending=False)
    shares = [
        ("Customers who came back", rows["repeat_customer_share"], None, None),
        ("Loyalty orders", rows["loyalty_order_share"], None, None),
        ("Guest orders", rows["guest_order_share"], None, None),
    ]
    show(
        Card(
            key="customers",
            title="Customers who came back, loyalty and guest orders by store",
            unit="% of the store's customers, and % of its orders",
            denominator="customers: guests out; orders: guests in",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=tuple(
                c
                for c in COLUMNS
                if c.name in ("store", "customers", "orders") or c.name.endswith(("customer_share", "order_share"))
            ),
            figure=lambda: charts.intervals(rows["store"].tolist(), shares, "share"),
            filters=filters.active,
        )
    )


render()
