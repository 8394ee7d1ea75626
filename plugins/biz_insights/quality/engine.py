"""Run a suite on one table with Great Expectations, in as few queries as possible.

Great Expectations fetches the unexpected values of every row-wise expectation, also of those that pass, and counts and
fetches the rows of every rule in SQL: one or two queries each. None of that is wanted where all is well, so:

1. row-wise expectations, yes or no only: all of them share one aggregate query;
2. those that failed, and the aggregates: with counts, observed values and samples;
3. all rules in SQL in one query, which counts the rows that each of them finds; then those that find any, with the
   rows;
4. the rules in SQL that measure, one query each: their rows are wanted in any case.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from biz_insights.aws.caching_session import CachingSession
from biz_insights.quality import great_expectations_internals as internals
from biz_insights.quality.outcome import RuleResult
from biz_insights.quality.service_errors import ended_by_a_refusal
from biz_insights.quality.suite_rule import Rule, SuiteError
from biz_insights.quality.suites import Suite
from biz_insights.quality.validation_results import (
    SAMPLES,
    error_of,
    finds_nothing,
    judged_by_flag,
    not_evaluated,
    rule_result,
    suite_document,
)

RULE_INDEX = "rule_index"
SQL_KWARG = "unexpected_rows_query"


@cache
def great_expectations() -> Any:
    """Import the library on first use, which takes seconds, and quieten it."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # sets INFO itself
    return gx


@cache
def context() -> Any:
    """Return one in-memory context for the process; it is never saved and sends nothing anywhere."""
    return internals.without_progress_bars(great_expectations().get_context(mode="ephemeral"))


_idle_sources: dict[str, list[Any]] = defaultdict(list)
_adding = threading.Lock()


@contextmanager
def _source(connection_url: str) -> Iterator[Any]:
    """A data source that no other thread uses meanwhile; it is used again by later audits."""
    with _adding:
        idle = _idle_sources[connection_url]
        source = idle.pop() if idle else _add_source(connection_url)
    try:
        yield source
    finally:
        idle.append(source)


def _add_source(connection_url: str) -> Any:
    name = f"source_{len(context().data_sources.all())}"
    engine = {"connect_args": _athena_arguments()} if connection_url.startswith("awsathena") else {}
    return context().data_sources.add_sql(
        name, connection_string=connection_url, create_temp_table=False, kwargs=engine
    )


def _athena_arguments() -> dict[str, Any]:
    """Arguments of PyAthena's connections."""
    from pyathena.util import RetryConfig

    # PyAthena makes a client of its session for each statement. The client repeats calls that are throttled, and
    # Airflow the task: five more tries of PyAthena for each question of Great Expectations would take minutes.
    return {"session": CachingSession(), "retry_config": RetryConfig(attempt=2)}


def build_expectation(rule: Rule, path: object, index: int = 0, values: Mapping[str, str] | None = None) -> Any:
    """Return the Great Expectations object of a rule.

    Args:
        rule: the rule.
        path: the suite's file, for the message of an error.
        index: position in the suite, by which results are found again.
        values: the placeholders' values, see `rule_sql.placeholder_values`; only rules in SQL need them.

    Raises:
        SuiteError: the type is unknown, or its arguments do not fit; the message names the file.
    """
    great_expectations()
    kind = internals.expectation_class(rule.type)
    if kind is None:
        raise SuiteError(
            f"{path}: unknown expectation type {rule.type!r}; the types are listed under "
            "https://greatexpectations.io/expectations (snake case here)"
        )
    kwargs = dict(rule.kwargs)
    if rule.is_sql:
        kwargs[SQL_KWARG] = rule.great_expectations_query(values or {})
    try:
        return kind(**kwargs, severity=rule.severity, notes=rule.why, meta={RULE_INDEX: index, "name": rule.name})
    except (TypeError, ValueError) as error:
        detail = " ".join(str(error).split())
        raise SuiteError(f"{path}: {rule.name}: arguments do not fit {rule.type}: {detail}") from error


