"""One rule of a suite: an expectation of Great Expectations, or a query for the rows that should not be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biz_insights.errors import PermanentError
from biz_insights.quality import rule_sql

SQL_TYPE = "unexpected_rows_expectation"
"""Great Expectations' type of a rule in SQL."""


class SuiteError(PermanentError):
    """A suite is missing or wrong; the message names the file and what to write."""


@dataclass(frozen=True)
class Rule:
    """What is expected, how much a failure counts, why, and who fixes it.

    Attributes:
        name: unique in its suite.
        type: type of Great Expectations; `SQL_TYPE` for a rule in SQL.
        kwargs: arguments of that type; empty for a rule in SQL.
        severity: `critical`, `warning` or `info`.
        why: the reason for the rule.
        fix: who fixes a failure, and how.
        columns: the columns that it looks at; empty where only its SQL says it.
        template: the SQL of a rule in SQL, a Jinja template.
        arguments: further values for the template: those of a named check, and `key`.
        folder: the folder of the suites, for the macros that the template imports.
        check: name of the named check; empty for the others.
        is_derived: it follows from the table's declaration, not from the suite's file.
        flag: for a rule that measures, the column that is true for an unexpected row.
    """

    name: str
    type: str
    severity: str
    why: str
    fix: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    template: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()
    check: str = ""
    is_derived: bool = False
    flag: str = ""

    @property
    def is_sql(self) -> bool:
        return self.type == SQL_TYPE

    @property
    def column(self) -> str:
        """The column or columns it looks at, comma separated; empty where only its SQL says it."""
        return ", ".join(self.columns)

    def query(self, batch: str, values: Mapping[str, str]) -> str:
        """The SQL of a rule in SQL, reading the table or subquery `batch`; `values` as of `placeholder_values`."""
        return rule_sql.render(self.template, self.folder, {**self._arguments(values), **values, "batch": batch})

    def great_expectations_query(self, values: Mapping[str, str]) -> str:
        """The SQL in the form that Great Expectations takes."""
        return rule_sql.for_great_expectations(self.template, self.folder, {**self._arguments(values), **values})

    def _arguments(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The arguments, with the placeholders in their texts filled in."""
        return {name: self._filled(value, values) for name, value in self.arguments.items()}

    def _filled(self, value: Any, values: Mapping[str, str]) -> Any:
        if isinstance(value, str):
            return rule_sql.render(value, self.folder, values) if "{{" in value else value
        if isinstance(value, Mapping):
            return {key: self._filled(entry, values) for key, entry in value.items()}
        return [self._filled(entry, values) for entry in value] if isinstance(value, list | tuple) else value
