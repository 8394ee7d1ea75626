"""What a figure draws: whether it has values, and how many points a browser gets."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

MAX_POINTS = 5_000


class TooManyPointsError(ValueError):
    """A figure has more points than a browser should get; aggregate before drawing."""


def has_values(figure: go.Figure) -> bool:
    """Return whether the figure shows more than axes and reference lines."""
    drawn = (trace for trace in figure.data if trace.hoverinfo != "skip")
    return any(pd.notna(pd.Series(_values(trace), dtype=object)).any() for trace in drawn)


def _values(trace: Any) -> list[Any]:
    """Return the values on a trace's axis of values."""
    if trace.type == "heatmap":
        return list(trace.z.ravel())
    # Marks with intervals, and horizontal bars, have their values on x.
    found = trace.x if trace.customdata is not None else trace.y
    return [] if found is None else list(found)


def points_of(figure: go.Figure) -> int:
    """Return how many values a figure sends to the browser."""
    return sum(_length(trace) for trace in figure.data)


def _length(trace: Any) -> int:
    if trace.type == "heatmap":
        return int(trace.z.size)
    return max(len(trace.x) if trace.x is not None else 0, len(trace.y) if trace.y is not None else 0)


def checked(figure: go.Figure) -> go.Figure:
    """Return the figure.

    Raises:
        TooManyPointsError: it has more than `MAX_POINTS` points.
    """
    if (points := points_of(figure)) > MAX_POINTS:
        raise TooManyPointsError(f"a chart of {points:,} points; draw at most {MAX_POINTS:,}: weeks instead of days")
    return figure
