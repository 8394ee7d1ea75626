"""Calendar periods by which gold closes its books: ISO dates in, the first day of a period out.

What lies in a closed period is kept in few files or as balances, so that a day's run reads what changed and what is
still open, however long the chain has been selling.
"""

from __future__ import annotations

from datetime import date, timedelta

QUARTERS_OPEN = 5
"""Whole quarters before that of the process date whose customer days are read day by day, not from a balance.

The segments' moves need the most: the ends of sixteen months.
"""


def quarter_of(day: str) -> str:
    """``2024-02-17`` → ``2024-01-01``, the first day of its quarter."""
    return f"{day[:5]}{(int(day[5:7]) - 1) // 3 * 3 + 1:02d}-01"


def quarter_before(day: str) -> str:
    """``2024-02-17`` → ``2023-10-01``, the first day of the latest quarter that was over by then."""
    return quarter_of((date.fromisoformat(quarter_of(day)) - timedelta(days=1)).isoformat())


def cutoff_date(process_date: str) -> str:
    """``2024-02-17`` → ``2022-10-01``: what customers did before it is brought forward as balances."""
    found = quarter_of(process_date)
    for _ in range(QUARTERS_OPEN):
        found = quarter_before(found)
    return found


def year_of(day: str, later: int = 0) -> str:
    """``2024-02-17`` → ``2024-01-01``, the first day of its year or of the year so many later."""
    return f"{int(day[:4]) + later:04d}-01-01"


def year_before_last(process_date: str) -> str:
    """``2024-02-17`` → ``2022-01-01``, the latest year of which also the year after it is over."""
    return year_of(process_date, -2)


def first_open_year(process_date: str) -> str:
    """``2024-02-17`` → ``2023-01-01``: months and years from here on are counted from customer days."""
    return year_of(process_date, -1)
