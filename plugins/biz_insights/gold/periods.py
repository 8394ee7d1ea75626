"""Calendar periods of the incremental aggregates. Functions take an ISO date and return the first day of a period.

Closed periods are stored in few files or as totals. So a daily run reads what changed and the days of the open periods,
however many years of orders there are.
"""

from __future__ import annotations

from datetime import date, timedelta

QUARTERS_READ_BY_DAY = 5
"""Whole quarters before the quarter of the process date whose customer days are read one by one, not as totals.

`gold_segment_transitions` needs the most: the customers at the ends of sixteen months.
"""


def quarter_of(day: str) -> str:
    """Return the first day of the quarter of a day: `2024-02-17` → `2024-01-01`."""
    return f"{day[:5]}{(int(day[5:7]) - 1) // 3 * 3 + 1:02d}-01"


def quarter_before(day: str) -> str:
    """Return the first day of the latest quarter that ended before the day: `2024-02-17` → `2023-10-01`."""
    return quarter_of((date.fromisoformat(quarter_of(day)) - timedelta(days=1)).isoformat())


def cutoff_date(process_date: str) -> str:
    """Return the cutoff date: `2024-02-17` → `2022-10-01`. Customer days before it are read as totals."""
    found = quarter_of(process_date)
    for _ in range(QUARTERS_READ_BY_DAY):
        found = quarter_before(found)
    return found


def year_of(day: str, later: int = 0) -> str:
    """Return the first day of the year of a day, or `later` years after it: `2024-02-17` → `2024-01-01`."""
    return f"{int(day[:4]) + later:04d}-01-01"


def year_before_last(process_date: str) -> str:
    """Return the first day of the latest year whose following year is over too: `2024-02-17` → `2022-01-01`."""
    return year_of(process_date, -2)


def first_open_year(process_date: str) -> str:
    """Return the first year that is not closed: `2024-02-17` → `2023-01-01`.

    Customers of months and years from this date on are counted from customer days.
    """
    return year_of(process_date, -1)


def process_date_with_cutoff(cutoff: str) -> str:
    """Return the first day whose cutoff date is this one: `2022-10-01` → `2024-01-01`."""
    months = int(cutoff[:4]) * 12 + int(cutoff[5:7]) - 1 + 3 * QUARTERS_READ_BY_DAY
    return f"{months // 12:04d}-{months % 12 + 1:02d}-01"
