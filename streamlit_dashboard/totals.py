"""Totals, ratios and comparisons of figures that may be missing: a sum of nothing is missing, not zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from biz_insights.coverage import Coverage
from streamlit_dashboard import formats


def total(values: pd.Series[Any]) -> float | None:
    """Return the sum of the values that are not missing; None if all are."""
    there = values.dropna()
    return float(there.sum()) if len(there) else None


def ratio(part: Any, whole: Any) -> float | None:
    """Return `part / whole`; None if either is missing, or the whole is zero."""
    if formats.missing(part) or formats.missing(whole) or not whole:
        return None
    return float(part) / float(whole)


def shares(parts: pd.Series[Any], whole: Any = None) -> pd.Series[Any]:
    """Return each value's part of the whole (default: of their sum); missing if the whole is missing or zero."""
    of = total(parts) if whole is None else whole
    return parts.astype("float64") / (float("nan") if formats.missing(of) or not of else float(of))


def ratios(parts: pd.Series[Any], wholes: pd.Series[Any]) -> pd.Series[Any]:
    """Return `part / whole` row by row; missing where the whole is missing or zero."""
    return parts.astype("float64") / wholes.where(wholes != 0).astype("float64")


def mean(values: pd.Series[Any], weights: pd.Series[Any]) -> float | None:
    """Return the weighted mean of the values that are not missing; None if all are."""
    there = values.notna() & weights.notna()
    return ratio(total((values * weights)[there]), total(weights[there]))


@dataclass(frozen=True)
class Comparison:
    """A total and the one before it, of what can be compared; None for what is missing."""

    now: float | None
    before: float | None
    coverage: Coverage

    @property
    def change(self) -> float | None:
        """Return the change as a part of `before`; None if that is not above zero, or too little can be compared."""
        if not self.coverage.enough or self.before is None or self.before <= 0:
            return None
        part = ratio(self.now, self.before)
        return None if part is None else part - 1

    @property
    def text(self) -> str:
        """`+7.4 %`, or `–`."""
        return formats.change(self.change)

    @property
    def small(self) -> str:
        """Return what to show beside the change: how much of the period was compared."""
        return self.coverage.text

    @property
    def note(self) -> str:
        """Return why no change is shown, for the figure's help; empty if one is shown."""
        if not self.coverage.enough:
            return self.coverage.withheld
        return "" if self.change is not None else "There is nothing above zero to compare with."


@dataclass(frozen=True)
class Windows:
    """The days of a period and of an earlier one of the same length, both indexed by the day's number in its period."""

    now: pd.DataFrame
    before: pd.DataFrame

    def compare(self, column: str, per: str | None = None) -> Comparison:
        """Compare the totals of a column, or of its ratio to the column `per`.

        Totals are of the days with values in both periods; the coverage counts the days with values in either.
        """
        needed = [column] if per is None else [column, per]
        now, before = (rows.dropna(subset=needed) for rows in (self.now, self.before))
        both = now.index.intersection(before.index)
        sums = [
            total(rows.loc[both, column])
            if per is None
            else ratio(total(rows.loc[both, column]), total(rows.loc[both, per]))
            for rows in (now, before)
        ]
        return Comparison(sums[0], sums[1], Coverage(len(both), len(now.index.union(before.index))))

    @property
    def coverage(self) -> Coverage:
        """Return how many of the days with sales in either period have sales in both."""
        return Coverage(
            len(self.now.index.intersection(self.before.index)), len(self.now.index.union(self.before.index))
        )


def windows(rows: pd.DataFrame, column: str, last: date, days: int, back: int) -> Windows:
    """Return the `days` that end with `last`, and the days `back` days earlier.

    Args:
        rows: one row a day with sales. column: its day.
    """
    ago = (pd.Timestamp(last) - rows[column]).dt.days
    numbered = rows.set_index(ago)
    return Windows(
        numbered[(ago >= 0).to_numpy() & (ago < days).to_numpy()],
        numbered[(ago >= back).to_numpy() & (ago < back + days).to_numpy()].rename(index=lambda n: n - back),
    )
