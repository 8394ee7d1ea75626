"""Expectations in a few words, for the data dictionary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from biz_insights.quality.suites import Rule, Suite

LONGEST_SET = 8


def column_checks(suite: Suite | None, column: str) -> str:
    """Return what is expected of one column, such as `not null (critical), at least 0 (critical)`."""
    if suite is None:
        return ""
    return ", ".join(f"{in_words(rule)} ({rule.severity})" for rule in suite.rules if column in _shown_at(rule))


def table_checks(suite: Suite | None) -> list[str]:
    """Return bullets for the expectations that look at rows, at several columns or at the table."""
    if suite is None:
        return []
    rules = [rule for rule in suite.rules if not _shown_at(rule)]
    return [f"- **{rule.severity}** {_title(rule)}: {rule.why}" for rule in rules]


def in_words(rule: Rule) -> str:
    """Return an expectation as a person would say it.

    Raises:
        KeyError: there are no words for this type or check yet; add them here.
    """
    if rule.check:
        return _CHECK_WORDS[rule.check](rule.arguments)
    said = _WORDS[rule.type](rule.kwargs)
    mostly = rule.kwargs.get("mostly", 1)
    return said if mostly == 1 else f"{said} on at least {100 * mostly:g} % of rows"


def _shown_at(rule: Rule) -> tuple[str, ...]:
    """The columns beside which a rule is shown; none for a rule about rows, several columns at once or the table."""
    each_column = "column" in rule.kwargs or rule.check in _OF_EACH_COLUMN
    return rule.columns if each_column else ()


def _title(rule: Rule) -> str:
    """A rule in words if there are any, else its name."""
    return in_words(rule) if rule.type in _WORDS or rule.check in _CHECK_WORDS else f"`{rule.name}`"


def _between(kwargs: Mapping[str, Any]) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is None or high is None:
        return f"at least {low:g}" if high is None else f"at most {high:g}"
    return f"{low:g} to {high:g}"


def _in_set(kwargs: Mapping[str, Any]) -> str:
    values = [str(value) for value in kwargs["value_set"]]
    return f"one of {', '.join(values)}" if len(values) <= LONGEST_SET else f"one of {len(values)} values"


_OF_EACH_COLUMN = ("grain_has_no_nulls", "texts_are_numbers")
"""Named checks that expect the same of each of their columns."""

_CHECK_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "grain_is_unique": lambda arguments: f"`{', '.join(arguments['columns'])}` unique",
    "grain_has_no_nulls": lambda arguments: "not null",
    "texts_are_numbers": lambda arguments: "a number",
}
_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "expect_column_values_to_not_be_null": lambda kwargs: "not null",
    "expect_column_values_to_be_unique": lambda kwargs: "unique",
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": lambda kwargs: f"none of {', '.join(map(str, kwargs['value_set']))}",
    "expect_table_columns_to_match_set": lambda kwargs: "has the columns listed above",
    "expect_table_row_count_to_be_between": lambda kwargs: f"rows: {_between(kwargs)}",
}
