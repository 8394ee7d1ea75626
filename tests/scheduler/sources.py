"""Two small sources of one chain: A, and B, in which a row of A is corrected, one is deleted, and one arrived late."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.integration.conftest import sample, without_orders_before

FIRST_MONTH = "2023-11"
LAST_MOMENT = "2023-11-24"
"""No order is as new as this: the day before is the last one that may be published."""

DAYS = ("2023-11-20", "2023-11-21", "2023-11-22")
MORNING_AFTER = "2023-11-23"

SETTINGS = {"BIZ_INSIGHTS_VOLUME_LIMIT_PERCENT": "1000", "BIZ_INSIGHTS_VOLUME_LIMIT_DAY_PERCENT": "1000"}
"""A day has five rows, so one of them is more than the volume guard lets pass."""

Rows = list[dict[str, str]]


def sources(folder: Path) -> tuple[Path, Path]:
    """Write both sources. Return their folders."""
    files = without_orders_before(FIRST_MONTH, sample(folder / "all", "--seed", "7", "--negative-options"))
    lines = _rows(files / "order_items.csv")
    recent = [row for row in lines if FIRST_MONTH <= row["CREATION_TIME_UTC"] < LAST_MOMENT]
    return _write(files, folder / "a", recent), _write(files, folder / "b", _changed(recent))


def _changed(rows: Rows) -> Rows:
    """Return the rows with one line of more money, without another line, and with a line more."""
    plain = [
        number for number, row in enumerate(rows) if row["LINEITEM_ID"] and row["CREATION_TIME_UTC"] >= "2023-11-09"
    ]
    corrected, deleted, late = plain[0], plain[5], plain[10]
    new = {**rows[late], "ORDER_ID": "f" * 24, "LINEITEM_ID": "e" * 24}
    changed = [
        {**row, "ITEM_PRICE": "23.45"} if number == corrected else row
        for number, row in enumerate(rows)
        if number != deleted
    ]
    return [*changed, new]


def _write(files: Path, folder: Path, lines: Rows) -> Path:
    shutil.copytree(files, folder)
    orders = {row["ORDER_ID"] for row in lines}
    _rewrite(folder / "order_items.csv", lambda _: lines)
    _rewrite(folder / "order_item_options.csv", lambda rows: [row for row in rows if row["ORDER_ID"] in orders])
    return folder


def _rows(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _rewrite(path: Path, change: Callable[[Rows], Rows]) -> None:
    rows = _rows(path)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))
