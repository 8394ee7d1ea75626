"""Great Expectations' results as this package's, and one document of them for Data Docs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from biz_insights.quality.outcome import RuleResult
from biz_insights.quality.suite_rule import Rule
from biz_insights.quality.suites import Suite

SAMPLES = 5
SAMPLE_CHARACTERS = 300
ERROR_CHARACTERS = 500


def rule_result(suite: Suite, table: str, rule: Rule, found: Any) -> RuleResult:
    """One rule's result on a candidate; a rule that could not be evaluated counts as critical."""
    document = found.to_json_dict()["result"] or {}
    error = error_of(found)
    observed = document.get("observed_value")
    count = document.get("unexpected_count")
    percent = document.get("unexpected_percent")
    rows = (document.get("details") or {}).get("unexpected_rows") if rule.is_sql else None
    if rule.is_sql and not rule.flag and not error:
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


def error_of(result: Any) -> str | None:
    """First line of the exception that an expectation ended with; None if it was evaluated."""
    info = result.exception_info or {}
    if "raised_exception" not in info:  # one entry a metric
        info = next((entry for entry in info.values() if isinstance(entry, Mapping)), {})
    if not info.get("raised_exception"):
        return None
    lines = str(info.get("exception_message") or "unknown error").strip().splitlines()
    return lines[0][:ERROR_CHARACTERS] if lines else "unknown error"


def not_evaluated(expectation: Any, error: Exception) -> Any:
    """The result of an expectation that ended with an error."""
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


def finds_nothing(expectation: Any) -> Any:
    """The result of a rule in SQL that finds no row."""
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

    return ExpectationValidationResult(
        success=True, expectation_config=expectation.configuration, result={"observed_value": 0}
    )


def judged_by_flag(expectation: Any, measured: Any, flag: str) -> Any:
    """The result of a rule that measures: its rows as observed, those whose flag is true as unexpected."""
    measured.expectation_config = expectation.configuration
    if error_of(measured):
        return measured
    rows = measured.result["details"]["unexpected_rows"]
    if not rows or flag not in rows[0]:
        return not_evaluated(
            expectation, LookupError(f"the query returned no row with the flag {flag!r}; fix the rule's .sql file")
        )
    unexpected = [row for row in rows if row[flag]]
    measured.success = not unexpected
    measured.result = {
        "observed_value": rows,
        "unexpected_count": len(unexpected),
        "details": {"unexpected_rows": unexpected},
    }
    return measured


def suite_document(suite: Suite, table: str, found: list[Any], version: str) -> dict[str, Any]:
    """All results of a suite in the form that Data Docs reads back."""
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
            "great_expectations_version": version,
            "active_batch_definition": {
                "datasource_name": "athena",
                "data_asset_name": table,
                "data_connector_name": "fluent",
                "batch_identifiers": {},
            },
        },
    ).to_json_dict()


def _samples(found: Iterable[Any]) -> list[str]:
    texts = (json.dumps(sample, ensure_ascii=False, default=str) for sample in list(found)[:SAMPLES])
    return [text if len(text) <= SAMPLE_CHARACTERS else text[:SAMPLE_CHARACTERS] + "…" for text in texts]
