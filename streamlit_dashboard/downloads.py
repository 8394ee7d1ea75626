"""Downloads: every file that a page offers is written and offered here.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and the texts of a source (an item, a
store, a user id) are written by other people. So each such text gets an apostrophe in front, as OWASP advises; numbers
stay numbers. Streamlit's own download in the corner of a table does not do this, so it is hidden (`HIDE_TABLE_EXPORT`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd
import streamlit as st

from streamlit_dashboard.formats import Column, Kind, missing

HIDE_TABLE_EXPORT = """
[data-testid="stElementToolbarButton"]:has(button[aria-label="Download as CSV"]) {display: none;}
"""
"""Style of every page."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")

SUM_ERROR = 1e-6
"""How far a sum of amounts in doubles may be from whole cents."""


def csv_button(
    rows: pd.DataFrame, columns: tuple[Column, ...], *, file_name: str, key: str, label: str = "CSV"
) -> None:
    """Offer rows as a CSV file, see `csv_text`."""
    _button(label, lambda: csv_text(rows, columns), file_name, "text/csv", key, "tertiary")


def html_button(page: Callable[[], str], *, file_name: str, key: str) -> None:
    """Offer a web page as a file; it is read when somebody asks for it."""
    _button("HTML", page, file_name, "text/html", key, "secondary")


def _button(
    label: str,
    data: Callable[[], str],
    file_name: str,
    mime: str,
    key: str,
    kind: Literal["secondary", "tertiary"],
) -> None:
    st.download_button(
        label,
        data=data,
        file_name=file_name,
        mime=mime,
        key=key,
        icon=":material/download:",
        type=kind,
        on_click="ignore",
    )


def csv_text(frame: pd.DataFrame, columns: tuple[Column, ...]) -> str:
    """Return a download: the columns shown, by their names in the mart, each value as a query prints it.

    Amounts have cents, means and forecasts have all digits, dates are ISO. No text is a formula.
    """
    written = pd.DataFrame(
        {harmless(column.name): _harmless(_written(frame[column.name], column.kind)) for column in columns}
    )
    return written.to_csv(index=False, lineterminator="\n")


def harmless(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula: `=1+1` → `'=1+1`; the text `-3.25` is a number."""
    if not isinstance(value, str):
        return value
    formula = value.startswith(FORMULA_STARTS) and not _NUMBER.fullmatch(value)
    # The CSV writer does not quote a carriage return, so that a spreadsheet would begin a row after it.
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{lines}" if formula else lines


def _harmless(values: pd.Series[Any]) -> pd.Series[Any]:
    kinds = pd.api.types
    if kinds.is_numeric_dtype(values) or kinds.is_datetime64_any_dtype(values):
        return values
    return values.astype(object).map(harmless)


def _written(values: pd.Series[Any], kind: Kind) -> pd.Series[Any]:
    if kind == "money" and _whole_cents(values):
        return values.map(lambda value: "" if missing(value) else f"{value:.2f}").astype(object)
    if kind in ("date", "time"):
        return values.map(lambda value: "" if missing(value) else _iso(value)).astype(object)
    if kind == "count":
        return values.astype("Float64").round().astype("Int64")
    return values


def _whole_cents(values: pd.Series[Any]) -> bool:
    """Return whether these are amounts or sums of amounts, in whole cents, and not means or forecasts."""
    amounts = values.dropna().astype(float)
    return bool(((amounts - amounts.round(2)).abs() < SUM_ERROR).all())


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)
