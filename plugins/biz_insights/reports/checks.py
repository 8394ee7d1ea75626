"""The data quality section: scores by checkpoint, failed expectations, the ledger, quarantined rows."""

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
    """The newest run of a checkpoint that did not block.

    `score` is out of 100. `failed` of the `expectations` failed; both include those of severity info.
    """

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
    """Rows of one source table in the published batch, and their amounts of money (None for a table without money).

    For order lines also: `negative_lines`, how many have a negative price or quantity; `negative_lines_explained`, how
    many of these have an item or order that was sold too; and `negative_lines_rule`, `refund` or `quarantine`.
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
        """Return whether every source row and its money is accepted or quarantined."""
        if self.source != self.accepted + self.quarantined:
            return False
        amounts = (self.source_amount, self.accepted_amount, self.quarantined_amount)
        source, accepted, quarantined = (amount or Decimal(0) for amount in amounts)
        return source == accepted + quarantined


@dataclass(frozen=True)
class Reason:
    """The number of quarantined rows of one source table with one reason."""

    source_table: str
    reason: str
    rows: int


def checkpoint_results(rows: Sequence[Row]) -> tuple[CheckpointResult, ...]:
    """Return one result for each checkpoint, from rows of CHECKPOINTS.

    The rows have one row for each checkpoint and severity, sorted by checkpoint.
    """
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
    """Return the weighted share of expectations that passed in all checkpoints, 0 to 100, rounded down to one decimal.

    It is computed like `biz_insights.quality.outcome.score_of`. None when there are no rows.
    """
    if not rows:
        return None
    total = sum(WEIGHTS[row["severity"]] * row["expectations"] for row in rows)
    passed = sum(WEIGHTS[row["severity"]] * (row["expectations"] - row["failed"]) for row in rows)
    return 100.0 if total == 0 else (passed * 1000 // total) / 10


def failures(rows: Sequence[Row]) -> tuple[Failure, ...]:
    """Return the failures from rows of FAILED_EXPECTATIONS."""
    return tuple(
        Failure(row["table_name"], row["rule_name"], row["severity"], _found(row), row["why"] or "", row["fix"] or "")
        for row in rows
    )


def _found(row: Row) -> str:
    if row["unexpected_count"] is not None:
        return f"{row['unexpected_count']:,} unexpected"
    return str(row["observed"] or "not reported")


def ledger(rows: Sequence[Row]) -> tuple[LedgerRow, ...]:
    """Return the ledger from rows of LEDGER."""
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
    """Return the quarantine reasons from rows of QUARANTINE."""
    return tuple(Reason(row["source_table"], row["reason"], row["quarantined_rows"]) for row in rows)
