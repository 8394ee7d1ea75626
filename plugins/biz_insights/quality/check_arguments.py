"""What the arguments of named checks may be: one function a kind, which says what is wrong with a value.

In SQL arguments keywords and functions are upper case, so every lower-case word outside quotes is a column. That is
how an unknown column is found when a suite is loaded, and not when Athena runs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"(?<![\w.'])[a-z_]\w*")
_NOT_COLUMNS = re.compile(r"'[^']*'|\{\{.*?\}\}")
_TERM = re.compile(r"-?(?:[a-z_]\w*|\d+)")
OWN_NAMES = {"built", "built_rows"}
"""What the checks themselves name: the CTE of the build, and its number of rows in a group."""


@dataclass(frozen=True)
class KnownColumns:
    """Columns of the build and of the published table that a check compares it with; None where unknown."""

    build: Collection[str] | None
    table: Collection[str] | None = None
    tables: Collection[str] = ()


def problem(kind: str, value: Any, columns: KnownColumns) -> str:
    """What is wrong with an argument's value; empty if nothing is.

    Raises:
        KeyError: there is no such kind.
    """
    return _KINDS[kind](value, columns)


def is_kind(kind: str) -> bool:
    """Whether arguments can be of this kind."""
    return kind in _KINDS


def words(sql: str) -> list[str]:
    """The lower-case words of an SQL text, without those in quotes: its columns."""
    return list(dict.fromkeys(_WORD.findall(_NOT_COLUMNS.sub(" ", sql))))


def unknown_words(sql: str, known: Collection[str] | None) -> list[str]:
    """The lower-case words of an SQL text that are not columns."""
    if known is None:
        return []
    return sorted(word for word in words(sql) if word not in known and word not in OWN_NAMES)


def _column(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, str) or not value:
        return f"must be the name of a column, not {value!r}"
    if columns.build is not None and value not in columns.build:
        return f"names {value!r}, which is not a column of the table"
    return ""


def _columns(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, list) or not value:
        return f"must be a list of columns, not {value!r}"
    return _first(_column(entry, columns) for entry in value)


def _chains(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, list) or not value or not all(isinstance(chain, list) for chain in value):
        return f"must be a list of lists of columns, not {value!r}"
    if any(len(chain) < 2 for chain in value):
        return "has a list with fewer than two columns"
    return _first(_build_sql(entry, columns) for chain in value for entry in chain)


def _terms(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, list) or not value:
        return f"must be a list of columns, each with or without a minus, not {value!r}"
    for term in value:
        if not isinstance(term, str) or not _TERM.fullmatch(term):
            return f"has {term!r}; a term is a column or a whole number, with or without a minus"
    return _first(_column(term.lstrip("-"), columns) for term in value if not term.lstrip("-").isdigit())


def _table(value: Any, columns: KnownColumns) -> str:
    return "" if value in columns.tables else f"names {value!r}, which is not a table that is declared"


def _number(value: Any, columns: KnownColumns) -> str:
    return "" if isinstance(value, int | float) and not isinstance(value, bool) else f"must be a number, not {value!r}"


def _text(value: Any, columns: KnownColumns) -> str:
    return "" if isinstance(value, str) and value else f"must be a text, not {value!r}"


def _build_sql(value: Any, columns: KnownColumns) -> str:
    return _sql(value, columns.build, "the table")


def _table_sql(value: Any, columns: KnownColumns) -> str:
    return _sql(value, columns.table, "the published table")


def _sql(value: Any, known: Collection[str] | None, of: str) -> str:
    if not isinstance(value, str) or not value:
        return f"must be SQL, not {value!r}"
    unknown = unknown_words(value, known)
    return (
        f"names {', '.join(unknown)}, not a column of {of}; write keywords and functions in upper case"
        if unknown
        else ""
    )


def _totals(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, Mapping) or not value:
        return f'must be an object of aggregates by name, such as {{"orders": "SUM(orders)"}}, not {value!r}'
    for entry in value.values():
        sides = entry if isinstance(entry, Mapping) else {"built": entry, "published": entry}
        if set(sides) != {"built", "published"}:
            return f"has {entry!r}; write one aggregate, or one each for built and published"
        if found := _build_sql(sides["built"], columns) or _table_sql(sides["published"], columns):
            return found
    return ""


def _column_sql(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, Mapping) or not value:
        return f"must be an object of SQL by column, not {value!r}"
    return _first(_column(name, columns) or _table_sql(sql, columns) for name, sql in value.items())


def _limits(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, Mapping) or not value:
        return f"must be an object of limits by name of a total, not {value!r}"
    return _first(_sql(str(limit), (), "the totals") for limit in value.values())


def _values(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, Mapping) or len(value) != 1:
        return f"must be an object of one column and its values, not {value!r}"
    (name, listed), *_ = value.items()
    return _column(name, columns) or ("" if isinstance(listed, list) and listed else f"has no values for {name!r}")


def _statuses(value: Any, columns: KnownColumns) -> str:
    if not isinstance(value, Mapping) or not value:
        return f"must be an object of statuses by figure, not {value!r}"
    for figure, statuses in value.items():
        if found := _column(figure, columns) or _values(statuses, columns):
            return found
    return ""


def _first(problems: Any) -> str:
    return next((found for found in problems if found), "")


_KINDS: dict[str, Callable[[Any, KnownColumns], str]] = {
    "column": _column,
    "columns": _columns,
    "chains": _chains,
    "terms": _terms,
    "table": _table,
    "number": _number,
    "text": _text,
    "SQL": _build_sql,
    "SQL of table": _table_sql,
    "SQL of table by column": _column_sql,
    "totals": _totals,
    "limits": _limits,
    "values": _values,
    "statuses": _statuses,
}
