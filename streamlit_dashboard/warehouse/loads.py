"""Load from a table: the columns that its version has, its newest as-of date; stored until the next publish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from streamlit_dashboard.warehouse import athena
from streamlit_dashboard.warehouse.cache import Loaded, ResultCache
from streamlit_dashboard.warehouse.publications import State
from streamlit_dashboard.warehouse.release import database_of, in_release
from streamlit_dashboard.warehouse.watch import Watch

_COLUMNS = """
SELECT table_schema, table_name, column_name
FROM information_schema.columns
WHERE table_schema IN (%(database)s, %(published)s)
"""


@st.cache_resource
def results() -> ResultCache:
    """Return the results that all sessions of this server share."""
    return ResultCache()


@st.cache_resource
def watch() -> Watch:
    """Return the watch over publishes that all sessions of this server share."""
    return Watch()


def begin() -> None:
    """Begin a page run: ask once what is published, for all queries of the page.

    Raises:
        NotPublishedError: nothing is published. UnreachableError: no answer, and no state from before.
    """
    st.session_state["_stale"] = []
    st.session_state.pop("_published", None)
    st.session_state["_published"] = watch().state()


def state() -> State:
    """Return what was published when this page run began; outside of a page, what is published now."""
    found: State | None = st.session_state.get("_published")
    return watch().state() if found is None else found


def load(table: str, sql: str, parameters: Mapping[str, Any] | None = None, name: str | None = None) -> pd.DataFrame:
    """Return the result of one statement, stored until `table` is published again.

    Args:
        table: the table whose version the result belongs to.
        sql, parameters: see `athena.frame`.
        name: part of the key, if the statement's text is not enough.
    """
    key = (sql, name, tuple(sorted((parameters or {}).items())))
    release = state().release
    loaded = results().get(
        key,
        state().version(table),
        lambda: athena.frame(
            in_release(sql, table, release, bool(parameters)), parameters, database_of(table, release)
        ),
    )
    _note(loaded)
    return loaded.frame


def stale() -> list[Loaded]:
    """Return the results of this page run that are out of date because the service does not answer."""
    return list(st.session_state.get("_stale", ()))


def _note(loaded: Loaded) -> None:
    if loaded.stale_because is not None:
        st.session_state.setdefault("_stale", []).append(loaded)


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns of the published table; none if there is no such table."""
    published = athena.settings().published_database
    found = results().get(
        ("columns",),
        state().newest.version,
        lambda: athena.frame(_COLUMNS, {"database": database_of("", state().release), "published": published}),
    )
    _note(found)
    names = found.frame[found.frame["table_name"] == table]
    # Views and operations tables are in the published database only.
    wanted = database_of(table, state().release)
    schema = wanted if wanted in set(names["table_schema"]) else published
    return tuple(names.loc[names["table_schema"] == schema, "column_name"])


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
