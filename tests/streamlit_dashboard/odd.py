"""Names that the data may hold: alike, marked up, very long, empty, from right to left, and ids of every length."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pyarrow as pa

from tests.dags.gold.harness import Row, line
from tests.streamlit_dashboard.lake import LAST_DAY

LONG = "The Old Corner Bakery and Sandwich House of " + "Greater " * 18 + "Springfield"
STORES = (
    "North Carolina",
    "South Carolina",
    "north carolina",
    " North  Carolina ",
    "<b>Bold</b> & <i>Co</i>",
    "$5 to $10 Diner",
    "Line\nbreak -- :pizza:",
    "Café 👩‍🍳",
    "מסעדה בצפון",
    "%{x} [link](http://a.example)",
    f"{LONG} East",
    f"{LONG} West",
    "1",
    "10",
    "100",
    "all",
    "63bc98a7519adc105105a990",
    "5f3214a8cc0a5e0017a5a990",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
)
CATEGORIES = ("Hot\tdrinks", "Hot drinks", "", "all", "All categories", "<u>Salads</u>", f"{LONG} menu")
DAYS = 70


def odd_lines() -> list[Row]:
    """Each store sells every day for ten weeks, and one less each day than the one before it."""
    return [
        line(
            f"odd-{store}-{day}",
            Decimal(20 - store) / 2,
            (LAST_DAY - timedelta(days=day)).isoformat(),
            source_id=10_000 + 100 * store + day,
            restaurant_id=name,
            app_name=("Cafe", "CAFE", "Cafe ")[store % 3],
            user_id=f'user <{store}> \n"$x$"',
            item_name=("Tea", "tea\u200b", "Tea & $2 <b>")[day % 3],
            item_key=("tea", "tea\u200b", "tea & $2 <b>")[day % 3],
            item_category=CATEGORIES[(store + day) % len(CATEGORIES)],
            item_category_source=CATEGORIES[(store + day) % len(CATEGORIES)],
            order_date=LAST_DAY - timedelta(days=day),
        )
        for store, name in enumerate(STORES)
        for day in range(DAYS)
    ]


def nulled(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables without any amount, mean, share or forecast: only keys, dates, counts and statuses are left."""
    return {name: _nulled(rows) for name, rows in tables.items()}


def _nulled(rows: pa.Table) -> pa.Table:
    for i, column in enumerate(rows.schema):
        if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
            rows = rows.set_column(i, column, pa.nulls(len(rows), column.type))
    return rows
