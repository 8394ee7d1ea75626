"""The one chart style: Plotly figures with this project's colours, axes, hover and intervals.

Fonts, grid and background come from Streamlit's theme, light or dark. Each colour has a contrast of at least 3 : 1 with
both backgrounds, and colour-blind readers can tell the colours apart. Dashes, markers and labels show the same again.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from biz_insights import labels as naming
from streamlit_dashboard.chart_points import checked
from streamlit_dashboard.formats import SYMBOLS, Kind

BLUE, ORANGE, TEAL, PURPLE, GOLD, GREY = "#2E7FD0", "#D1660F", "#138A72", "#A763B5", "#A07A00", "#7A838C"
SEQUENCE = (BLUE, ORANGE, TEAL, PURPLE, GOLD, GREY)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOL_SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "x")
SEQUENTIAL = [[0.0, "rgba(46,127,208,0.06)"], [1.0, "rgba(46,127,208,0.6)"]]
INK = {"light": "#1c2530", "dark": "#e6ebf1"}
"""Text in charts: Streamlit's own grey is too pale on coloured cells."""

HEIGHT = 340
CONFIG = {"displayModeBar": False, "responsive": True}


Estimates = tuple[str, Any, Any, Any]
"""A name, and three sequences of numbers: values, lower and upper ends of their intervals (both None: no interval)."""


@dataclass(frozen=True)
class Series:
    """One line, or one row of bars or marks: values over x, with an interval if there is one."""

    name: str
    x: Sequence[Any] | pd.Series[Any]
    y: Sequence[Any] | pd.Series[Any]
    mark: Literal["line", "bars", "points"] = "line"
    colour: str | None = None
    dash: str | None = None
    width: float = 2.0
    low: pd.Series[Any] | None = None
    high: pd.Series[Any] | None = None
    hover: Sequence[str] | None = None


def text(name: str) -> str:
    """Return a name so that Plotly shows it as it is, without reading markup, formulas or templates in it."""
    return html.escape(name, quote=False).replace("$", "&#36;").replace("%{", "%&#123;")


def over_time(series: Sequence[Series], kind: Kind, currency: str = "", height: int = HEIGHT) -> go.Figure:
    """Draw values over a time axis (or another ordered x)."""
    traces: list[Any] = []
    for i, one in enumerate(series):
        colour = one.colour or SEQUENCE[i % len(SEQUENCE)]
        if one.low is not None and one.high is not None and one.mark == "line":
            traces += _band(one, colour)
        traces.append(_trace(one, i, colour, kind, currency))
    return _figure(traces, height, y=_scale(kind, currency), hovermode="x unified")


def bars(
    labels: Sequence[str],
    values: Sequence[Any] | pd.Series[Any],
    kind: Kind,
    currency: str = "",
    *,
    name: str = "",
    low: pd.Series[Any] | None = None,
    high: pd.Series[Any] | None = None,
    texts: Sequence[str] | None = None,
    colours: str | Sequence[str] = BLUE,
    hover: Sequence[str] | None = None,
    height: int | None = None,
) -> go.Figure:
    """Draw horizontal bars, the first label on top; intervals as whiskers.

    A bar's `customdata` is its label, and the label as it is shown. Beside the axis the middle of a long label is left
    out.
    """
    rows = naming.distinct(labels)
    trace = go.Bar(
        x=list(values),
        y=rows,
        orientation="h",
        name=name,
        marker={"color": colours},
        error_x=_whiskers(values, low, high),
        text=list(texts) if texts is not None and low is None else None,
        textposition="outside",
        cliponaxis=False,
        customdata=[[row, text(row)] for row in rows],
        hovertext=list(hover) if hover is not None else None,
        hovertemplate="%{hovertext}<extra></extra>"
        if hover is not None
        else _hover("x", "customdata[1]", kind, currency),
    )
    x = _scale(kind, currency)
    if texts is not None and low is None:
        x["range"] = _with_room(values)
    ticks = {"tickmode": "array", "tickvals": rows, "ticktext": _ticks(rows)}
    y = {"autorange": "reversed", "type": "category", "showgrid": False, **ticks}
    return _figure([trace], height or max(150, 26 * len(labels) + 70), x=x, y=y)


