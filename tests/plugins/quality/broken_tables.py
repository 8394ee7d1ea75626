"""Every rule broken on purpose: how, by rule."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from biz_insights.quality.check_arguments import words
from biz_insights.quality.suite_rule import Rule
from tests.plugins.quality.samples import AS_OF

BREAKS_FOLDER = Path(__file__).parent / "breaks"
Change = str | list[str]
Row = dict[str, Any]

DERIVED: dict[str, Callable[[Rule], list[Change]]] = {
    "grain_is_unique": lambda rule: ["INSERT INTO broken SELECT * FROM broken LIMIT 1"],
    "grain_has_no_nulls": lambda rule: [f"SET {column} = NULL" for column in rule.columns],
    "as_of_date_is_the_process_date": lambda rule: ["SET as_of_date = as_of_date - INTERVAL 1 DAY"],
    "cutoff_date_is_that_of_the_run": lambda rule: ["SET cutoff_date = cutoff_date - INTERVAL 3 MONTH"],
    "no_day_after_the_process_date": lambda rule: [f"SET order_date = DATE '{AS_OF}' + INTERVAL 1 DAY"],
    "only_closed_quarters": lambda rule: [f"SET quarter = date_trunc('quarter', DATE '{AS_OF}')"],
    "only_closed_years": lambda rule: [f"SET year = date_trunc('year', DATE '{AS_OF}') - INTERVAL 1 YEAR"],
}
"""By derived rule in SQL, the changes that it must find."""


@cache
def stated_breaks() -> dict[str, dict[str, list[Change]]]:
    """Table → rule → changes, as the files in `breaks/` state them."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(BREAKS_FOLDER.glob("*.json"))}


def sql_breaks(table: str, rule: Rule) -> list[Change]:
    """The changes that a rule in SQL must find: those that follow from its check, and those that are stated."""
    mechanical = DERIVED[rule.name](rule) if rule.is_derived else NAMED.get(rule.check, lambda rule: [])(rule)
    return mechanical + stated_breaks().get(table, {}).get(rule.name, [])


def _each_pair_out_of_order(rule: Rule) -> list[Change]:
    """For each two neighbours of a chain, the first one's columns high and the second one's low."""
    changes: list[Change] = []
    for chain in rule.arguments["chains"]:
        for entry, after in pairwise(chain):
            low = [f"{column} = 0" for column in words(after)]
            high = [f"{column} = 1000" for column in words(entry) if f"{column} = 0" not in low]
            changes.append(f"SET {', '.join(high + low)}")
    return changes


def _incomparable(rule: Rule) -> list[Change]:
    """For each change, the days before it missing, and three times the days."""
    changes: list[Change] = []
    for change, before, days, days_before in rule.arguments["changes"]:
        changes.append(f"SET {before} = 1, {days_before} = NULL")
        changes.append(f"SET {change} = 0.1, {before} = 1, {days} = 1, {days_before} = 3")
    return changes


NAMED: dict[str, Callable[[Rule], list[Change]]] = {
    "reconciles_with": lambda rule: ["INSERT INTO broken SELECT * FROM broken"],
    "adds_up": lambda rule: [f"SET {rule.arguments['total']} = {rule.arguments['total']} + 1"],
    "ascending": _each_pair_out_of_order,
    "figures_fit_their_statuses": lambda rule: [
        f"SET {figure} = NULL, {status} = '{values[0]}'"
        for figure, statuses in rule.arguments["figures"].items()
        for status, values in statuses.items()
    ],
    "changes_are_comparable": _incomparable,
    "units_or_refunds": lambda rule: [
        f"SET {rule.arguments['units']} = -1",
        f"SET {rule.arguments['units']} = 0, {rule.arguments['refund']} = 0",
        *[f"SET {rule.arguments['units']} = 0, {column} = 1" for column in rule.arguments["empty"]],
    ],
    "ranks_begin_at_one": lambda rule: [f"SET {rank} = {rank} + 1" for rank in rule.arguments["ranks"]],
    "lies_in_its_period": lambda rule: [
        f"SET {rule.arguments['column']} = {rule.arguments['column']} + INTERVAL 400 DAY"
    ],
    "texts_are_numbers": lambda rule: [f"SET {column} = 'a text'" for column in rule.arguments["columns"]],
    "text_matches": lambda rule: [f"SET {rule.arguments['column']} = {text}" for text in ("NULL", "'another text'")],
}
"""By named check, the changes that follow from its arguments. The other checks need breaks that are stated."""


def statements(change: Change) -> list[str]:
    """A change as SQL on the table `broken`."""
    listed = [change] if isinstance(change, str) else change
    return [f"UPDATE broken {text}" if text.startswith("SET ") else text for text in listed]


def _outside_the_range(rule: Rule) -> Any:
    low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    return low - 1 if high is None else high + 1


def _outside_the_set(rule: Rule) -> Any:
    return "outside the set" if isinstance(rule.kwargs["value_set"][0], str) else max(rule.kwargs["value_set"]) + 1


VALUES: dict[str, Callable[[Rule], Any]] = {
    "expect_column_values_to_not_be_null": lambda rule: None,
    "expect_column_values_to_be_between": _outside_the_range,
    "expect_column_values_to_be_in_set": _outside_the_set,
    "expect_column_values_to_not_be_in_set": lambda rule: rule.kwargs["value_set"][0],
}
"""By type of a rule about one column, the value that breaks it."""

UNIQUE = "expect_column_values_to_be_unique"
ROW_COUNT = "expect_table_row_count_to_be_between"
COLUMNS = "expect_table_columns_to_match_set"


def broken_rows(rows: pa.Table, rules: Iterable[Rule]) -> list[tuple[list[Rule], list[str], list[Row]]]:
    """Tables in which rules that are not in SQL are broken: the rules, the columns, the rows.

    Each rule that allows no exception has a row of its own, a copy of the first sound one, whose column is broken.
    Rules that allow some rows are broken in every row, those of the table in a table without rows or a column.
    """
    rules, columns = list(rules), list(rows.column_names)
    sound = rows.slice(0, 1).to_pylist()[0]
    whole = [rule for rule in rules if rule.type in (ROW_COUNT, COLUMNS)]
    partly = [rule for rule in rules if rule not in whole and rule.kwargs.get("mostly", 1) < 1]
    strict = [rule for rule in rules if rule not in whole and rule not in partly]
    copies = [sound | ({} if rule.type == UNIQUE else {rule.column: VALUES[rule.type](rule)}) for rule in strict]
    assert len({rule.column for rule in partly}) == len(partly), "two rules that allow some rows look at one column"
    tables = [
        (strict, columns, [sound, *copies]),
        (partly, columns, [sound | {rule.column: VALUES[rule.type](rule) for rule in partly}] * 2),
        ([rule for rule in whole if rule.type == ROW_COUNT], columns, []),
        ([rule for rule in whole if rule.type == COLUMNS], columns[1:], [sound]),
    ]
    return [table for table in tables if table[0]]


def write_to_sqlite(file: Path, name: str, columns: list[str], rows: list[Row]) -> None:
    """Create a table of rows in a SQLite file."""
    with sqlite3.connect(file) as connection:
        connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(
            f"INSERT INTO {name} VALUES ({marks})", [[_plain(row[column]) for column in columns] for row in rows]
        )
    connection.close()


def _plain(value: Any) -> Any:
    """A value that SQLite takes."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return json.dumps(value, default=str) if isinstance(value, list) else value
