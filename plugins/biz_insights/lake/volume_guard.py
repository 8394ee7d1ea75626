"""The volume guard: a publish that changes too much of what readers have seen waits for an operator.

Checks compare a batch with itself. A source that lost half of its rows, cut between two rows, passes them all. The
guard compares the days of silver's order lines with the published ones, in rows and in money, and looks for values that
are implausible by themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from biz_insights.errors import PermanentError
from biz_insights.lake.catalog import PublishedPartition
from biz_insights.lake.day_changes import LEAST_ROWS, changes_of_closed_days, closed_days, large_changes, total_shares
from biz_insights.lake.day_volumes import Counted, DayVolume, Volumes, volumes
from biz_insights.lake.implausible_values import implausible_values
from biz_insights.settings import Settings

SHOWN_DAYS = 10


class VolumeError(PermanentError):
    """A publish would change too much of what readers have seen, or has implausible values."""


@dataclass(frozen=True)
class Finding:
    """A day that needs an operator: what it holds before and after, and why it was found.

    Rows and net sales are None where they are not known. A new day has nothing before, a vanished day nothing after.
    """

    day: str
    rows_before: int | None
    rows_after: int | None
    amount_before: Decimal | None
    amount_after: Decimal | None
    reason: str

    @property
    def text(self) -> str:
        """Return the finding as text: `2024-01-05 (rows 120 → 60, net sales 900.00 → 450.00)`."""
        rows = f"rows {_count(self.rows_before)} → {_count(self.rows_after)}"
        money = f"net sales {_money(self.amount_before)} → {_money(self.amount_after)}"
        return f"{self.day} ({rows}, {money}{': ' if self.reason else ''}{self.reason})"


@dataclass(frozen=True)
class VolumeReport:
    """What the guard found: sentences that sum it up, and the days. Without sentences the publish may go on."""

    summary: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def text(self) -> str:
        """Return what was found on one line, with the first days."""
        shown = ", ".join(finding.text for finding in self.findings[:SHOWN_DAYS])
        more = len(self.findings) - SHOWN_DAYS
        rest = f", and {more:,} more day(s)" if more > 0 else ""
        return f"{'; '.join(self.summary)}. Days: {shown}{rest}"

    def raise_if_blocked(self, accept_changes: bool) -> list[str]:
        """Fail the task if something was found that no operator has accepted.

        Args:
            accept_changes: the DAG parameter of this name: an operator has looked at the days and accepts them.

        Returns:
            A line for the log that says what was accepted; none when nothing was found.

        Raises:
            VolumeError: something was found. One line: how much, the first days, what to do next.
        """
        if not self.summary:
            return []
        if accept_changes:
            return [f"volume guard: accepted by accept_changes: {self.text}"]
        raise VolumeError(
            f"the volume guard stopped the publish: {self.text}. The published tables are unchanged. Next: look for "
            "lost, doubled or wrong rows in the source, correct them and clear the run from its first task; if the "
            "source or a changed setting is right, trigger the DAG again with the parameter accept_changes = true"
        )


def volume_report(
    published: Mapping[str, PublishedPartition],
    built: Mapping[str, Counted],
    removed: Collection[str],
    process_date: str,
    settings: Settings,
) -> VolumeReport:
    """Compare the days of silver's order lines with the published ones.

    Args:
        published: published partitions by day; empty on the first load.
        built: what was built, by day; unchanged days may be among them (see `Manifest.volumes`).
        removed: published days that the source no longer has.
        process_date: last complete day, `YYYY-MM-DD`.
        settings: has the limits `volume_limit_percent` and `volume_limit_day_percent`.
    """
    found = volumes(published, built, removed)
    summary, reasons = _closed_days(found, process_date, settings)
    implausible = implausible_values(found)
    if implausible:
        summary.append(f"{len(implausible):,} day(s) with implausible values")
    for value in implausible:
        reasons[value.day] = "; ".join(filter(None, (reasons.get(value.day), value.reason)))
    return VolumeReport(tuple(summary), tuple(_finding(found, day, reason) for day, reason in sorted(reasons.items())))


def _closed_days(found: Volumes, process_date: str, settings: Settings) -> tuple[list[str], dict[str, str]]:
    """Return sentences about the closed days beyond a limit, and the days with their reasons."""
    closed = closed_days(found, process_date)
    changes = changes_of_closed_days(found, closed)
    rows, amount = total_shares(changes, closed)
    large = large_changes(changes, closed, Decimal(str(settings.volume_limit_day_percent)))
    summary, reasons = [], {}
    # In a lake of a few rows, each correction is a large share of everything.
    is_small = sum(volume.rows or 0 for volume in closed.values()) < LEAST_ROWS
    if not is_small and max(rows, amount) > Decimal(str(settings.volume_limit_percent)):
        summary.append(
            f"{len(changes):,} of {len(closed):,} closed day(s) change by {rows:.1f} % of all rows and "
            f"{amount:.1f} % of all net sales (volume_limit_percent is {settings.volume_limit_percent:g})"
        )
        reasons = {change.day: "" for change in changes}
    if large:
        summary.append(
            f"{len(large):,} closed day(s) change by up to {max(map(max, large.values())):.0f} % each "
            f"(volume_limit_day_percent is {settings.volume_limit_day_percent:g})"
        )
        reasons |= {day: "" if day in found.after else "the day vanishes" for day in large}
    return summary, reasons


def _finding(found: Volumes, day: str, reason: str) -> Finding:
    nothing = DayVolume(0, Decimal(0), None)
    before, after = found.before.get(day, nothing), found.after.get(day, nothing)
    return Finding(day, before.rows, after.rows, before.amount, after.amount, reason)


def _count(rows: int | None) -> str:
    return "unknown" if rows is None else f"{rows:,}"


def _money(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,.2f}"
