"""Load from a table: the columns that its version has, its newest as-of date; stored until the next publish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from streamlit_dashboard.warehouse import athena
from streamlit_dashboard.warehouse.cache import Loaded, ResultCache
from streamlit_dashboard.warehouse.publications import State, Watch

_COLUMNS = """
SELECT table_name, column_name
FROM information_schema.columns
WHERE table_schema = %(database)s
"""


@st.cache_resource
def results() -> ResultCache:
    """Return the results that all sessions of this server share."""
    return ResultCache()


@st.cache_resource
def watch() -> Watch:
    """Return the watch over publishes that all sessions of this server share."""
    return Watch()


def state() -> State:
    """Return what is published now; see `Watch.state`."""
    return watch().state()


def load(table: str, sql: str, parameters: Mapping[str, Any] | None = None, name: str | None = None) -> pd.DataFrame:
    """Return the result of one statement, stored until `table` is published again.

    Args:
        table: the table whose version the result belongs to.
        sql, parameters: see `athena.frame`.
        name: part of the key, if the statement's text is not enough.
    """
    key = (sql, name, tuple(sorted((parameters or {}).items())))
    loaded = results().get(key, state().version(table), lambda: athena.frame(sql, parameters))
    _note(loaded)
    return loaded.frame


def stale() -> list[Loaded]:
    """Return the results of this page run that are out of date because the service does not answer."""
    return list(st.session_state.get("_stale", ()))


def forget_stale() -> None:
    """Begin a page run."""
    st.session_state["_stale"] = []


def _note(loaded: Loaded) -> None:
    if loaded.stale_because is not None:
        st.session_state.setdefault("_stale", []).append(loaded)


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns of the published table; none if there is no such table."""
    found = results().get(
        ("columns",),
        state().newest.version,
        lambda: athena.frame(_COLUMNS, {"database": athena.settings().published_database}),
    )
    _note(found)
    names = found.frame
    return tuple(names.loc[names["table_name"] == table, "column_name"])


def has(table: str) -> bool:
    """Return whether there is such a table or view."""
    return bool(columns_of(table))


def present(table: str, wanted: Iterable[str]) -> list[str]:
    """Return the wanted columns that the published table has, in the order wanted.

    Raises:
        NotPublishedError: there is no such table.
    """
    there = columns_of(table)
    if not there:
        raise athena.NotPublishedError(f"{table} is not published yet")
    return [column for column in wanted if column in there]


def select(table: str, wanted: Iterable[str]) -> str:
    """Return `SELECT a, b FROM table` with the wanted columns that the table has."""
    return f"SELECT {', '.join(present(table, wanted))} FROM {table}"
