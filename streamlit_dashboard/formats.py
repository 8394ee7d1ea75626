"""How figures are written on screen and in tables: money, counts, shares, dates."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import pandas as pd

Kind = Literal["text", "money", "count", "number", "share", "date", "time", "flag"]
SYMBOLS = {"USD": "$", "CAD": "CA$", "EUR": "€", "GBP": "£"}
NONE = "–"
_WORD_JOINER = "\u2060"
_REWRITTEN = re.compile(r"-(?=-)|->|<-|[<>~]=|:material/|://|w(?=ww\.)", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """A column as it is shown: its name in the mart, its heading, what kind of figure it holds."""

    name: str
    label: str
    kind: Kind = "text"
    help: str | None = None


def missing(value: Any) -> bool:
    """Return whether a value is None, NaN, NaT or pd.NA."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT


def money(value: Any, currency: str, decimals: int = 2) -> str:
    """`1234.5, USD` → `$1,234.50`; a currency without a symbol here is named after the amount."""
    if missing(value):
        return NONE
    sign = "−" if value < 0 else ""
    amount = f"{abs(float(value)):,.{decimals}f}"
    return _with_currency(sign, amount, currency)


def short_money(value: Any, currency: str) -> str:
    """`1975945` → `$1.98M`: for axes and labels, where the hover has the cents."""
    if missing(value):
        return NONE
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            unit, decimals = (1e3, 1) if letter == "k" else (size, 2)
            sign = "−" if value < 0 else ""
            return _with_currency(sign, f"{abs(float(value)) / unit:,.{decimals}f}{letter}", currency)
    return money(value, currency, 0)


def _with_currency(sign: str, amount: str, currency: str) -> str:
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency}".rstrip()


def count(value: Any) -> str:
    """`130732` → `130,732`."""
    return NONE if missing(value) else f"{round(value):,}".replace("-", "−")


def number(value: Any, decimals: int = 2) -> str:
    """`0.12345` → `0.12`."""
    return NONE if missing(value) else f"{float(value):,.{decimals}f}".replace("-", "−")


def share(value: Any, decimals: int = 1) -> str:
    """`0.1234` → `12.3 %`."""
    return NONE if missing(value) else f"{100 * float(value):,.{decimals}f} %".replace("-", "−")


def change(value: Any, decimals: int = 1) -> str:
    """`0.1234` → `+12.3 %`."""
    if missing(value):
        return NONE
    return ("+" if value >= 0 else "") + share(value, decimals)


def day(value: Any) -> str:
    """`2024-02-18` → `18 Feb 2024`."""
    return NONE if missing(value) else f"{value.day} {value:%b %Y}"


def age(seconds: float) -> str:
    """`4000` → `1 h 6 min`."""
    minutes = int(max(seconds, 0)) // 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} days"


def plain(text: str) -> str:
    """Return a text of the source (a category, an item) as Markdown that shows it as it is, even links and images."""
    # Streamlit draws arrows, dashes, icons and links after it has read the Markdown, so that no escape prevents it.
    joined = _REWRITTEN.sub(lambda found: _WORD_JOINER.join((found[0][:1], found[0][1:])), " ".join(text.splitlines()))
    return re.sub(r"([\\`*_\[\]{}()#+!|<>~$:&])", r"\\\1", joined)


def bands(edges: Sequence[str], unit: str = "") -> list[str]:
    """Return the names of the bands between edges: `under 1`, `1 – 2`, `2 or more`."""
    between = [f"{low} – {high}{unit}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}{unit}", *between, f"{edges[-1]}{unit} or more"]
