"""How does this store do: over time, by hour, by item?"""

from __future__ import annotations

from datetime import date

import pandas as pd

from biz_insights import labels
from streamlit_dashboard import charts, formats, gross_to_net, states
from streamlit_dashboard.card import Card, figures, show
from streamlit_dashboard.charts import Series
from streamlit_dashboard.filters import Filters, between
from streamlit_dashboard.formats import Column
from streamlit_dashboard.totals import ratios
from streamlit_dashboard.warehouse import loads, sales

TITLE = "Store"
ICON = ":material/store:"
SECTION = "Sales"
ORDER = 21

MART = "mart_location_performance"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def render() -> None:
    """Draw the page."""
    filters = Filters("store")
    as_of = loads.state().as_of_date(MART)
    everything = sales.locations()
    if everything.empty:
        states.no_data("No store has sold anything yet.", "")
        return
    with filters.row():
        currency = filters.currency(everything)
        rows = everything[everything["currency"] == currency]
        ranked = rows[rows["period_type"] == "all"].sort_values("net_sales", ascending=False)
        stores = ranked["restaurant_id"].tolist()
        names = sales.store_labels()
        store = filters.choice("store", "Store", stores, stores[0], names.__getitem__)
        weeks = sales.trends("store", "week")
        weeks = weeks[(weeks["currency"] == currency) & (weeks["level_key"] == store)]
        days = filters.dates(weeks["period_start"].min().date() if not weeks.empty else as_of, as_of)
        filters.reset()
    filters.tell()
    name = labels.isolated(names[store])
    _figures(ranked[ranked["restaurant_id"] == store].iloc[0], currency, len(stores))
    gross_to_net.show(ranked[ranked["restaurant_id"] == store], currency)
    _weeks(filters, between(weeks, "period_start", days), currency, as_of, name)
    _months(filters, rows[(rows["period_type"] == "month") & (rows["restaurant_id"] == store)], as_of, name)
    _hours(filters, store, currency, as_of, name)
    _items(filters, store, currency, as_of, name)


def _figures(row: pd.Series, currency: str, stores: int) -> None:
    figures(
        (
            ("Net sales to date", formats.money(row["net_sales"], currency), "Since the beginning; guests in."),
            ("Rank", f"{row['net_sales_rank']} of {stores}", "By net sales since the beginning."),
            ("Orders", formats.count(row["orders"]), "Since the beginning; guests in."),
            ("Net sales per order", formats.money(row["aov"], currency), "Since the beginning."),
            (
                "Customers who came back",
                formats.share(row["repeat_customer_share"]),
                "Two orders or more here; guests out.",
            ),
        )
    )


def _weeks(filters: Filters, rows: pd.DataFrame, currency: str, as_of: date, name: str) -> None:
    rows = rows[rows["is_whole_period"]]
    lines = [Series("Net sales", rows["period_start"], rows["net_sales"])]
    if "net_sales_year_ago_weekday" in rows:
        before = rows["net_sales_year_ago_weekday"]
        lines.append(Series("A year before", rows["period_start"], before, colour=charts.GREY, dash="dot"))
    show(
        Card(
            key="weeks",
            title=f"Net sales of {name} by week",
            unit=f"{currency} a week",
            denominator="guests in; complete weeks",
            source=sales.TRENDS,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("period_start", "Week from", "date"),
                Column("net_sales", "Net sales", "money"),
                Column("orders", "Orders", "count"),
                Column("aov", "Per order", "money"),
                Column("net_sales_year_ago_weekday", "A year before", "money"),
                Column("net_sales_yoy_weekday", "Change", "share"),
                Column("open_days", "Open days", "count"),
                Column("open_days_year_ago_weekday", "Open days before", "count"),
            ),
            currency=currency,
            figure=lambda: charts.over_time(lines, "money", currency),
            filters=filters.active,
        )
    )


