"""How far to trust the figures: scores by checkpoint, what failed, the ledger, quarantined rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from biz_insights.reports.reading import Row
from biz_schema.severities import WEIGHTS


@dataclass(frozen=True)
class CheckpointResult:
    """The newest check that let a build pass. ``score`` of 100; ``failed`` of ``expectations``, the infos included."""

    checkpoint: str
    process_date: date
    score: float
    expectations: int
    failed: int


@dataclass(frozen=True)
class Failure:
    """An expectation that failed without blocking the publish."""

    table: str
    rule: str
    severity: str
    found: str
    why: str
    fix: str


@dataclass(frozen=True)
class LedgerRow:
    """Rows of one source table in the published batch, and the money they state (None for a table without money).

    Of the order lines also how many are negative, how many of those are of an item or order that was sold too, and the
    rule they were treated by: ``refund`` or ``quarantine``.
    """

    source_table: str
    source: int
    accepted: int
    quarantined: int
    source_amount: Decimal | None
    accepted_amount: Decimal | None
    quarantined_amount: Decimal | None
    negative_lines_rule: str | None
    negative_lines: int | None
    negative_lines_explained: int | None

    @property
    def balanced(self) -> bool:
        """Every source row, and its money, is accepted or quarantined."""
        if self.source != self.accepted + self.quarantined:
            return False
        amounts = (self.source_amount, self.accepted_amount, self.quarantined_amount)
        source, accepted, quarantined = (amount or Decimal(0) for amount in amounts)
        return source == accepted + quarantined


@dataclass(frozen=True)
class Reason:
    """Quarantined rows of one source table that carry one reason."""

    source_table: str
    reason: str
    rows: int


def checkpoint_results(rows: Sequence[Row]) -> tuple[CheckpointResult, ...]:
    """One result a checkpoint, from rows of CHECKPOINTS (one a checkpoint and severity, sorted by checkpoint)."""
    results = []
    for checkpoint, group in groupby(rows, key=lambda row: str(row["checkpoint"])):
        parts = list(group)
        results.append(
            CheckpointResult(
                checkpoint,
                max(part["process_date"] for part in parts),
                parts[0]["score"],
                sum(part["expectations"] for part in parts),
                sum(part["failed"] for part in parts),
            )
        )
    return tuple(results)


def overall_score(rows: Sequence[Row]) -> float | None:
    """The share of all checkpoints' weighted expectations that passed, 0 to 100, rounded down; None without any row.

    As :func:`biz_insights.quality.outcome.score_of` counts: a small suite weighs what its expectations weigh.
    """
    if not rows:
        return None
    total = sum(WEIGHTS[row["severity"]] * row["expectations"] for row in rows)
    passed = sum(WEIGHTS[row["severity"]] * (row["expectations"] - row["failed"]) for row in rows)
    return 100.0 if total == 0 else (passed * 1000 // total) / 10


def failures(rows: Sequence[Row]) -> tuple[Failure, ...]:
    """From rows of FAILED_EXPECTATIONS."""
    return tuple(
        Failure(row["table_name"], row["rule_name"], row["severity"], _found(row), row["why"] or "", row["fix"] or "")
        for row in rows
    )


def _found(row: Row) -> str:
    if row["unexpected_count"] is not None:
        return f"{row['unexpected_count']:,} unexpected"
    return str(row["observed"] or "not said")


def ledger(rows: Sequence[Row]) -> tuple[LedgerRow, ...]:
    """From rows of LEDGER."""
    return tuple(
        LedgerRow(
            row["source_table"],
            row["source_rows"],
            row["accepted_rows"],
            row["quarantined_rows"],
            row["source_amount"],
            row["accepted_amount"],
            row["quarantined_amount"],
            row["negative_lines_rule"],
            row["negative_lines"],
            row["negative_lines_explained"],
        )
        for row in rows
    )


def reasons(rows: Sequence[Row]) -> tuple[Reason, ...]:
    """From rows of QUARANTINE."""
    return tuple(Reason(row["source_table"], row["reason"], row["quarantined_rows"]) for row in rows)
