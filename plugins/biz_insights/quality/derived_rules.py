"""Rules that follow from a table's declaration: no suite states them, and every table that is declared has them.

| rule | for |
|---|---|
| `grain_is_unique`, `grain_has_no_nulls` | every table; the partition counts as part of what may not be null |
| `as_of_date_is_the_process_date` | tables partitioned by `as_of_date` |
| `cutoff_date_is_that_of_the_run` | tables partitioned by `cutoff_date` |
| `no_day_after_the_process_date` | gold tables partitioned by `order_date` |
| `only_closed_quarters`, `only_closed_years` | gold tables partitioned by `quarter` or `year` |
| the columns are those declared, `source_file` is not null | bronze |
| `source_table` is a declared source table | tables with such a column |

All but the last two are named checks. The first two need no query of their own, as Great Expectations' expectations of
the same meaning do: they are part of the one query that counts what all rules in SQL find.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from biz_insights.quality.audited_tables import AuditedTable
from biz_insights.quality.named_checks import NamedCheck, named_checks
from biz_insights.quality.suite_rule import SQL_TYPE, Rule
from biz_schema.source_tables import SOURCE_TABLES

CRITICAL = "critical"
BY_PARTITION = {
    "as_of_date": "as_of_date_is_the_process_date",
    "cutoff_date": "cutoff_date_is_that_of_the_run",
    "order_date": "no_day_after_the_process_date",
    "quarter": "only_closed_quarters",
    "year": "only_closed_years",
}
"""Check by partition column; silver also holds days that are not complete yet, so these are for gold and scores."""

_BRONZE_FIX = "data engineer: compare spark_jobs/bronze.py with the columns of the export"


def derived_rules(table: AuditedTable, key: tuple[str, ...], folder: Path) -> list[Rule]:
    """The rules that a table's declaration implies; `key` are the columns that name a row in samples."""
    checks = named_checks(folder)
    never_null = tuple(dict.fromkeys([*table.grain, *([table.partition] if table.partition else [])]))
    rules = [
        _checked(checks["grain_is_unique"], table, {"columns": list(table.grain)}, key, folder),
        _checked(checks["grain_has_no_nulls"], table, {"columns": list(never_null)}, key, folder),
    ]
    if table.layer in ("gold", "scores") and table.partition in BY_PARTITION:
        rules.append(_checked(checks[BY_PARTITION[table.partition]], table, {}, key, folder))
    if "source_table" in table.columns:
        rules.append(_source_table_rule(table))
    return [*rules, *_bronze_rules(table)] if table.layer == "bronze" else rules


def _checked(
    check: NamedCheck, table: AuditedTable, arguments: dict[str, Any], key: tuple[str, ...], folder: Path
) -> Rule:
    return Rule(
        name=check.name,
        type=SQL_TYPE,
        severity=CRITICAL,
        why=check.why,
        fix=check.fix or table.fix(CRITICAL),
        columns=tuple(arguments.get("columns", [table.partition])),
        template=check.template,
        arguments={**check.values(arguments), "key": list(key)},
        folder=folder,
        check=check.name,
        is_derived=True,
    )


def _bronze_rules(table: AuditedTable) -> list[Rule]:
    columns = Rule(
        name="expect_table_columns_to_match_set()",
        type="expect_table_columns_to_match_set",
        kwargs={"column_set": list(table.columns), "exact_match": False},
        severity=CRITICAL,
        why="silver reads these columns by name",
        fix=_BRONZE_FIX,
        is_derived=True,
    )
    source_file = Rule(
        name="expect_column_values_to_not_be_null(source_file)",
        type="expect_column_values_to_not_be_null",
        kwargs={"column": "source_file"},
        columns=("source_file",),
        severity=CRITICAL,
        why="a row must be traceable to the file it came from",
        fix=_BRONZE_FIX,
        is_derived=True,
    )
    return [columns, source_file]


def _source_table_rule(table: AuditedTable) -> Rule:
    return Rule(
        name="expect_column_values_to_be_in_set(source_table)",
        type="expect_column_values_to_be_in_set",
        kwargs={"column": "source_table", "value_set": [source.name for source in SOURCE_TABLES]},
        columns=("source_table",),
        severity=CRITICAL,
        why="every source table is accounted for under its own name",
        fix=table.fix(CRITICAL),
        is_derived=True,
    )