def _months(filters: Filters, rows: pd.DataFrame, as_of: date, name: str) -> None:
    rows = rows.sort_values("period_start")
    columns = {
        "repeat_customer_share": "Customers who came back",
        "loyalty_order_share": "Loyalty orders",
        "guest_order_share": "Guest orders",
    }
    lines = [Series(label, rows["period_start"], rows[column]) for column, label in columns.items()]
    show(
        Card(
            key="months",
            title=f"Who orders at {name}, by month",
            unit="% of the month's customers, and % of its orders",
            denominator="customers: guests out; orders: guests in",
            source=MART,
            as_of=as_of,
            rows=rows,
            columns=(
                Column("period_start", "Month from", "date"),
                Column("customers", "Customers", "count"),
                Column("orders", "Orders", "count"),
                *(Column(column, label, "share") for column, label in columns.items()),
            ),
            figure=lambda: charts.over_time(lines, "share"),
            filters={"store": filters.active.get("store", "")} if "store" in filters.active else {},
        )
    )


def _hours(filters: Filters, store: str, currency: str, as_of: date, name: str) -> None:
    rows = sales.hours_of(store)
    rows = rows[rows["currency"] == currency].copy()
    rows["weekday_name"] = [WEEKDAYS[number - 1] for number in rows["weekday"]]
    rows["orders_per_day"] = ratios(rows["orders"], rows["days"])
    grid = rows.pivot_table(index="weekday_name", columns="order_hour", values="orders_per_day", fill_value=0.0)
    if not rows.empty:
        # An hour without an order is a zero on a weekday with sales, and missing on a weekday that is always closed.
        hours = range(int(rows["order_hour"].min()), int(rows["order_hour"].max()) + 1)
        grid = grid.reindex(columns=list(hours), fill_value=0.0).reindex(index=list(WEEKDAYS))
    show(
        Card(
            key="hours",
            title=f"Orders of {name} by weekday and hour",
            unit="mean orders an hour on the days with sales of the last 52 weeks, local time",
            denominator="guests in",
            source="gold_hourly_sales",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("weekday_name", "Weekday"),
                Column("order_hour", "Hour", "count"),
                Column("days", "Days with sales", "count"),
                Column("orders", "Orders in 52 weeks", "count"),
                Column("orders_per_day", "Mean an hour", "number"),
                Column("net_sales", "Net sales in 52 weeks", "money"),
            ),
            currency=currency,
            figure=lambda: charts.heatmap(
                grid, x_title="Hour", y_title="Weekday", texts=grid.map(lambda v: formats.number(v, 1) if v > 0 else "")
            ),
            filters=filters.active,
        )
    )


def _items(filters: Filters, store: str, currency: str, as_of: date, name: str) -> None:
    rows = sales.pricing()
    rows = rows[(rows["level"] == "store_item") & (rows["restaurant_id"] == store) & (rows["currency"] == currency)]
    rows = rows.sort_values("net_sales", ascending=False).head(15)
    pairs = list(zip(rows["item_name"], rows["item_category"], strict=True))
    names = labels.items(pairs)
    rows = rows.assign(item=[names[pair] for pair in pairs])
    show(
        Card(
            key="items",
            title=f"What {name} sells most",
            unit=f"{currency}, the fifteen items with the most net sales to date",
            denominator="guests in",
            source="mart_pricing_and_discounts",
            as_of=as_of,
            rows=rows,
            columns=(
                Column("item_name", "Item"),
                Column("item_category", "Category"),
                Column("net_sales", "Net sales", "money"),
                Column("items", "Units", "count"),
                Column("unit_price", "Unit price", "money"),
                Column("attach_rate", "With a paid option", "share"),
                Column("attach_rate_low", "Low", "share"),
                Column("attach_rate_high", "High", "share"),
            ),
            currency=currency,
            figure=lambda: charts.bars(
                rows["item"].tolist(),
                rows["net_sales"],
                "money",
                currency,
                texts=[formats.short_money(value, currency) for value in rows["net_sales"]],
            ),
            filters=filters.active,
        )
    )


render()
