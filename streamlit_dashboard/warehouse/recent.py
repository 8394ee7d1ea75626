"""The recent part of the operations tables, which grow for ever: queries read these partitions only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

RECENT_DAYS = 35

_RUN_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def since(newest: date) -> date:
    """Return the first recent day, counted back from the newest publish."""
    return newest - timedelta(days=RECENT_DAYS)


def runs(first: date, newest_run: str = "") -> tuple[str, dict[str, Any]]:
    """Return a condition on the partition key `run`, and its parameters: runs of a recent day.

    The name of a run contains the day on which it was due. That of a backfill contains an older day, and a name that
    somebody has chosen may contain none, so that these runs always count.
    """
    condition = (
        "(run = %(newest_run)s OR run LIKE 'backfill%%'"
        f" OR NOT REGEXP_LIKE(run, '{_RUN_DAY}') OR REGEXP_EXTRACT(run, '{_RUN_DAY}') >= %(first_day)s)"
    )
    return condition, {"newest_run": newest_run, "first_day": first.isoformat()}


def months(first: date) -> tuple[str, dict[str, Any]]:
    """Return a condition on the partition key `month`, and its parameters."""
    return "month >= %(first_month)s", {"first_month": f"{first:%Y-%m}"}
