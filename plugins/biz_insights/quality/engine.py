"""Runs a suite on one table with Great Expectations, in as few queries as it takes.

Great Expectations fetches the offending values of every row-wise expectation, also of those that pass, and counts
and fetches the rows of every rule in SQL: one or two queries each. Where all is well none of that is wanted:

1. row-wise expectations, yes or no only: all of them share one aggregate query;
2. those that failed, and the aggregates: with counts, observed values and samples;
3. all rules in SQL as one question, how many rows each of them finds; then those that find any, with the rows;
4. the rules in SQL that measure, each for itself: their rows are wanted in any case.
"""

from __future__ import annotations

import json
import logging
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar

from biz_insights.aws.caching_session import CachingSession
from biz_insights.quality.outcome import RuleResult
from biz_insights.quality.suites import SQL_KWARG, SQL_TYPE, Rule, Suite, SuiteError

SAMPLES = 5
SAMPLE_CHARACTERS = 300
RULE_INDEX = "rule_index"


@cache
def great_expectations() -> Any:
    """The library, imported on first use (seconds), without progress bars and chatter."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # sets INFO itself
    return gx


@cache
def context() -> Any:
    """One in-memory context a process; it is never saved and sends nothing anywhere."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    made = gx.get_context(mode="ephemeral")
    made.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return made


_idle_sources: dict[str, list[Any]] = defaultdict(list)
_adding = threading.Lock()


@contextmanager
def _source(connection_url: str) -> Iterator[Any]:
    """A data source that no other thread uses meanwhile; kept for the next who asks."""
    with _adding:
        idle = _idle_sources[connection_url]
        source = idle.pop() if idle else _add_source(connection_url)
    try:
        yield source
    finally:
        idle.append(source)


def _add_source(connection_url: str) -> Any:
    name = f"source_{len(context().data_sources.all())}"
    # For Athena PyAthena needs a session, and makes a client of it for each statement.
    engine = {"connect_args": {"session": CachingSession()}} if connection_url.startswith("awsathena") else {}
    return context().data_sources.add_sql(
        name, connection_string=connection_url, create_temp_table=False, kwargs=engine
    )


@cache
def _rows_of_query() -> Any:
    """An expectation that a query finds no row, which asks it once: of Great Expectations' own, the library counts the
    rows by a query about the query first, and a rule's work is done twice."""
    great_expectations()
    from great_expectations.expectations import UnexpectedRowsExpectation

    class RowsOfQuery(UnexpectedRowsExpectation):
        metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

        def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
            rows = metrics["unexpected_rows_query.table"]
            return {
                "success": not rows,
                "result": {"observed_value": len(rows), "details": {"unexpected_rows": rows}},
            }

    return RowsOfQuery


def build_expectation(rule: Rule, path: object, index: int = 0, names: Mapping[str, str] | None = None) -> Any:
    """The Great Expectations object of a rule; ``names`` fills the placeholders but ``{batch}``.

    Raises:
        SuiteError: the type is unknown, or its arguments do not fit; the message names the file.
    """
    great_expectations()
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        kind = get_expectation_impl(rule.type)
    except ExpectationNotFoundError as error:
        raise SuiteError(
            f"{path}: unknown expectation type {rule.type!r}; the types are listed under "
            "https://greatexpectations.io/expectations (snake case here)"
        ) from error
    kwargs = dict(rule.kwargs)
    for name, value in (names or {}).items():
        if rule.type == SQL_TYPE:
            kwargs[SQL_KWARG] = kwargs[SQL_KWARG].replace("{" + name + "}", value)
    try:
        return kind(**kwargs, severity=rule.severity, notes=rule.why, meta={RULE_INDEX: index, "name": rule.name})
    except (TypeError, ValueError) as error:
        detail = " ".join(str(error).split())
        raise SuiteError(f"{path}: {rule.name}: arguments do not fit {rule.type}: {detail}") from error


