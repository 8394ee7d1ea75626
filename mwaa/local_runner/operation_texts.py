"""What the commands for operators print: the quarantine, and the history of a table."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from biz_insights.lake.holds import Hold
from biz_insights.reports.quarantine import ReasonFigures, Sample
from biz_schema.quarantine_reasons import QUARANTINE_REASONS

WIDTH = 110


def quarantine_text(figures: Sequence[ReasonFigures], samples: Sequence[Sample], reason: str) -> str:
    """Return the report of the quarantine: a block for each table and reason."""
    if not figures:
        return f"no row is in quarantine{f' as {reason}' if reason else ''}\n"
    return "\n".join(line for found in figures for line in _reason_lines(found, samples)) + "\n"


def _reason_lines(found: ReasonFigures, samples: Sequence[Sample]) -> list[str]:
    share = "" if found.share is None else f" ({100 * found.share:.2f} % of the source's rows)"
    money = "" if found.amount is None else f", {found.amount:,.2f} of money"
    days = "" if found.first_day is None else f", {found.first_day} to {found.last_day}"
    declared = QUARANTINE_REASONS.get(found.reason)
    lines = [f"{found.source_table}: {found.reason}", f"  {found.rows:,} row(s){share}{money}{days}"]
    if declared:
        lines += _wrapped("because", declared.meaning) + _wrapped("what to do", declared.what_to_do)
    lines += [
        f"  row {sample.source_id}  {sample.raw}"
        for sample in samples
        if (sample.source_table, sample.reason) == (found.source_table, found.reason)
    ]
    return [*lines, ""]


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(f"{head}: {text}", WIDTH, initial_indent="  ", subsequent_indent="    ")


def history_text(table: str, partition: str, rows: Sequence[Mapping[str, Any]], hold: Hold | None) -> str:
    """Return the history of a table: a line for each release that changed it, and what is held.

    Args:
        table: the table.
        partition: the partition that the rows are of; empty for the whole table.
        rows: `release`, `published_at`, `run`, `process_date`, `added`, `replaced`, `removed`, oldest first.
        hold: the hold of the table, if there is one.
    """
    head = f"{'release':>7}  {'when (UTC)':<16}  {'process date':<12}  {'added':>6}{'replaced':>10}{'removed':>9}  run"
    lines = [f"{table}{f', partition {partition}' if partition else ''}", head]
    newest = max(row["release"] for row in rows)
    for row in rows:
        marks = [
            *(["current"] if row["release"] == newest else []),
            *(["held"] if hold and row["release"] == _held_row(rows, hold) else []),
        ]
        note = f"  <- {', '.join(marks)}" if marks else ""
        when = str(row["published_at"])[:16]
        counts = f"{row['added']:>6,}{row['replaced']:>10,}{row['removed']:>9,}"
        lines.append(f"{row['release']:>7}  {when:<16}  {row['process_date']:<12}  {counts}  {row['run']}{note}")
    if hold is not None:
        lines += ["", *_wrapped("hold", hold.text), f"  lift it with make rollback TABLE={table} LIFT=1"]
    return "\n".join(lines) + "\n"


def _held_row(rows: Sequence[Mapping[str, Any]], hold: Hold) -> int:
    """Return the release whose state is held: the last one up to that of the hold that changed the table."""
    return max((row["release"] for row in rows if row["release"] <= hold.release), default=0)
