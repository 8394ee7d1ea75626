"""The totals of the source files, computed independently by docs/solution-design.md: plain Python, no pipeline code.

It reads the three CSV files as text and computes, with exact decimals, what the pipeline must publish.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

ZERO = Decimal(0)
ISO_UTC = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z?")


@dataclass
class ExpectedTotals:
    """Totals up to a day, without test channels and quarantined rows."""

    net_sales: Decimal = ZERO
    gross_sales: Decimal = ZERO
    discount_amount: Decimal = ZERO
    refund_amount: Decimal = ZERO
    source_amount: Decimal = ZERO
    quarantined_amount: Decimal = ZERO
    orders: int = 0
    net_by_store: dict[str, Decimal] = field(default_factory=dict)
    net_by_month: dict[str, Decimal] = field(default_factory=dict)
    orders_by_store: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    source_rows: dict[str, int] = field(default_factory=dict)
    customers: int = 0


def expected_totals(folder: Path, process_date: str, timezone: str = "America/Chicago") -> ExpectedTotals:
    """Return the totals of the files in `folder` up to and including `process_date`."""
    lines = _read(folder / "order_items.csv")
    options = _read(folder / "order_item_options.csv")
    bad_lines = _bad_lines(lines)
    accepted = [line for number, line in enumerate(lines) if not bad_lines[number]]
    amounts, bad_options = _option_amounts(options, {(line["ORDER_ID"], line["LINEITEM_ID"]) for line in accepted})

    result = ExpectedTotals(source_rows={"order_items": len(lines), "order_item_options": len(options)})
    result.quarantined = {
        "order_items": sum(bool(reasons) for reasons in bad_lines),
        "order_item_options": sum(bool(reasons) for reasons in bad_options),
    }
    for reasons in (*bad_lines, *bad_options):
        result.reasons.update(reasons)
    result.source_amount = sum((_item_amount(line) for line in lines), ZERO)
    result.quarantined_amount = result.source_amount - sum((_item_amount(line) for line in accepted), ZERO)
    _total(result, accepted, amounts, date.fromisoformat(process_date), ZoneInfo(timezone))
    return result


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _bad_lines(lines: list[dict[str, str]]) -> list[list[str]]:
    """Return the reasons by line, in file order (which is the order of the identity keys)."""
    reasons = [_own_reasons(line) for line in lines]
    last: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines):
        if not reasons[number]:
            last[line["ORDER_ID"], line["LINEITEM_ID"]] = number
    for number, line in enumerate(lines):
        key = line["ORDER_ID"], line["LINEITEM_ID"]
        if key[1] and key in last and last[key] != number:
            reasons[number].append("duplicate_line")
    return reasons


def _own_reasons(row: dict[str, str]) -> list[str]:
    found = []
    if not row["LINEITEM_ID"]:
        found.append("missing_line_id")
    quantity = int(row["ITEM_QUANTITY"])
    if quantity == 0 or (quantity < 0 and Decimal(row["ITEM_PRICE"]) == 0):
        found.append("non_positive_quantity")
    try:
        Decimal(row["ITEM_PRICE"])
    except InvalidOperation:
        found.append("unparseable_item_price")
    return found


def _is_refund(line: dict[str, str]) -> bool:
    price, quantity = Decimal(line["ITEM_PRICE"]), int(line["ITEM_QUANTITY"])
    return price != 0 and quantity != 0 and min(price, quantity) < 0


def _item_amount(line: dict[str, str]) -> Decimal:
    """Return the amount of the line; a refund is negative."""
    price = Decimal(line["ITEM_PRICE"])
    return -abs(price) if _is_refund(line) else price


def _option_amounts(
    options: list[dict[str, str]], accepted: set[tuple[str, str]]
) -> tuple[dict[tuple[str, str], list[Decimal]], list[list[str]]]:
    amounts: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    reasons = []
    for option in options:
        key = option["ORDER_ID"], option["LINEITEM_ID"]
        found = [] if key[1] else ["missing_line_id"]
        if key not in accepted:
            found.append("orphan_option")
        reasons.append(found)
        if not found:
            amounts[key].append(Decimal(option["OPTION_PRICE"]) * int(option["OPTION_QUANTITY"]))
    return amounts, reasons


def _local_day(text: str, zone: ZoneInfo) -> date:
    found = ISO_UTC.fullmatch(text)
    assert found, text
    moment = datetime.fromisoformat(f"{found[1]}T{found[2]}.{(found[3] or '').ljust(6, '0')}+00:00")
    return moment.astimezone(zone).date()


def _total(
    result: ExpectedTotals,
    accepted: list[dict[str, str]],
    amounts: dict[tuple[str, str], list[Decimal]],
    process_date: date,
    zone: ZoneInfo,
) -> None:
    orders: set[str] = set()
    by_store_orders: dict[str, set[str]] = defaultdict(set)
    by_store: dict[str, Decimal] = defaultdict(Decimal)
    by_month: dict[str, Decimal] = defaultdict(Decimal)
    customers: set[tuple[str, str]] = set()
    for line in accepted:
        day = _local_day(line["CREATION_TIME_UTC"], zone)
        if "DEVELOPMENT" in line["APP_NAME"].upper() or day > process_date:
            continue
        paid = amounts.get((line["ORDER_ID"], line["LINEITEM_ID"]), [])
        if _is_refund(line):
            # Whole sums: where the quantity is negative the options are stated as on the sale.
            options = sum(paid, ZERO) * (1 if Decimal(line["ITEM_PRICE"]) < 0 else -1)
            net = _item_amount(line) + options
            result.refund_amount -= net
        else:
            gross = _item_amount(line) + sum((a for a in paid if a > 0), ZERO)
            discount = -sum((a for a in paid if a < 0), ZERO)
            result.gross_sales += gross
            result.discount_amount += discount
            net = gross - discount
        result.net_sales += net
        by_store[line["RESTAURANT_ID"]] += net
        by_month[day.isoformat()[:7]] += net
        if _is_refund(line):
            continue
        orders.add(line["ORDER_ID"])
        by_store_orders[line["RESTAURANT_ID"]].add(line["ORDER_ID"])
        if line["USER_ID"]:
            customers.add((line["APP_NAME"], line["USER_ID"]))
    result.orders = len(orders)
    result.net_by_store = dict(by_store)
    result.net_by_month = dict(by_month)
    result.orders_by_store = {store: len(ids) for store, ids in by_store_orders.items()}
    result.customers = len(customers)
