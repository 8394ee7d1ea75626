"""Two small sources of one chain: A, and B a day later with new, late, corrected, deleted and bad rows."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.integration.conftest import sample, with_refunds, without_orders_before

FIRST_MONTH = "2023-09"
DAY_A, DAY_B = "2023-11-20", "2023-11-21"
LAST_SEEN = {DAY_A: "2023-11-21", DAY_B: "2023-11-22"}
"""The newest day in the files of each process date: it is incomplete, as a day is that has just begun."""
MONTHS = ("2023-09", "2023-10", "2023-11-0")
"""The months of the late row, of the corrected one, and of the deleted one."""

Rows = list[dict[str, str]]


def sources(folder: Path) -> tuple[Path, Path]:
    """Write both sources. Return their folders."""
    files = sample(folder / "all", "--seed", "7", "--negative-options")
    without_orders_before(FIRST_MONTH, with_refunds(files))
    return _source(files, folder / "a", DAY_A, lambda rows: rows), _source(files, folder / "b", DAY_B, _changed)


def half_of(source: Path, folder: Path) -> Path:
    """Write a source that was cut off between two rows in its middle."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    _rewrite(folder / "order_items.csv", lambda rows: rows[: len(rows) // 2])
    return folder


def row_count(source: Path) -> int:
    """Return the number of order lines of a source."""
    with (source / "order_items.csv").open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.DictReader(file))


def _source(files: Path, folder: Path, day: str, change: Callable[[Rows], Rows]) -> Path:
    shutil.copytree(files, folder, dirs_exist_ok=True)
    path = folder / "order_items.csv"
    orders: set[str] = set()

    def until(rows: Rows) -> Rows:
        found = change([row for row in rows if row["CREATION_TIME_UTC"][:10] <= LAST_SEEN[day]])
        orders.update(row["ORDER_ID"] for row in found)
        return found

    _rewrite(path, until)
    _rewrite(folder / "order_item_options.csv", lambda rows: [row for row in rows if row["ORDER_ID"] in orders])
    return folder


def _changed(rows: Rows) -> Rows:
    late, corrected, deleted = (_plain_line(rows, month) for month in MONTHS)
    new = {**rows[late], "ORDER_ID": "f" * 24, "LINEITEM_ID": "e" * 24}
    rows[corrected] = {**rows[corrected], "ITEM_PRICE": "23.45"}
    refused = [{**rows[late], "ITEM_QUANTITY": "0"}, {**rows[late], "LINEITEM_ID": ""}]
    return [row for number, row in enumerate(rows) if number != deleted] + [new, *refused]


def _plain_line(rows: Rows, month: str) -> int:
    """Return the position of a line in the middle of a day, whose order has no other line."""
    lines = Counter(row["ORDER_ID"] for row in rows)
    for number, row in enumerate(rows):
        moment = row["CREATION_TIME_UTC"]
        plain = row["LINEITEM_ID"] and "DEVELOPMENT" not in row["APP_NAME"] and lines[row["ORDER_ID"]] == 1
        if moment.startswith(month) and moment[11:13] in ("15", "16", "17") and plain:
            return number
    raise AssertionError(f"no plain line in {month}")


def _rewrite(path: Path, change: Callable[[Rows], Rows]) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        header, rows = list(reader.fieldnames or ()), list(reader)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))