def validate(
    suite: Suite, table: str, *, connection_url: str, names: Mapping[str, str]
) -> tuple[list[RuleResult], dict[str, Any]]:
    """Evaluates a suite on a table of the connection's database.

    Returns:
        One result a rule, in the suite's order, and Great Expectations' own result document (for Data Docs).
        A table that cannot be read gives a failed result for every rule, not an exception. Several threads may
        validate at once, after one has called ``context``.
    """
    expectations = [build_expectation(rule, suite.path, i, names) for i, rule in enumerate(suite.rules)]
    with _source(connection_url) as source:
        try:
            asset = source._add_asset(_candidate_asset()(name=table, table_name=table))
            batch = asset.add_batch_definition_whole_table("whole").get_batch()
        except Exception as error:  # whatever the engine raises, the audit reports it and blocks
            found = {i: _unreadable(expectation, error) for i, expectation in enumerate(expectations)}
        else:
            found = _passes(suite, expectations, batch.validate)
        finally:
            # A second audit of the table must look at it afresh. The library's own removal checks the assets that stay
            # and refuses a class that is not its own.
            source.assets.clear()
    results = [_result(suite, table, rule, found[i]) for i, rule in enumerate(suite.rules)]
    return results, _document(suite, table, [found[i] for i in range(len(suite.rules))])


@cache
def _candidate_asset() -> Any:
    from great_expectations.datasource.fluent.sql_datasource import TableAsset

    class CandidateAsset(TableAsset):
        """A table that is not asked for a row before its suite asks it: one query less a table."""

        def test_connection(self) -> None:
            """The suite's first pass says whether it can be read."""

    return CandidateAsset


def _unreadable(expectation: Any, error: Exception) -> Any:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

    return ExpectationValidationResult(
        success=False,
        expectation_config=expectation.configuration,
        exception_info={
            "raised_exception": True,
            "exception_message": str(error) or type(error).__name__,
            "exception_traceback": None,
        },
    )


def _passes(suite: Suite, expectations: list[Any], run: Callable[..., Any]) -> dict[int, Any]:
    """Rule index → Great Expectations' result, by the passes that the module describes."""
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        MulticolumnMapExpectation,
    )

    kinds = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)
    row_wise = {i for i, expectation in enumerate(expectations) if isinstance(expectation, kinds)}
    measuring = {i for i, rule in enumerate(suite.rules) if rule.flag}
    sql = {i for i, rule in enumerate(suite.rules) if rule.type == SQL_TYPE} - measuring
    found = _one_pass(suite, expectations, row_wise, run, "BOOLEAN_ONLY")
    for i, result in found.items():
        if result.success and expectations[i].mostly == 1:
            result.result = {"unexpected_count": 0, "unexpected_percent": 0.0}
    failed = {i for i, result in found.items() if not result.success and not _error_of(result)}
    summary: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLES}
    if suite.key:
        summary["unexpected_index_column_names"] = list(suite.key)
    detailed = set(range(len(expectations))) - row_wise - sql - measuring | failed
    for i, result in _one_pass(suite, expectations, detailed, run, summary).items():
        if i not in found or not _error_of(result):  # a verdict without samples beats none
            found[i] = result
    found.update(_rules_that_find_nothing(expectations, sql, run))
    found.update(_one_pass(suite, expectations, sql - set(found), run, "COMPLETE"))
    for i in measuring:
        found[i] = _judged(expectations[i], _rows(expectations[i].unexpected_rows_query, run), suite.rules[i].flag)
    return found


def _rows(query: str, run: Callable[..., Any]) -> Any:
    """The result of a query over the batch, its rows as unexpected ones."""
    return run(_rows_of_query()(unexpected_rows_query=query), result_format="COMPLETE")


def _judged(expectation: Any, measured: Any, flag: str) -> Any:
    """The result of a rule that measures: its rows as observed, those whose flag is true as unexpected."""
    measured.expectation_config = expectation.configuration
    if _error_of(measured):
        return measured
    rows = measured.result["details"]["unexpected_rows"]
    if not rows or flag not in rows[0]:
        return _unreadable(
            expectation, LookupError(f"the query returned no row with the flag {flag!r}; mend the suite")
        )
    unexpected = [row for row in rows if row[flag]]
    measured.success = not unexpected
    measured.result = {
        "observed_value": rows,
        "unexpected_count": len(unexpected),
        "details": {"unexpected_rows": unexpected},
    }
    return measured


