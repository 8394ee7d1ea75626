"""The churn and segment sections: churn status counts and moves between segments, guests out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from biz_insights.reports.queries import LARGEST_MOVES
from biz_insights.reports.reading import WEEK, Row

STATUSES = ("new", "active", "at_risk", "churned")
JUDGED = "backtested"


@dataclass(frozen=True)
class ChurnCount:
    """The customers of one churn status.

    Attributes:
        share: their share of all customers.
        before: their number 7 days earlier; None when that day has no churn status.
        value_at_risk: their expected net sales of the next 365 days that may be lost; None without an estimate.
    """

    status: str
    customers: int
    share: float
    before: int | None
    value_at_risk: Decimal | None


@dataclass(frozen=True)
class ChurnFigures:
    """Churn in one currency.

    Attributes:
        customers: all customers of the currency.
        counts: by status; empty when the mart has no churn status.
        judged: whether the mart has a churn status.
        why, reason: `churn_threshold_status`, and its reason in words.
        validated: whether back-tests support the probabilities.
        model_reason: the model in use, and why it is used.
        value_validated, value_reason: the same for the value at risk.
        asks_who_left: whether the model estimates if a customer has left; without that there is no value at risk.
    """

    customers: int
    counts: tuple[ChurnCount, ...]
    judged: bool
    why: str
    reason: str
    validated: bool
    model_reason: str
    value_validated: bool
    value_reason: str
    asks_who_left: bool


@dataclass(frozen=True)
class Move:
    """The number of customers who moved from one segment to another, and their share of the first segment.

    The share (`rate`) has a 95 % interval. Both are None for new customers, who were in no segment.
    """

    from_segment: str
    to_segment: str
    customers: int
    from_customers: int | None
    rate: float | None
    rate_low: float | None
    rate_high: float | None


@dataclass(frozen=True)
class MoveFigures:
    """Moves of one currency from the end of one month to the end of the next.

    Attributes:
        largest: the moves with the most customers.
        moved: customers who changed segment.
        stayed: customers in the same segment at both dates.
        joined: customers without an order at the first date.
    """

    from_month_end: date
    to_month_end: date
    largest: tuple[Move, ...]
    moved: int
    stayed: int
    joined: int


def churn_figures(currency: str, as_of: date, rows: Sequence[Row]) -> ChurnFigures | None:
    """Return the churn of one currency from rows of CHURN, or None when there are no customers on the day."""
    mine = [row for row in rows if row["currency"] == currency]
    now = [row for row in mine if row["as_of_date"] == as_of]
    if not now:
        return None
    before = [row for row in mine if row["as_of_date"] == as_of - timedelta(days=WEEK)]
    judged = all(row["churn_threshold_status"] == JUDGED and row["churn_status"] is not None for row in now)
    before_judged = bool(before) and all(row["churn_threshold_status"] == JUDGED for row in before)
    total = sum(row["customers"] for row in now)
    counts = []
    for status in STATUSES if judged else ():
        these = [row for row in now if row["churn_status"] == status]
        count = sum(row["customers"] for row in these)
        amounts = [row["value_at_risk"] for row in these if row["value_at_risk"] is not None]
        earlier = sum(row["customers"] for row in before if row["churn_status"] == status) if before_judged else None
        counts.append(ChurnCount(status, count, count / total, earlier, sum(amounts, Decimal(0)) if amounts else None))
    return ChurnFigures(
        customers=total,
        counts=tuple(counts),
        judged=judged,
        why=next((row["churn_threshold_status"] for row in now if row["churn_threshold_status"] != JUDGED), JUDGED),
        reason=now[0]["churn_threshold_reason"] or "",
        validated=all(row["model_status"] == "validated" for row in now),
        model_reason=now[0]["model_reason"] or "",
        value_validated=all(row["value_status"] == "validated" for row in now),
        value_reason=now[0]["value_reason"] or "",
        asks_who_left=any(row["p_alive_status"] == "estimated" for row in now),
    )


def move_figures(currency: str, rows: Sequence[Row]) -> MoveFigures | None:
    """Return the moves of one currency from rows of SEGMENT_MOVES, or None when there are none."""
    mine = [row for row in rows if row["currency"] == currency]
    if not mine:
        return None
    known = [row for row in mine if row["from_customers"] is not None]
    moved = [row for row in known if row["from_segment"] != row["to_segment"]]
    largest = sorted(moved, key=lambda row: (-row["customers"], row["from_segment"], row["to_segment"]))
    return MoveFigures(
        from_month_end=mine[0]["from_month_end"],
        to_month_end=mine[0]["to_month_end"],
        largest=tuple(_move(row) for row in largest[:LARGEST_MOVES]),
        moved=sum(row["customers"] for row in moved),
        stayed=sum(row["customers"] for row in known if row["from_segment"] == row["to_segment"]),
        joined=sum(row["customers"] for row in mine if row["from_customers"] is None),
    )


def _move(row: Row) -> Move:
    return Move(
        row["from_segment"],
        row["to_segment"],
        row["customers"],
        row["from_customers"],
        row["transition_rate"],
        row["transition_rate_low"],
        row["transition_rate_high"],
    )
