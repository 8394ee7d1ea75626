"""The formats of figures in the report. They equal those of the dashboards, whose module needs pandas; a test
compares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

SYMBOLS = {"USD": "$", "CAD": "CA$", "EUR": "€", "GBP": "£"}
NONE = "–"

Figure = Decimal | float | int | None


def money(value: Figure, currency: str) -> str:
    """Format an amount: `1234.5, USD` → `$1,234.50`. A currency without a symbol is written after the amount."""
    if value is None:
        return NONE
    sign, amount = "−" if value < 0 else "", f"{abs(value):,.2f}"
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency}".rstrip()


def count(value: Figure) -> str:
    """Format a count: `130732` → `130,732`."""
    return NONE if value is None else f"{round(value):,}".replace("-", "−")


def number(value: Figure, decimals: int = 1) -> str:
    """Format a number: `127.375` → `127.4`."""
    return NONE if value is None else f"{float(value):,.{decimals}f}".replace("-", "−")


def share(value: Figure, decimals: int = 1) -> str:
    """Format a share: `0.1234` → `12.3 %`."""
    return NONE if value is None else f"{100 * float(value):,.{decimals}f} %".replace("-", "−")


def change(value: Figure) -> str:
    """Format a change: `0.1234` → `+12.3 %`."""
    return NONE if value is None else ("+" if value >= 0 else "") + share(value)


def day(value: date) -> str:
    """Format a day: `2024-02-18` → `18 Feb 2024`."""
    return f"{value.day} {value:%b %Y}"


def weekday(value: date) -> str:
    """Format a day with its weekday: `2024-02-18` → `Sun 18 Feb`."""
    return f"{value:%a} {value.day} {value:%b}"