def _rules_that_find_nothing(expectations: list[Any], sql: set[int], run: Callable[..., Any]) -> dict[int, Any]:
    """Results of the rules in SQL that find no row, by one query for all; empty where that query fails."""
    if len(sql) < 2:
        return {}
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

    counts = "\nUNION ALL\n".join(
        f"SELECT {i} AS rule_index, count(*) AS unexpected_rows FROM (\n{expectations[i].unexpected_rows_query}\n)"
        f" AS rule_{i}"
        for i in sorted(sql)
    )
    question = f"SELECT * FROM (\n{counts}\n) AS counts WHERE unexpected_rows > 0"
    answer = _rows(question, run)
    if _error_of(answer):
        return {}
    finding = {row["rule_index"] for row in answer.result["details"]["unexpected_rows"]}
    return {
        i: ExpectationValidationResult(
            success=True, expectation_config=expectations[i].configuration, result={"observed_value": 0}
        )
        for i in sql - finding
    }


def _one_pass(
    suite: Suite, expectations: list[Any], chosen: set[int], run: Callable[..., Any], result_format: Any
) -> dict[int, Any]:
    if not chosen:
        return {}
    gx = great_expectations()
    part = gx.ExpectationSuite(name=suite.name, expectations=[expectations[i] for i in sorted(chosen)])
    outcome = run(part, result_format=result_format)
    return {result.expectation_config.meta[RULE_INDEX]: result for result in outcome.results}


def _error_of(result: Any) -> str | None:
    """First line of the exception that kept an expectation from being evaluated."""
    info = result.exception_info or {}
    if "raised_exception" not in info:  # one entry a metric
        info = next((entry for entry in info.values() if isinstance(entry, Mapping)), {})
    if not info.get("raised_exception"):
        return None
    lines = str(info.get("exception_message") or "unknown error").strip().splitlines()
    return lines[0][:500] if lines else "unknown error"


def _result(suite: Suite, table: str, rule: Rule, found: Any) -> RuleResult:
    document = found.to_json_dict()["result"] or {}
    error = _error_of(found)
    observed = document.get("observed_value")
    count = document.get("unexpected_count")
    percent = document.get("unexpected_percent")
    rows = (document.get("details") or {}).get("unexpected_rows") if rule.type == SQL_TYPE else None
    if rule.type == SQL_TYPE and not rule.flag and not error:
        count, observed = observed, None
    samples = rows or document.get("partial_unexpected_index_list") or document.get("partial_unexpected_list") or []
    return RuleResult(
        suite=suite.name,
        candidate=table,
        name=rule.name,
        expectation=rule.type,
        column=rule.column,
        severity="critical" if error else rule.severity,
        success=bool(found.success) and not error,
        observed=None if observed is None else json.dumps(observed, ensure_ascii=False, default=str),
        unexpected_count=None if count is None else int(count),
        unexpected_percent=None if percent is None else float(percent),
        samples=tuple(_samples(samples)),
        error=error,
        why=rule.why,
        fix=rule.fix,
    )


def _samples(found: Iterable[Any]) -> list[str]:
    texts = (json.dumps(sample, ensure_ascii=False, default=str) for sample in list(found)[:SAMPLES])
    return [text if len(text) <= SAMPLE_CHARACTERS else text[:SAMPLE_CHARACTERS] + "…" for text in texts]


def _document(suite: Suite, table: str, found: list[Any]) -> dict[str, Any]:
    """The results as one suite result, in the form that Data Docs reads back."""
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

    passed = sum(bool(result.success) for result in found)
    return ExpectationSuiteValidationResult(
        success=passed == len(found),
        results=found,
        suite_name=suite.name,
        statistics={
            "evaluated_expectations": len(found),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(found) - passed,
            "success_percent": 100.0 * passed / len(found),
        },
        meta={
            "great_expectations_version": great_expectations().__version__,
            "active_batch_definition": {
                "datasource_name": "athena",
                "data_asset_name": table,
                "data_connector_name": "fluent",
                "batch_identifiers": {},
            },
        },
    ).to_json_dict()