def _ticks(labels: Sequence[str]) -> list[str]:
    return [text(label) for label in naming.elided(naming.distinct(labels))]


def _with_room(values: Any) -> list[float] | None:
    """Return the range of an axis with room for the texts beside the longest bars."""
    numbers = _numbers(values).dropna()
    if numbers.empty or not numbers.abs().max():
        return None
    low, high = min(numbers.min(), 0.0), max(numbers.max(), 0.0)
    room = (0.4 if low < 0 else 0.28) * (high - low)
    return [low - room if low < 0 else 0.0, high + room if high > 0 else 0.0]


def intervals(
    labels: Sequence[str],
    series: Sequence[Estimates],
    kind: Kind,
    currency: str = "",
    *,
    reference: tuple[float, str] | None = None,
    height: int | None = None,
) -> go.Figure:
    """Draw estimates as marks with their intervals, one row a label: (name, value, low, high) for each kind of mark."""
    traces: list[Any] = []
    rows = range(len(labels))
    for i, (name, values, low, high) in enumerate(series):
        # Marks of one row are drawn a little apart, so that their whiskers do not cover each other.
        beside = 0.24 * (i - (len(series) - 1) / 2) if low is not None else 0.0
        traces.append(
            go.Scatter(
                x=list(values),
                y=[row + beside for row in rows],
                mode="markers",
                name=name,
                marker={"color": SEQUENCE[i], "size": 10, "symbol": SYMBOL_SHAPES[i]},
                error_x=_whiskers(values, low, high, SEQUENCE[i]),
                customdata=[text(label) for label in labels],
                hovertemplate=_hover("x", "customdata", kind, currency),
            )
        )
    if reference is not None:
        line = {"dash": "dash", "color": GREY, "width": 1.5}
        ends = {"x": [reference[0]] * 2, "y": [-0.5, len(labels) - 0.5]}
        traces.append(go.Scatter(**ends, mode="lines", name=reference[1], line=line, hoverinfo="skip"))
    y = {
        "tickmode": "array",
        "tickvals": list(rows),
        "ticktext": _ticks(labels),
        "range": [len(labels) - 0.5, -0.5],
        "zeroline": False,
    }
    return _figure(traces, height or max(170, 28 * len(labels) + 90), x=_scale(kind, currency), y=y)


def heatmap(grid: pd.DataFrame, *, x_title: str, y_title: str, texts: pd.DataFrame) -> go.Figure:
    """Draw a grid of values. Each cell also shows its figure as text, so that colour is never the only signal."""
    colours = go.Heatmap(
        z=grid.to_numpy(dtype=float, na_value=float("nan")),
        x=[str(column) for column in grid.columns],
        y=[str(row) for row in grid.index],
        text=texts.to_numpy(),
        colorscale=SEQUENTIAL,
        showscale=False,
        xgap=3,
        ygap=3,
        hovertemplate=f"{y_title} %{{y}}, {x_title.lower()} %{{x}}: %{{text}}<extra></extra>",
    )
    # The heatmap's own texts are black or white by the cell's colour alone, as if it were opaque.
    written = texts.reindex(index=grid.index, columns=grid.columns).to_numpy()
    x = [str(column) for _ in grid.index for column in grid.columns]
    y = [str(row) for row in grid.index for _ in grid.columns]
    words = go.Scatter(x=x, y=y, text=written.ravel(), mode="text", hoverinfo="skip", showlegend=False)
    category = {"type": "category", "showgrid": False}
    return _figure(
        [colours, words],
        max(220, 44 * len(grid) + 90),
        x={**category, "title": {"text": x_title}},
        y={**category, "title": {"text": y_title}, "autorange": "reversed"},
    )


