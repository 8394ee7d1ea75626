"""Suites: what is expected of a table, as data. One JSON file a table in ``expectations/<layer>/<table>.json``.

::

    {"name": "silver_order_items",                     the table, as the file is called
     "about": "…",                                     one sentence
     "key": ["order_id", "lineitem_id"],               columns that name a row in samples (optional)
     "fix": "who mends a failure, and how",            for the expectations that do not say it themselves
     "expectations": [
       {"type": "expect_column_values_to_be_between",  a Great Expectations type
        "kwargs": {"column": "item_quantity", "min_value": 1},
        "severity": "critical",                        critical blocks, warning counts, info is only shown
        "meta": {"why": "…", "fix": "…"}}]}

A rule in SQL has the type ``unexpected_rows_expectation`` and a ``meta.name``; its ``unexpected_rows_query`` (text,
or lines of text) returns the rows that should not be there. It reads the candidate as ``{batch}``, published
tables as ``{published}.<table>``, the run's date as ``DATE '{process_date}'``, the date of its opening balances as
``DATE '{cutoff_date}'`` and the settings that silver was built with as ``'{price_basis}'`` and
``'{business_timezone}'``. Put ``{batch}`` in a CTE (``WITH built AS (SELECT … FROM
{batch})``): Great Expectations aliases it itself unless the query has a JOIN.

A rule in SQL that measures has a ``meta.flag``: its query returns what it measured, always, and of those rows the ones
whose boolean column of that name is true are the unexpected ones. All are kept as ``observed``, so that the report has
the evidence also when the rule holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.quality.audit_settings import SUITES_FOLDER

SEVERITIES = ("critical", "warning", "info")
SQL_TYPE = "unexpected_rows_expectation"
SQL_KWARG = "unexpected_rows_query"
PLACEHOLDERS = {"batch", "published", "process_date", "cutoff_date", "price_basis", "business_timezone"}


class SuiteError(PermanentError):
    """A suite is missing or wrong; the message names the file and what to write."""


@dataclass(frozen=True)
class Rule:
    """One expectation of a suite, with the reason for it and who mends a failure; ``flag`` where it measures."""

    type: str
    kwargs: dict[str, Any]
    severity: str
    why: str
    fix: str
    name: str
    flag: str = ""

    @property
    def column(self) -> str:
        """The column or columns it looks at, comma separated; empty for a table or SQL rule."""
        if "column" in self.kwargs:
            return str(self.kwargs["column"])
        if "column_A" in self.kwargs:
            return f"{self.kwargs['column_A']}, {self.kwargs['column_B']}"
        return ", ".join(map(str, self.kwargs.get("column_list", ())))


@dataclass(frozen=True)
class Suite:
    """The rules for one table."""

    name: str
    about: str
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    path: Path


def suite_paths(folder: Path = SUITES_FOLDER) -> dict[str, Path]:
    """Table name → file of its suite."""
    return {path.stem: path for path in sorted(folder.glob("*/*.json"))}


def all_suites(folder: Path = SUITES_FOLDER) -> Iterator[Suite]:
    """Every suite of the folder, by table name."""
    for name in sorted(suite_paths(folder)):
        yield load_suite(name, folder)


def load_suite(name: str, folder: Path = SUITES_FOLDER) -> Suite:
    """The suite of a table.

    Raises:
        SuiteError: no such file, no JSON, a field missing or unknown, a severity or placeholder that is none.
    """
    path = suite_paths(folder).get(name)
    if path is None:
        raise SuiteError(
            f"table {name!r} has no suite in {folder}: write expectations/<bronze|silver|gold>/{name}.json "
            "with at least one critical expectation"
        )
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SuiteError(f"{path}: not JSON ({error}); mend the file") from error
    _require(isinstance(document, dict), path, "the suite must be one JSON object")
    _only(document, {"name", "about", "key", "fix", "expectations"}, path, "suite")
    _require(document.get("name") == name, path, f'"name" must be {name!r}, as the file is called')
    _require(bool(document.get("about")), path, '"about" must say in one sentence what the table holds')
    entries = document.get("expectations")
    _require(isinstance(entries, list) and bool(entries), path, '"expectations" must be a list with entries')
    fix = document.get("fix", "")
    rules = tuple(_rule(entry, number, fix, path) for number, entry in enumerate(entries, start=1))
    names = [rule.name for rule in rules]
    for rule_name in names:
        _require(names.count(rule_name) == 1, path, f"two expectations are named {rule_name!r}; set meta.name")
    return Suite(name, document["about"], tuple(document.get("key", ())), rules, path)


def _require(holds: bool, path: Path, message: str) -> None:
    if not holds:
        raise SuiteError(f"{path}: {message}")


def _only(entry: dict[str, Any], known: set[str], path: Path, what: str) -> None:
    unknown = sorted(set(entry) - known)
    _require(not unknown, path, f"{what} has an unknown field {', '.join(unknown)}; known: {sorted(known)}")


def _rule(entry: Any, number: int, default_fix: str, path: Path) -> Rule:
    where = f"expectation {number}"
    _require(isinstance(entry, dict), path, f"{where} must be a JSON object")
    _only(entry, {"type", "kwargs", "severity", "meta"}, path, where)
    kind, severity, meta = entry.get("type"), entry.get("severity"), entry.get("meta") or {}
    _require(isinstance(kind, str) and bool(kind), path, f'{where} has no "type"')
    where = f"{where} ({kind})"
    meta = {"fix": default_fix, **meta}
    _require(severity in SEVERITIES, path, f"{where}: severity {severity!r} is none; use {', '.join(SEVERITIES)}")
    _only(meta, {"name", "why", "fix", "flag"}, path, f"{where} meta")
    _require("flag" not in meta or kind == SQL_TYPE, path, f"{where}: meta.flag is for {SQL_TYPE} only")
    for field in ("why", "fix"):
        _require(
            bool(meta.get(field)),
            path,
            f"{where}: meta.{field} is empty; say it to whoever meets the failure",
        )
    kwargs = dict(entry.get("kwargs") or {})
    if kind == SQL_TYPE:
        query = kwargs.get(SQL_KWARG)
        kwargs[SQL_KWARG] = "\n".join(query) if isinstance(query, list) else query
        _check_query(kwargs[SQL_KWARG], meta, where, path)
    rule = Rule(kind, kwargs, severity, meta["why"], meta["fix"], meta.get("name", ""), meta.get("flag", ""))
    return rule if rule.name else Rule(**{**rule.__dict__, "name": f"{kind}({rule.column})"})


def _check_query(query: Any, meta: dict[str, str], where: str, path: Path) -> None:
    _require(isinstance(query, str) and bool(query), path, f"{where}: kwargs.{SQL_KWARG} is empty")
    _require(bool(meta.get("name")), path, f"{where}: a rule in SQL needs meta.name, which the error shows")
    try:
        found = {field for _, field, _, _ in Formatter().parse(query) if field is not None}
    except ValueError as error:
        raise SuiteError(f"{path}: {where}: {error}; double a literal brace") from error
    unknown = sorted(found - PLACEHOLDERS)
    _require(
        not unknown,
        path,
        f"{where}: unknown placeholder {unknown}; use {sorted(PLACEHOLDERS)}, double a brace",
    )
    _require("batch" in found, path, f"{where}: the query does not read the candidate; use {{batch}}")
