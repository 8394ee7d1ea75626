"""A chart as every page shows it: title, what is measured, the figure, the same rows as a table, a download."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from streamlit_dashboard import downloads, states
from streamlit_dashboard.chart_points import has_values
from streamlit_dashboard.charts import CONFIG
from streamlit_dashboard.formats import NONE, SYMBOLS, Column, day, plain
from streamlit_dashboard.totals import Comparison


@dataclass(frozen=True)
class Card:
    """One chart (or, without `figure`, one table).

    Attributes:
        key: unique on its page.
        title: what is measured, in a few words.
        unit: for example "USD a day".
        denominator: who is counted: "guests in", "guests out", …
        source: the mart or view.
        as_of: the last day counted.
        rows: exactly what is shown; the table and the download contain the same.
        columns: the columns of `rows` to show, in order.
        needs: columns without which there is nothing to draw.
        filters: name → value of the filters that differ from their default; they go into the file's name.
        note: how to read it, in a sentence.
    """

    key: str
    title: str
    unit: str
    denominator: str
    source: str
    as_of: date
    rows: pd.DataFrame
    columns: Sequence[Column]
    figure: Callable[[], go.Figure] | None = None
    currency: str = ""
    needs: Sequence[str] = ()
    filters: dict[str, str] = field(default_factory=dict)
    note: str = ""
    empty: str = "No rows match these filters."
    on_select: Callable[[str], None] | None = None

    @property
    def shown(self) -> tuple[Column, ...]:
        """Return the columns that this version of the mart has."""
        return tuple(column for column in self.columns if column.name in self.rows.columns)

    @property
    def download_name(self) -> str:
        """Return the name of the download, see `file_name`."""
        return file_name(self.source, self.as_of, self.key, self.filters)


def file_name(source: str, as_of: date, key: str, filters: Mapping[str, str]) -> str:
    """`mart_sales_trends_2024-02-18_net-sales_store-5a990….csv`: mart, as-of date, chart, filters."""
    parts = [source, as_of.isoformat(), key, *(f"{name}-{value}" for name, value in filters.items())]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", "_".join(parts))[:180].rstrip("-_.") + ".csv"


def heading(title: str, small: str) -> None:
    """Write a card's title, and below it in small letters what is measured."""
    st.markdown(f"### {plain(title)}\n\n:small[:gray[{plain(small)}]]")


class Figure(NamedTuple):
    """A key figure: label, value as written, what it counts; `small` is shown below the value, in words."""

    label: str
    value: str
    note: str
    small: str = ""


def compared(label: str, comparison: Comparison, note: str) -> Figure:
    """Return a change as a key figure with the part of the period that was compared; `–` if that is too small."""
    return Figure(label, comparison.text, f"{note} {comparison.note}".rstrip(), comparison.small)


def figures(cells: Sequence[Figure | tuple[str, str, str]]) -> None:
    """Show key figures; more than five in two rows, so that none is cut."""
    if len(cells) > 5:
        half = (len(cells) + 1) // 2
        figures(cells[:half])
        figures(cells[half:])
        return
    for column, (label, value, note, small) in zip(
        st.columns(len(cells)), (Figure(*cell) for cell in cells), strict=True
    ):
        below: dict[str, Any] = {"delta": plain(small), "delta_color": "off", "delta_arrow": "off"} if small else {}
        column.metric(label, plain(value), help=plain(note), border=True, height="stretch", **below)


def show(card: Card) -> None:
    """Draw the card, or say why there is nothing to draw."""
    with st.container(border=True, key=f"card-{card.key}"):
        if any(name not in card.rows.columns for name in card.needs):
            _title(card)
            states.lacks(card.rows, card.source, card.needs)
        elif card.rows.empty:
            _title(card)
            states.no_data(card.empty, "")
        else:
            _drawn(card)


def absent(title: str, table: str, columns: Sequence[str]) -> None:
    """Draw the card of a table, or of columns, that this version of the lake does not have."""
    with st.container(border=True):
        st.markdown(f"### {plain(title)}")
        states.not_in_this_version(table, columns)


def _title(card: Card) -> None:
    heading(card.title, f"{card.unit} · {card.denominator} · as of {day(card.as_of)} · {card.source}")


@st.fragment
def _drawn(card: Card) -> None:
    """Draw in a fragment, so that opening the table or downloading it does not run the rest of the page."""
    as_table = card.figure is None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container():
            _title(card)
        if card.figure is not None:
            as_table = st.toggle("Table", key=f"table-{card.key}")
        downloads.csv_button(card.rows, card.shown, file_name=card.download_name, key=f"csv-{card.key}")
    figure = None if as_table or card.figure is None else card.figure()
    if figure is None:
        table(card.rows, card.shown, card.currency, key=f"rows-{card.key}")
    elif not has_values(figure):
        states.no_data("None of these rows has a value.", "The table shows the rows.")
    elif card.on_select is None:
        st.plotly_chart(figure, key=f"chart-{card.key}", config=CONFIG)
    else:
        _selectable(card, figure, card.on_select)
    if card.note:
        st.caption(plain(card.note))


def _selectable(card: Card, figure: go.Figure, on_select: Callable[[str], None]) -> None:
    """Draw a chart with marks to click on: `on_select` gets the `customdata` of the mark."""
    chosen: Any = st.plotly_chart(
        figure, key=f"chart-{card.key}", config=CONFIG, on_select="rerun", selection_mode="points"
    )
    points = chosen["selection"]["points"] if chosen else []
    if points:
        data = points[0].get("customdata")
        on_select(str(data[0] if isinstance(data, list) else data))


def table(rows: pd.DataFrame, columns: Sequence[Column], currency: str, *, key: str, height: int | None = None) -> Any:
    """Draw a table with headings and number formats."""
    return st.dataframe(
        rows[[column.name for column in columns]],
        hide_index=True,
        key=key,
        height=height or min(36 * (len(rows) + 1) + 3, 420),
        column_config={column.name: column_config(column, currency) for column in columns},
        placeholder=NONE,
    )


def column_config(column: Column, currency: str) -> Any:
    """Return Streamlit's description of one column."""
    symbol = SYMBOLS.get(currency, "")
    made: Any = st.column_config
    options: dict[str, Any] = {"label": column.label, "help": column.help}
    if column.kind == "money":
        return made.NumberColumn(**options, format=f"{symbol}%,.2f" if symbol else f"%,.2f {currency}".rstrip())
    if column.kind == "count":
        return made.NumberColumn(**options, format="%,d")
    if column.kind == "number":
        return made.NumberColumn(**options, format="%.2f")
    if column.kind == "share":
        return made.NumberColumn(**options, format="percent")
    if column.kind == "date":
        return made.DateColumn(**options, format="YYYY-MM-DD")
    if column.kind == "time":
        return made.DatetimeColumn(**options, format="YYYY-MM-DD HH:mm")
    if column.kind == "flag":
        return made.CheckboxColumn(**options)
    return made.TextColumn(**options)
