"""Settings with a fixed list of values, which both the jobs and the plugins read."""

from __future__ import annotations

from typing import Literal, get_args

PriceBasis = Literal["line_total", "unit_price"]
"""What the source's ITEM_PRICE is: the total of the line, or the price of one unit."""

PRICE_BASES: tuple[str, ...] = get_args(PriceBasis)
LINE_TOTAL, UNIT_PRICE = PRICE_BASES

NegativeLines = Literal["auto", "refund", "quarantine"]
"""What a line with a negative price or quantity is: a refund, or a damaged row; `auto`: what the data shows."""

NEGATIVE_LINES: tuple[str, ...] = get_args(NegativeLines)
AUTO, REFUND_RULE, QUARANTINE_RULE = NEGATIVE_LINES
NEGATIVE_LINE_RULES = (REFUND_RULE, QUARANTINE_RULE)
"""What `auto` decides between."""