def _trace(one: Series, i: int, colour: str, kind: Kind, currency: str) -> Any:
    name = text(one.name)
    hover = (
        {"hovertext": list(one.hover), "hovertemplate": "%{hovertext}<extra>" + name + "</extra>"}
        if one.hover is not None
        else {"hovertemplate": f"{_value('y', kind, currency)}<extra>{name}</extra>"}
    )
    if one.mark == "bars":
        return go.Bar(x=one.x, y=one.y, name=name, marker={"color": colour}, **hover)
    if one.mark == "points":
        marker = {"color": colour, "size": 9, "symbol": SYMBOL_SHAPES[i % len(SYMBOL_SHAPES)]}
        return go.Scatter(x=one.x, y=one.y, name=name, mode="markers", marker=marker, **hover)
    line = {"color": colour, "width": one.width, "dash": one.dash or DASHES[i % len(DASHES)]}
    return go.Scatter(x=one.x, y=one.y, name=name, mode="lines", line=line, connectgaps=False, **hover)


def _band(one: Series, colour: str) -> list[Any]:
    """Draw an interval as a band behind its line."""
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    fill = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},.18)"}
    return [go.Scatter(x=one.x, y=one.high, **edge), go.Scatter(x=one.x, y=one.low, **fill, **edge)]


def _numbers(values: Any) -> pd.Series[Any]:
    """Return values as doubles; every kind of missing value is NaN."""
    return pd.Series([None if pd.isna(value) else float(value) for value in values], dtype=float)


def _whiskers(values: Any, low: Any, high: Any, colour: str = GREY) -> dict[str, Any] | None:
    if low is None or high is None:
        return None
    middle = _numbers(values)
    return {
        "type": "data",
        "symmetric": False,
        "array": (_numbers(high) - middle).tolist(),
        "arrayminus": (middle - _numbers(low)).tolist(),
        "color": colour,
        "thickness": 1.5,
        "width": 4,
    }


def _value(axis: str, kind: Kind, currency: str) -> str:
    if kind == "money":
        symbol = SYMBOLS.get(currency)
        return f"{symbol}%{{{axis}:,.2f}}" if symbol else f"%{{{axis}:,.2f}} {currency}"
    return {"share": f"%{{{axis}:.1%}}", "count": f"%{{{axis}:,.0f}}"}.get(kind, f"%{{{axis}:,.2f}}")


def _hover(value_axis: str, label_axis: str, kind: Kind, currency: str) -> str:
    return f"%{{{label_axis}}}: {_value(value_axis, kind, currency)}<extra></extra>"


def _scale(kind: Kind, currency: str) -> dict[str, Any]:
    """Return how an axis writes its values."""
    if kind == "money":
        symbol = SYMBOLS.get(currency)
        # d3 writes the sign before the symbol, but knows only one symbol.
        written = {"tickformat": "$~s"} if symbol == "$" else {"tickformat": "~s", "tickprefix": symbol or ""}
        return written if symbol else {**written, "title": {"text": currency}}
    return {"share": {"tickformat": ",.0%"}, "count": {"tickformat": "~s"}}.get(kind, {})


def _figure(
    traces: Sequence[Any],
    height: int,
    x: dict[str, Any] | None = None,
    y: dict[str, Any] | None = None,
    **layout: Any,
) -> go.Figure:
    """Make the figure at once: updating a Plotly layout step by step took three times as long."""
    several = sum(trace.showlegend is not False for trace in traces) > 1
    ink = {"color": INK["dark" if st.context.theme.type == "dark" else "light"]}

    def axis(options: dict[str, Any]) -> dict[str, Any]:
        title = {**options.get("title", {}), "font": ink}
        return {"automargin": True, "tickfont": ink, **options, "title": title}

    figure = go.Figure(
        data=traces,
        layout={
            "height": height,
            "margin": {"l": 8, "r": 16, "t": 36 if several else 14, "b": 8},
            "showlegend": several,
            "font": ink,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
            "bargap": 0.25,
            "separators": ".,",
            "xaxis": axis(x or {}),
            "yaxis": axis(y or {}),
            **layout,
        },
    )
    return checked(figure)
