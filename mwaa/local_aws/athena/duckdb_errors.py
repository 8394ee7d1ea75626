"""DuckDB's errors as Athena's: with the codes that clients distinguish."""

from __future__ import annotations

import re

import duckdb

from mwaa.local_aws.athena.athena_errors import AthenaQueryError

_COLUMN = re.compile(
    r'Referenced column "(?P<a>[^"]+)" not found|does not have a column named "(?P<b>[^"]+)"|'
    r'Referenced table "(?P<c>[^"]+)" not found|column "(?P<d>[^"]+)" (?:cannot be found|not found)', re.I,
)  # fmt: skip
_AMBIGUOUS = re.compile(r'Ambiguous reference to column name "([^"]+)"', re.I)
_UNGROUPED = re.compile(r'column "?([^" ]+)"? must appear in the GROUP BY clause', re.I)
_FUNCTION = re.compile(r"Function with name \"?([\w]+)\"? (?:does not exist|is not)", re.I)


def translate_error(error: duckdb.Error, sql: str) -> AthenaQueryError:
    """Return the AthenaQueryError for an error of DuckDB; `sql` is Athena's text, for the position in the message."""
    text = str(error).splitlines()[0]
    if found := _COLUMN.search(text):
        name = next(g for g in found.groups() if g)
        return AthenaQueryError(
            f"COLUMN_NOT_FOUND: {_locate(name, sql)}: Column '{name}' cannot be resolved or requester is not "
            "authorized to access requested resources"
        )
    if found := _AMBIGUOUS.search(text):
        return AthenaQueryError(f"AMBIGUOUS_NAME: {_locate(found[1], sql)}: Column '{found[1]}' is ambiguous")
    if found := _UNGROUPED.search(text):
        return AthenaQueryError(
            f"EXPRESSION_NOT_AGGREGATE: {_locate(found[1], sql)}: '{found[1]}' must be an aggregate expression or "
            "appear in GROUP BY clause"
        )
    if found := _FUNCTION.search(text):
        name = found[1].lower().removeprefix("trino_")
        return AthenaQueryError.unsupported(f"the function '{name}'")
    message = text.partition(": ")[2] or text
    return AthenaQueryError(f"{_code(error, text)}: {message}", "user" if _code(error, text) != _INTERNAL else "system")


_INTERNAL = "GENERIC_INTERNAL_ERROR"


def _code(error: duckdb.Error, text: str) -> str:
    if "ivision by zero" in text:
        return "DIVISION_BY_ZERO"
    codes: list[tuple[type[duckdb.Error], str]] = [
        (duckdb.ConversionException, "INVALID_CAST_ARGUMENT"),
        (duckdb.OutOfRangeException, "NUMERIC_VALUE_OUT_OF_RANGE"),
        (duckdb.OutOfMemoryException, "EXCEEDED_LOCAL_MEMORY_LIMIT"),
        (duckdb.BinderException, "TYPE_MISMATCH"),
        (duckdb.ParserException, "SYNTAX_ERROR"),
        (duckdb.InvalidInputException, "INVALID_FUNCTION_ARGUMENT"),
        (duckdb.IOException, "HIVE_CURSOR_ERROR"),
    ]
    return next((code for kind, code in codes if isinstance(error, kind)), _INTERNAL)


def _locate(name: str, sql: str) -> str:
    """Return `line l:c` of the first place where the name is used."""
    found = re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", sql, re.IGNORECASE)
    if not found:
        return "line 1:1"
    before = sql[: found.start()]
    return f"line {before.count(chr(10)) + 1}:{found.start() - (before.rfind(chr(10)) + 1) + 1}"
