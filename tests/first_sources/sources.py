"""Small sources as first users bring them, unlike the generated sample; each with what a run must publish of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

Rows = Sequence[Sequence[object]]

LINES = (
    "APP_NAME", "RESTAURANT_ID", "CREATION_TIME_UTC", "ORDER_ID", "USER_ID", "PRINTED_CARD_NUMBER", "IS_LOYALTY",
    "CURRENCY", "LINEITEM_ID", "ITEM_CATEGORY", "ITEM_NAME", "ITEM_PRICE", "ITEM_QUANTITY",
)  # fmt: skip
OPTIONS = ("ORDER_ID", "LINEITEM_ID", "OPTION_GROUP_NAME", "OPTION_NAME", "OPTION_PRICE", "OPTION_QUANTITY")
CALENDAR = ("date_key", "year", "month", "week", "day_of_week", "is_weekend", "is_holiday", "holiday_name")


@dataclass(frozen=True)
class Source:
    """Files by name, the settings they need, and what a run without DATE publishes."""

    files: Mapping[str, str]
    as_of: str
    net_sales: Decimal
    orders: int
    quarantined: Mapping[str, int] = field(default_factory=dict)
    customers: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    says: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
        return folder


def text(header: Sequence[str], rows: Rows, line_end: str = "\n") -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator=line_end).writerows([header, *rows])
    return file.getvalue()


def order(number: int, moment: object, user: str = "", store: str = "s1") -> list[object]:
    """A line of 5.99 dollars."""
    return ["App", store, moment, f"o{number}", user, "", "FALSE", "USD", "l1", "Breakfast", "Egg", "5.99", 1]


def option(number: int) -> list[object]:
    """An option of half a dollar."""
    return [f"o{number}", "l1", "Extras", "Cheese", "0.50", 1]


def noon(number: int) -> str:
    """Eighteen hours UTC of a day in January 2024: noon in Chicago."""
    return f"2024-01-{number:02}T18:00:00Z"


def source_files(lines: Rows, options: Rows, line_end: str = "\n") -> dict[str, str]:
    new_year = [["01-01-2024", 2024, "January", 1, "Monday", "FALSE", "TRUE", "New Year"]]
    return {
        "order_items.csv": text(LINES, lines, line_end),
        "order_item_options.csv": text(OPTIONS, options, line_end),
        "date_dim.csv": text(CALENDAR, new_year, line_end),
    }


def one_order() -> Source:
    return Source(
        source_files([order(1, noon(1), "u1")], [option(1)]), "2024-01-01", Decimal("6.49"), 1, customers=1
    )  # fmt: skip


def clean() -> Source:
    """Four weeks without a bad row; the last day is not complete yet."""
    days = range(1, 29)
    files = source_files([order(n, noon(n), f"u{n % 7}") for n in days], [option(n) for n in days])
    return Source(files, "2024-01-27", 27 * Decimal("6.49"), 27, customers=7)


def guests_only() -> Source:
    """One store, one day, only guests, no calendar, and an option that belongs to no line."""
    lines = [order(n, f"2024-01-10T1{n}:00:00Z") for n in range(5, 9)]
    files = source_files(lines, [option(99)])
    del files["date_dim.csv"]
    return Source(files, "2024-01-10", 4 * Decimal("5.99"), 4, {"order_item_options": 1}, says=("date_dim.csv",))


def odd_times() -> Source:
    """Orders at infinity and in 2199 among those of January, in a file whose lines end with CR."""
    days = range(1, 11)
    lines = [order(n, noon(n), f"u{n % 3}") for n in days]
    lines += [order(50, "infinity", "u1"), order(51, "2199-01-01T18:00:00Z", "u2")]
    return Source(
        source_files(lines, [], "\r"),
        "2024-01-09",
        9 * Decimal("5.99"),
        9,
        {"order_items": 2},
        customers=3,
        says=("unparseable_creation_time_utc", "future_creation_time", "in the future"),
    )


def retail() -> Source:
    """A shop's export: unit prices in pounds, the day before the month, no line ids, no stores, refunds by negative
    quantities, and a missing user written as NULL."""
    header = (
        "Order ID",
        "Creation Time UTC",
        "Item Name",
        "Item Price",
        "Item Quantity",
        "User ID",
        "Currency",
        "Country",
    )
    rows: list[list[object]] = []
    net, orders = Decimal(0), 0
    first, as_of = date(2023, 1, 2), date(2023, 10, 27)
    for n in range(600):
        day = first + timedelta(days=n // 2)
        user = "NULL" if n % 4 == 0 else f"c{n % 90}"
        price, quantity = Decimal(100 + n % 7 * 35) / 100, 1 + n % 5
        when = datetime.combine(day, datetime.min.time()) + timedelta(hours=15, minutes=n % 60)
        rows.append([n, f"{when:%d/%m/%Y %H:%M}", f"Mug {n % 7}", price, quantity, user, "GBP", "UK"])
        refund = n % 20 == 7
        if refund:
            rows.append([f"C{n}", f"{when:%d/%m/%Y %H:%M}", f"Mug {n % 7}", price, -1, user, "GBP", "UK"])
        if day <= as_of:
            net += price * quantity - (price if refund else 0)
            orders += 1
    return Source(
        {"order_items.csv": text(header, rows)},
        as_of.isoformat(),
        net,
        orders,
        customers=len({f"c{n % 90}" for n in range(600) if n % 4}),
        settings={
            "BIZ_INSIGHTS_PRICE_BASIS": "unit_price",
            "BIZ_INSIGHTS_SOURCE_DATE_FORMAT": "DD/MM/YYYY HH24:MI",
            "BIZ_INSIGHTS_BUSINESS_TIMEZONE": "Europe/London",
            "BIZ_INSIGHTS_HOLIDAY_COUNTRY": "GB",
        },
        says=("30 negative lines are counted as refunds", "Country"),
    )


SOURCES = {
    "one order": one_order(),
    "clean": clean(),
    "guests only": guests_only(),
    "odd times": odd_times(),
    "retail": retail(),
}
