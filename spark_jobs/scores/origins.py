"""Dates from which back-tests and frozen cut-offs look; they follow from the as-of date and the first day of data."""

from datetime import date, timedelta

WARM_UP_DAYS = 90
"""Customers first seen in these days may have ordered before the data begins: they are scored, but fitted only if too
few others are left."""

ORIGINS = 8
STEP_DAYS = 92  # holdouts of 90 days do not overlap, and from the fourth origin on a whole year follows
SHORTEST_HISTORY_DAYS = 2 * WARM_UP_DAYS


def past_origins(as_of: date, first_day: date) -> list[date]:
    """Return the origins of the back-tests, oldest first; each has at least SHORTEST_HISTORY_DAYS of data before it."""
    found = [as_of - timedelta(days=STEP_DAYS * step) for step in range(ORIGINS, 0, -1)]
    return [origin for origin in found if (origin - first_day).days >= SHORTEST_HISTORY_DAYS]


def quarter_start(as_of: date) -> date:
    """Return the first day of the as-of date's quarter; cut-offs are those of the day before it."""
    return date(as_of.year, 3 * ((as_of.month - 1) // 3) + 1, 1)
