"""Expectations in a few words, for the data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from biz_insights.quality.suites import Rule, Suite

LONGEST_SET = 8


def column_checks(suite: Suite | None, column: str) -> str:
    """What is expected of one column, such as `not null (critical), at least 0 (critical)`; empty for nothing."""
    if suite is None:
        return ""
    return ", ".join(f"{in_words(rule)} ({rule.severity})" for rule in suite.rules if _looks_at(rule) == column)


def table_checks(suite: Suite | None) -> list[str]:
    """Bullets for the expectations that look at rows, at several columns or at the table."""
    if suite is None:
        return []
    rules = [rule for rule in suite.rules if not _looks_at(rule)]
    return [f"- **{rule.severity}** {_title(rule)}: {rule.why}" for rule in rules]


def in_words(rule: Rule) -> str:
    """An expectation as a person would say it.

    Raises:
        KeyError: there are no words for this type yet; add them here.
    """
    said = _WORDS[rule.type](rule.kwargs)
    mostly = rule.kwargs.get("mostly", 1)
    return said if mostly == 1 else f"{said} on at least {100 * mostly:g} % of rows"


def _looks_at(rule: Rule) -> str:
    """The one column that a rule looks at, or empty."""
    return rule.column if "column" in rule.kwargs else ""


def _title(rule: Rule) -> str:
    """A rule in SQL by its name, the others in words."""
    return f"`{rule.name}`" if rule.type not in _WORDS else in_words(rule)


def _between(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is None or high is None:
        return f"at least {low:g}" if high is None else f"at most {high:g}"
    return f"{low:g} to {high:g}"


def _in_set(kwargs: Mapping[str, Any]) -> str:
    values = [str(value) for value in kwargs["value_set"]]
    return f"one of {', '.join(values)}" if len(values) <= LONGEST_SET else f"one of {len(values)} values"


_WORDS = {
    "expect_column_values_to_not_be_null": lambda kwargs: "not null",
    "expect_column_values_to_be_unique": lambda kwargs: "unique",
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": lambda kwargs: f"none of {', '.join(map(str, kwargs['value_set']))}",
    "expect_compound_columns_to_be_unique": lambda kwargs: f"`{', '.join(kwargs['column_list'])}` unique",
    "expect_table_columns_to_match_set": lambda kwargs: "has the columns listed above",
    "expect_table_row_count_to_be_between": lambda kwargs: f"rows: {_between(kwargs)}",
}
