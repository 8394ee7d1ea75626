"""Limits beyond which a value of the source is a mistake: its row is quarantined."""

from __future__ import annotations

FIRST_YEAR = 1900
LAST_YEAR = 2199
"""Years in which an order can be dated."""

CLOCK_SLACK_HOURS = 24
"""Hours that an order may be dated after it was read. A till's clock may be wrong, or set to local time (Auckland is 13
hours ahead of UTC). An order dated later than that is a mistake, and as a duplicate it would replace the true line."""

AMOUNT_LIMIT = 10**11
"""Amounts of this size are typing errors. Below it no line's sum can overflow `decimal(18,4)`."""
