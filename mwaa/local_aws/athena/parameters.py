"""Prepared statements: PREPARE, EXECUTE, DEALLOCATE, and values for the `?` of a statement."""

from __future__ import annotations

import re

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery

_EXECUTE = re.compile(r"\s*EXECUTE\s+(?P<name>[\w]+)(?:\s+USING\s+(?P<values>.*))?$", re.I | re.S)
_PREPARE = re.compile(r"\s*PREPARE\s+(?P<name>\w+)\s+FROM\s+(?P<query>.*)$", re.I | re.S)
_DEALLOCATE = re.compile(r"\s*DEALLOCATE\s+PREPARE\s+(?P<name>\w+)\s*$", re.I)


def parse_execute(sql: str) -> tuple[str, list[str]] | None:
    """Return (name, values) of `EXECUTE name USING 1, 'a'`, or None for another statement."""
    found = _EXECUTE.match(sql)
    return (found["name"], _split(found["values"] or "")) if found else None


def parse_prepare(sql: str) -> tuple[str, str] | None:
    """Return (name, query) of `PREPARE name FROM query`, or None for another statement."""
    found = _PREPARE.match(sql)
    return (found["name"], found["query"]) if found else None


def parse_deallocate(sql: str) -> str | None:
    """Return the name in `DEALLOCATE PREPARE name`, or None for another statement."""
    found = _DEALLOCATE.match(sql)
    return found["name"] if found else None


def _split(values: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for token in sqlglot.tokenize(values, read="trino"):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if token.token_type == TokenType.COMMA and depth == 0:
            parts.append(values[start : token.start].strip())
            start = token.end + 1
    return [*parts, values[start:].strip()] if values.strip() else []


def bind(sql: str, values: list[str]) -> str:
    """Return the text with each `?` replaced by a value.

    Raises:
        AthenaQueryError: there are more or fewer values than `?`.
    """
    try:
        marks = [t for t in sqlglot.tokenize(sql, read="trino") if t.token_type == TokenType.PLACEHOLDER]
    except SqlglotError as error:
        raise MalformedQuery(str(error).splitlines()[0]) from error
    if len(marks) != len(values):
        raise AthenaQueryError(
            "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: "
            f"expected {len(marks)} but found {len(values)}"
        )
    for mark, value in zip(reversed(marks), reversed(values), strict=True):
        sql = sql[: mark.start] + _literal(value) + sql[mark.end + 1 :]
    return sql


def _literal(value: str) -> str:
    """Return the value as a SQL literal; other text becomes a string, as in Athena's console."""
    try:
        parsed = sqlglot.parse_one(value, read="trino")
    except SqlglotError:
        parsed = None
    if parsed is None or isinstance(parsed, sqlglot.exp.Column):
        return "'" + value.replace("'", "''") + "'"
    return value
