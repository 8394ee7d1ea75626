"""Every rule broken on purpose: how, by rule."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

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
    """The changes that a rule in SQL must find; none where nobody has stated any."""
    derived = DERIVED[rule.name](rule) if rule.is_derived else []
    return derived + stated_breaks().get(table, {}).get(rule.name, [])


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
