"""What is used of Great Expectations beyond its public interface, and the versions for which that was read.

An audit would take twice the queries without it: the library counts the rows of a query before it fetches them, and
looks at every table once before a suite does. It has no setting for either.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

HOLDS_FOR = {"great-expectations": ("1.24", "1.25")}
"""By package: the first version that this was checked with, and the first version outside.

It covers everything that this module names of the library.
"""

ROWS_METRIC = "unexpected_rows_query.table"
"""The library's name for the rows that a query returns."""


@cache
def rows_of_query() -> Any:
    """Return an expectation class: a query finds no row, and is sent once.

    The library's own class depends on a second metric, which counts the rows by a query about the query. This one
    leaves it out, and replaces `_validate`, which reads both.
    """
    from great_expectations.expectations import UnexpectedRowsExpectation

    class RowsOfQuery(UnexpectedRowsExpectation):
        metric_dependencies: ClassVar[tuple[str, ...]] = (ROWS_METRIC,)

        def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
            rows = metrics[ROWS_METRIC]
            return {
                "success": not rows,
                "result": {"observed_value": len(rows), "details": {"unexpected_rows": rows}},
            }

    return RowsOfQuery


def whole_table(source: Any, table: str) -> Any:
    """Return the batch of a table of a data source, without asking for a row of it first.

    `add_table_asset` would build the library's own class, whose `test_connection` sends a query; `_add_asset` takes
    another class. Call `forget_tables` when done.
    """
    asset = source._add_asset(_quiet_table()(name=table, table_name=table))
    return asset.add_batch_definition_whole_table("whole").get_batch()


def forget_tables(source: Any) -> None:
    """Remove all tables of a data source, so that the next audit of one looks at it afresh.

    `delete_asset` checks the assets that stay, and refuses a class that is not the library's own.
    """
    source.assets.clear()


@cache
def _quiet_table() -> Any:
    from great_expectations.datasource.fluent.sql_datasource import TableAsset

    class QuietTable(TableAsset):
        """A table whose first query is that of its suite, which says whether it can be read."""

        def test_connection(self) -> None:
            """Do nothing."""

    return QuietTable


def expectation_class(name: str) -> Any:
    """Return the class of an expectation by its name in snake case; None where there is none."""
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        return get_expectation_impl(name)
    except ExpectationNotFoundError:
        return None


def row_wise_classes() -> tuple[type, ...]:
    """Return the base classes of the expectations that look at one row at a time and share one query."""
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )

    return ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation


def without_progress_bars(context: Any) -> Any:
    """Switch the progress bars of a context off, and return it."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context
