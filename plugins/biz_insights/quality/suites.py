"""Suites: what is expected of a table beyond what its declaration implies. One file a table,
`expectations/<layer>/<table>.json`; the rules that are derived (see `derived_rules`) are not repeated in it.

    {"fix": "who fixes a failure, and how",         optional: for the rules that do not say it themselves
     "about": "…", "key": ["id"],                   optional: else what the table's declaration says
     "derived": {"grain_has_no_nulls":              optional: a derived rule that is off, or of another severity
         {"severity": "off", "reason": "…"}},
     "rules": [
       {"type": "expect_column_values_to_be_between", "column": ["p_alive", "overdue_p"], "min_value": 0,
        "severity": "critical", "why": "…"},
       {"check": "ascending", "name": "counts_are_nested", "chains": [["repeat_customers", "customers"]],
        "severity": "critical", "why": "…"},
       {"sql": "anomalies_are_rare", "severity": "warning", "why": "…", "fix": "…"}]}

A rule is of one of three kinds. `type` is a type of Great Expectations, with its arguments beside it; a list of columns
stands for one rule a column. `check` is a named check (see `named_checks`), with its arguments beside it. `sql` names
the file `expectations/<layer>/<table>/<sql>.sql`, a query for the rows that should not be there (see `rule_sql`).

`critical` blocks the publish, `warning` lowers the score, `info` is only shown. A rule in SQL that measures has a
`flag`: its query always returns what it measured, and the rows whose boolean column of that name is true are the
unexpected ones. All rows are stored as `observed`, so that the report has the evidence also when the rule holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from biz_insights.quality.audit_settings import SUITES_FOLDER
from biz_insights.quality.audited_tables import AuditedTable, audited_tables
from biz_insights.quality.check_arguments import KnownColumns
from biz_insights.quality.derived_rules import derived_rules
from biz_insights.quality.named_checks import named_checks
from biz_insights.quality.rule_sql import PLACEHOLDERS, placeholder_values
from biz_insights.quality.suite_rule import SQL_TYPE, Rule, SuiteError
from biz_schema.severities import SEVERITIES

OFF = "off"
KINDS = ("type", "check", "sql")
COMMON = {"name", "severity", "why", "fix"}
_ANY_VALUES = placeholder_values(published="published", process_date="2024-01-31")
_BATCH = "<batch>"


@dataclass(frozen=True)
class Suite:
    """The rules for one table, the derived ones first; `key` are the columns that name a row in samples."""

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
    """Read the suite of a table.

    Raises:
        SuiteError: there is no such file, or something in it is wrong: the message names the file, the rule and what
            to write.
    """
    path = suite_paths(folder).get(name)
    if path is None:
        raise SuiteError(
            f"table {name!r} has no suite in {folder}: write expectations/<bronze|silver|gold>/{name}.json "
            'with {"rules": []}; the rules of its grain and partition are derived'
        )
    return _SuiteFile(path, folder, audited_tables().get(name)).suite()


class _SuiteFile:
    """One file while it is read: every complaint names it."""

    def __init__(self, path: Path, folder: Path, table: AuditedTable | None) -> None:
        self.path, self.folder, self.table = path, folder, table
        self.document = self._document()
        self.key: tuple[str, ...] = tuple(self.document.get("key") or (table.grain if table else ()))

    def suite(self) -> Suite:
        about = self.document.get("about") or (self.table.about if self.table else "")
        self._require(bool(about), '"about" must say in one sentence what the table holds: it is not declared')
        entries = self.document.get("rules")
        self._require(isinstance(entries, list), '"rules" must be a list')
        derived = self._derived()
        stated = [rule for number, entry in enumerate(entries or [], start=1) for rule in self._rules(entry, number)]
        rules = (*derived, *stated)
        self._require(bool(rules), '"rules" must have an entry: the table is not declared, so no rule is derived')
        names = [rule.name for rule in rules]
        for name in names:
            self._require(names.count(name) == 1, f'two rules are named {name!r}; set "name"')
        self._every_sql_file_is_used({entry["sql"] for entry in entries or [] if "sql" in entry})
        return Suite(self.path.stem, about, self.key, rules, self.path)

    def _document(self) -> dict[str, Any]:
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise SuiteError(f"{self.path}: not JSON ({error}); fix the file") from error
        self._require(isinstance(document, dict), "the suite must be one JSON object")
        self._only(document, {"about", "key", "fix", "derived", "rules"}, "suite")
        return dict(document)

    def _derived(self) -> list[Rule]:
        """The derived rules, as the suite changes them."""
        rules = derived_rules(self.table, self.key, self.folder) if self.table else []
        changes = self.document.get("derived") or {}
        unknown = sorted(set(changes) - {rule.name for rule in rules})
        self._require(not unknown, f"derived: no rule {', '.join(unknown)}; there are {[r.name for r in rules]}")
        found = []
        for rule in rules:
            change = changes.get(rule.name, {"severity": rule.severity, "reason": "as derived"})
            self._only(change, {"severity", "reason"}, f"derived.{rule.name}")
            severity = change.get("severity")
            self._require(bool(change.get("reason")), f"derived.{rule.name} has no reason; say why it is changed")
            self._severity(severity, f"derived.{rule.name}", (*SEVERITIES, OFF))
            if severity != OFF:
                found.append(replace(rule, severity=severity))
        return found

    def _rules(self, entry: Any, number: int) -> list[Rule]:
        """The rules that one entry states."""
        where = f"rule {number}"
        self._require(isinstance(entry, dict), f"{where} must be a JSON object")
        kinds = [kind for kind in KINDS if kind in entry]
        self._require(len(kinds) == 1, f'{where} must have exactly one of "type", "check" and "sql"')
        (kind,) = kinds
        where = f"{where} ({entry[kind]})"
        self._severity(entry.get("severity"), where, SEVERITIES)
        if kind == "type":
            return self._expectations(entry, where)
        rule = self._named_check(entry, where) if kind == "check" else self._sql_file(entry, where)
        self._check_query(rule, where)
        return [rule]

    def _expectations(self, entry: dict[str, Any], where: str) -> list[Rule]:
        """Rules of a type of Great Expectations, one for each column where `column` is a list."""
        kind = entry["type"]
        self._require(kind != SQL_TYPE, f'{where}: write the query to a file and name it with "sql"')
        kwargs = {name: value for name, value in entry.items() if name not in (*COMMON, "type")}
        listed = kwargs.get("column")
        self._require(not (isinstance(listed, list) and "name" in entry), f"{where}: several rules share one name")
        rules = []
        for own in [kwargs | {"column": column} for column in listed] if isinstance(listed, list) else [kwargs]:
            columns = _columns_of(own)
            unknown = sorted(set(columns) - set(self.table.columns)) if self.table else []
            self._require(not unknown, f"{where}: {', '.join(unknown)} is not a column of the table")
            name = entry.get("name") or f"{kind}({', '.join(columns)})"
            rules.append(self._rule(entry, where, name=name, type=kind, kwargs=own, columns=columns))
        return rules

    def _named_check(self, entry: dict[str, Any], where: str) -> Rule:
        checks = named_checks(self.folder)
        check = checks.get(entry["check"])
        if check is None:
            raise SuiteError(f"{self.path}: {where}: there is no such check; there are {sorted(checks)}")
        self._require(bool(entry.get("name")), f'{where} has no "name", which a failure shows')
        given = {name: value for name, value in entry.items() if name not in (*COMMON, "check")}
        tables = audited_tables()
        compared = tables.get(str(given.get("table")))
        known = KnownColumns(self.table.columns if self.table else None, compared.columns if compared else None, tables)
        found = check.problem(given, known)
        self._require(not found, f"{where}: {found}")
        return self._rule(
            entry,
            where,
            name=entry["name"],
            default_fix=check.fix.replace("{{ table }}", str(given.get("table"))),
            columns=tuple(given.get("columns", ())),
            template=check.template,
            arguments={**check.values(given), "key": list(self.key)},
            check=check.name,
        )

    def _sql_file(self, entry: dict[str, Any], where: str) -> Rule:
        self._only(entry, {*COMMON, "sql", "flag"}, where)
        path = self.path.with_suffix("") / f"{entry['sql']}.sql"
        self._require(path.is_file(), f"{where}: {path} does not exist; write it, or correct the name")
        return self._rule(
            entry,
            where,
            name=entry.get("name") or entry["sql"],
            template=path.read_text(encoding="utf-8"),
            arguments={"key": list(self.key)},
            flag=entry.get("flag", ""),
        )

    def _rule(self, entry: dict[str, Any], where: str, *, default_fix: str = "", **fields: Any) -> Rule:
        """A rule with what all kinds have in common."""
        fix = entry.get("fix") or default_fix or self.document.get("fix")
        fix = fix or (self.table.fix(entry["severity"]) if self.table else "")
        for field, value in (("why", entry.get("why")), ("fix", fix)):
            self._require(bool(value), f"{where}: {field} is empty; say it to whoever meets the failure")
        common = {"type": SQL_TYPE, "severity": entry["severity"], "why": entry["why"], "fix": fix}
        return Rule(**{**common, "folder": self.folder, **fields})

    def _check_query(self, rule: Rule, where: str) -> None:
        try:
            sql = rule.query(_BATCH, _ANY_VALUES)
        except TemplateError as error:
            raise SuiteError(
                f"{self.path}: {where}: the SQL is not a valid template: {error}; placeholders are "
                f"{', '.join(PLACEHOLDERS)}"
            ) from error
        self._require(sql.count(_BATCH) == 1, f"{where}: the query must read {{{{ batch }}}} once, in a CTE")

    def _every_sql_file_is_used(self, used: set[str]) -> None:
        files = sorted(path.stem for path in self.path.with_suffix("").glob("*.sql"))
        unused = [name for name in files if name not in used]
        self._require(not unused, f'no rule uses the file {", ".join(unused)}.sql; name it with "sql" or remove it')

    def _severity(self, severity: Any, where: str, known: tuple[str, ...]) -> None:
        self._require(severity in known, f"{where}: severity {severity!r} is unknown; use {', '.join(known)}")

    def _only(self, entry: Mapping[str, Any], known: set[str], what: str) -> None:
        unknown = sorted(set(entry) - known)
        self._require(not unknown, f"{what} has an unknown field {', '.join(unknown)}; known: {sorted(known)}")

    def _require(self, holds: bool, message: str) -> None:
        if not holds:
            raise SuiteError(f"{self.path}: {message}")


def _columns_of(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that an expectation's arguments name."""
    names = [kwargs[name] for name in ("column", "column_A", "column_B") if name in kwargs]
    return tuple(map(str, [*names, *kwargs.get("column_list", ())]))
