"""Named checks: rules in SQL that several tables share, one template each in `expectations/checks/<check>.sql`.

A template begins with its header:

    -- about: What the check finds.
    -- why: the reason, where it is the same for every table (derived rules)
    -- fix: who fixes a failure and how, where it is the same for every table
    -- arguments:
    --   columns (columns): what it is; the word in brackets is a kind of `check_arguments`
    --   where (SQL, optional): …
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from biz_insights.quality import check_arguments
from biz_insights.quality.check_arguments import KnownColumns
from biz_insights.quality.suite_rule import SuiteError

CHECKS_FOLDER = "checks"
_FIELD = re.compile(r"^-- (about|why|fix|arguments):\s*(.*)$")
_ARGUMENT = re.compile(r"^--   (\w+) \(([\w ]+?)(, optional)?\): (.+)$")
_TABLE = "table"
"""The argument that names the published table, whose columns the kinds `… of table` know."""


@dataclass(frozen=True)
class Argument:
    """One argument of a check: its kind, its meaning, and whether it may be left out."""

    name: str
    kind: str
    is_optional: bool
    meaning: str


@dataclass(frozen=True)
class NamedCheck:
    """A check: what its header says, and its SQL as a Jinja template."""

    name: str
    about: str
    why: str
    fix: str
    arguments: dict[str, Argument]
    template: str

    def problem(self, given: Mapping[str, Any], columns: KnownColumns) -> str:
        """What is wrong with the arguments of a use of the check; empty if nothing is."""
        if unknown := sorted(set(given) - set(self.arguments)):
            return f"unknown argument {', '.join(unknown)}; the check takes {', '.join(self.arguments) or 'none'}"
        required = {name for name, argument in self.arguments.items() if not argument.is_optional}
        if missing := sorted(required - set(given)):
            argument = self.arguments[missing[0]]
            return f"argument {missing[0]} is missing: {argument.meaning}"
        for name, value in given.items():
            if found := check_arguments.problem(self.arguments[name].kind, value, columns):
                return f"argument {name} {found}"
        return ""

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The value of every argument, None for those that were left out."""
        return {name: given.get(name) for name in self.arguments}


@cache
def named_checks(folder: Path) -> dict[str, NamedCheck]:
    """The checks of a suites folder, by name.

    Raises:
        SuiteError: a file's header lacks a field, or states an argument of an unknown kind.
    """
    return {path.stem: _read(path) for path in sorted((folder / CHECKS_FOLDER).glob("*.sql"))}


def _read(path: Path) -> NamedCheck:
    fields: dict[str, str] = {}
    arguments: dict[str, Argument] = {}
    body: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if body or not line.startswith("--"):
            body.append(line)
        elif found := _FIELD.match(line):
            fields[found[1]] = found[2].strip()
        elif "arguments" in fields and (matched := _ARGUMENT.match(line)):
            arguments[matched[1]] = Argument(matched[1], matched[2], bool(matched[3]), matched[4])
        else:
            raise SuiteError(f"{path}: {line!r} is not a line of a header; see biz_insights/quality/named_checks.py")
    if not fields.get("about"):
        raise SuiteError(f"{path}: the header lacks about: say in one sentence what the check finds")
    for argument in arguments.values():
        if not check_arguments.is_kind(argument.kind):
            raise SuiteError(
                f"{path}: argument {argument.name} has the unknown kind {argument.kind!r}; "
                "see biz_insights/quality/check_arguments.py"
            )
    return NamedCheck(
        path.stem, fields["about"], fields.get("why", ""), fields.get("fix", ""), arguments, "\n".join(body).strip()
    )