def validate(
    suite: Suite, table: str, *, connection_url: str, values: Mapping[str, str]
) -> tuple[list[RuleResult], dict[str, Any]]:
    """Evaluate a suite on a table of the connection's database.

    Returns:
        One result a rule, in the suite's order, and Great Expectations' own result document (for Data Docs).
        A table that cannot be read gives a failed result for every rule, not an exception. Several threads may
        validate at once, after one has called `context`.
    """
    expectations = [build_expectation(rule, suite.path, i, values) for i, rule in enumerate(suite.rules)]
    with _source(connection_url) as source:
        try:
            with ended_by_a_refusal(source.get_execution_engine().engine):
                found = _passes(suite, expectations, internals.whole_table(source, table).validate)
        except Exception as error:  # whatever the engine raises, the audit reports it and blocks
            found = {i: not_evaluated(expectation, error) for i, expectation in enumerate(expectations)}
        finally:
            internals.forget_tables(source)
    ordered = [found[i] for i in range(len(suite.rules))]
    results = [rule_result(suite, table, rule, result) for rule, result in zip(suite.rules, ordered, strict=True)]
    return results, suite_document(suite, table, ordered, great_expectations().__version__)


def _passes(suite: Suite, expectations: list[Any], run: Callable[..., Any]) -> dict[int, Any]:
    """Rule index → Great Expectations' result, by the passes that the module describes."""
    kinds = internals.row_wise_classes()
    row_wise = {i for i, expectation in enumerate(expectations) if isinstance(expectation, kinds)}
    measuring = {i for i, rule in enumerate(suite.rules) if rule.flag}
    sql = {i for i, rule in enumerate(suite.rules) if rule.is_sql} - measuring
    found = _one_pass(suite, expectations, row_wise, run, "BOOLEAN_ONLY")
    for i, result in found.items():
        if result.success and expectations[i].mostly == 1:
            result.result = {"unexpected_count": 0, "unexpected_percent": 0.0}
    failed = {i for i, result in found.items() if not result.success and not error_of(result)}
    summary: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLES}
    if suite.key:
        summary["unexpected_index_column_names"] = list(suite.key)
    detailed = set(range(len(expectations))) - row_wise - sql - measuring | failed
    for i, result in _one_pass(suite, expectations, detailed, run, summary).items():
        if i not in found or not error_of(result):  # a verdict without samples is better than none
            found[i] = result
    found.update(_rules_that_find_nothing(expectations, sql, run))
    found.update(_one_pass(suite, expectations, sql - set(found), run, "COMPLETE"))
    for i in measuring:
        measured = _rows(expectations[i].unexpected_rows_query, run)
        found[i] = judged_by_flag(expectations[i], measured, suite.rules[i].flag)
    return found


def _rows(query: str, run: Callable[..., Any]) -> Any:
    """The result of a query over the batch, its rows as unexpected ones."""
    return run(internals.rows_of_query()(unexpected_rows_query=query), result_format="COMPLETE")


def _rules_that_find_nothing(expectations: list[Any], sql: set[int], run: Callable[..., Any]) -> dict[int, Any]:
    """Results of the rules in SQL that find no row, by one query for all; empty if that query fails."""
    if len(sql) < 2:
        return {}
    counts = "\nUNION ALL\n".join(
        f"SELECT {i} AS rule_index, COUNT(*) AS unexpected_rows FROM (\n{expectations[i].unexpected_rows_query}\n)"
        f" AS rule_{i}"
        for i in sorted(sql)
    )
    answer = _rows(f"SELECT * FROM (\n{counts}\n) AS counts WHERE unexpected_rows > 0", run)
    if error_of(answer):
        return {}
    finding = {row["rule_index"] for row in answer.result["details"]["unexpected_rows"]}
    return {i: finds_nothing(expectations[i]) for i in sql - finding}


def _one_pass(
    suite: Suite, expectations: list[Any], chosen: set[int], run: Callable[..., Any], result_format: Any
) -> dict[int, Any]:
    """Rule index → result, of some rules in one validation."""
    if not chosen:
        return {}
    gx = great_expectations()
    part = gx.ExpectationSuite(name=suite.name, expectations=[expectations[i] for i in sorted(chosen)])
    outcome = run(part, result_format=result_format)
    return {result.expectation_config.meta[RULE_INDEX]: result for result in outcome.results}
