"""Totals, ratios and comparisons of figures of which some, or all, are missing: a sum of nothing is no zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from biz_insights.coverage import Coverage
from streamlit_dashboard import formats


def total(values: pd.Series[Any]) -> float | None:
    """The sum of the values that are there; None where none is."""
    there = values.dropna()
    return float(there.sum()) if len(there) else None


def ratio(part: Any, whole: Any) -> float | None:
    """`part / whole`; None where either is missing, or the whole is zero."""
    if formats.missing(part) or formats.missing(whole) or not whole:
        return None
    return float(part) / float(whole)


def shares(parts: pd.Series[Any], whole: Any = None) -> pd.Series[Any]:
    """Each value's part of the whole (default: of their sum); missing where the whole is missing or zero."""
    of = total(parts) if whole is None else whole
    return parts.astype("float64") / (float("nan") if formats.missing(of) or not of else float(of))


def ratios(parts: pd.Series[Any], wholes: pd.Series[Any]) -> pd.Series[Any]:
    """Row by row `part / whole`; missing where the whole is missing or zero."""
    return parts.astype("float64") / wholes.where(wholes != 0).astype("float64")


def mean(values: pd.Series[Any], weights: pd.Series[Any]) -> float | None:
    """The weighted mean of the values that are there; None where none is."""
    there = values.notna() & weights.notna()
    return ratio(total((values * weights)[there]), total(weights[there]))


@dataclass(frozen=True)
class Comparison:
    """A total and the one before it, over what can be compared; None for what is missing."""

    now: float | None
    before: float | None
    coverage: Coverage

    @property
    def change(self) -> float | None:
        """As a part of the one before; None where that is not above zero, or too little can be compared."""
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
        """What stands beside it: how much of the period it is of."""
        return self.coverage.text

    @property
    def note(self) -> str:
        """Why it is withheld, for the figure's help; empty where it is not."""
        if not self.coverage.enough:
            return self.coverage.withheld
        return "" if self.change is not None else "Nothing above zero to compare with."


@dataclass(frozen=True)
class Windows:
    """The days of a period beside those as long before, by their number in it: an index that both frames share."""

    now: pd.DataFrame
    before: pd.DataFrame

    def compare(self, column: str, per: str | None = None) -> Comparison:
        """The totals of a column, over those of another where `per` names one.

        They are of the days with values on both sides; the coverage is of those with values on either.
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
        """Of the days with sales in either, those with sales in both."""
        return Coverage(
            len(self.now.index.intersection(self.before.index)), len(self.now.index.union(self.before.index))
        )


def windows(rows: pd.DataFrame, column: str, last: date, days: int, back: int) -> Windows:
    """The `days` that end with `last` beside those `back` days earlier.

    Args:
        rows: one row a day with sales. column: its day.
    """
    ago = (pd.Timestamp(last) - rows[column]).dt.days
    numbered = rows.set_index(ago)
    return Windows(
        numbered[(ago >= 0).to_numpy() & (ago < days).to_numpy()],
        numbered[(ago >= back).to_numpy() & (ago < back + days).to_numpy()].rename(index=lambda n: n - back),
    )
