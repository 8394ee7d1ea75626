"""The score and the gate."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import AirflowFailException

from biz_insights.quality.outcome import AuditReport, QualityGateError, RuleResult, score_of
from biz_insights.quality.service_errors import AuditInterruptedError


def result(severity: str = "critical", success: bool = True, **fields: object) -> RuleResult:
    values: dict[str, object] = {
        "suite": "orders",
        "candidate": "orders__1",
        "name": "expect_positive(amount)",
        "expectation": "expect_positive",
        "column": "amount",
        "severity": severity,
        "success": success,
        "observed": None,
        "unexpected_count": 0 if success else 2,
        "unexpected_percent": 0.0 if success else 20.0,
        "samples": () if success else ('{"id": 3, "amount": -3}', '{"id": 7, "amount": -7}'),
        "error": None,
        "why": "it matters",
        "fix": "data engineer: fix the orders.",
    }
    return RuleResult(**(values | fields))  # type: ignore[arg-type]


def report(*results: RuleResult, gate: float = 80.0) -> AuditReport:
    return AuditReport(
        checkpoint="silver",
        run="run-1",
        process_date="2024-01-31",
        gate=gate,
        checked_at=datetime(2024, 2, 1, tzinfo=UTC),
        seconds=1.0,
        results=results,
        report_uri="s3://lake/quality/run=run-1/checkpoints/silver.json",
    )


@pytest.mark.parametrize(
    ("results", "score"),
    [
        ([], 100.0),
        ([result(), result("warning"), result("info", False)], 100.0),
        ([result(), result("warning", False)], 75.0),
        ([result(success=False), result("warning")], 25.0),
        ([result(), result(), result("warning", False)], 85.7),
        ([result()] * 999 + [result("warning", False)], 99.9),
    ],
)
def test_the_score_is_the_weighted_share_that_passed(results, score):
    assert score_of(results) == score


def test_a_warning_does_not_block():
    checked = report(result(), result(), result("warning", success=False))
    checked.raise_if_blocked()
    assert not checked.blocked and len(checked.warnings) == 1


def test_a_critical_failure_blocks_with_one_line_that_says_it_all():
    with pytest.raises(QualityGateError) as raised:
        report(result(), result(success=False)).raise_if_blocked()
    message = str(raised.value)
    assert isinstance(raised.value, AirflowFailException), "it must not be retried"
    assert "\n" not in message
    for part in (
        "checkpoint silver blocked the publish (1 critical failure(s))",
        'orders: expect_positive(amount): 2 unexpected, 20 %; sample {"id": 3, "amount": -3}',
        "The published tables are unchanged. Next: data engineer: fix the orders; then clear",
        "s3://lake/quality/run=run-1/checkpoints/silver.json",
    ):
        assert part in message


def test_many_failures_are_counted_and_the_first_shown():
    failures = [result(success=False, name=f"rule_{i}") for i in range(5)]
    with pytest.raises(QualityGateError, match=r"5 critical.*rule_0.*rule_2.*and 2 more") as raised:
        report(*failures).raise_if_blocked()
    assert "rule_3" not in str(raised.value)


def test_an_error_is_told_as_one():
    broken = result(success=False, error="line 1:8: Column 'x' cannot be resolved", unexpected_count=None)
    with pytest.raises(QualityGateError, match=r"could not be evaluated: line 1:8: Column 'x'"):
        report(broken).raise_if_blocked()


def test_a_score_below_the_gate_blocks_though_nothing_critical_failed():
    results = [result(), result("warning", success=False), result("warning", success=False)]
    report(*results, gate=60.0).raise_if_blocked()
    with pytest.raises(QualityGateError, match=r"score 60 is below the gate 80.*expect_positive"):
        report(*results, gate=80.0).raise_if_blocked()


REFUSED = "An error occurred (ThrottlingException) when calling the StartQueryExecution operation: Rate exceeded"


def test_rules_that_a_service_refused_to_evaluate_are_worth_a_retry():
    refused = result(success=False, error=REFUSED)
    with pytest.raises(
        AuditInterruptedError, match=r"could not be evaluated: An error .* A retry may succeed"
    ) as raised:
        report(result(), refused).raise_if_blocked()
    assert not isinstance(raised.value, AirflowFailException)


MISTAKE = (
    "An error occurred (InvalidRequestException) when calling the StartQueryExecution operation: line 1:8: mismatched"
)


@pytest.mark.parametrize(
    "other", [result(success=False), *(result(success=False, error=e) for e in ("COLUMN_NOT_FOUND: line 1:8", MISTAKE))]
)
def test_a_rule_that_failed_besides_blocks_at_once(other):
    with pytest.raises(QualityGateError):
        report(other, result(success=False, error=REFUSED)).raise_if_blocked()


def test_a_mistake_in_the_sql_of_a_rule_which_athena_refuses_at_once_is_not_repeated():
    with pytest.raises(QualityGateError, match="InvalidRequestException"):
        report(result(success=False, error=MISTAKE)).raise_if_blocked()
