"""What an audit found: results, the score, and whether the publish is blocked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from biz_insights.aws.transient_errors import is_transient_text
from biz_insights.errors import PermanentError
from biz_insights.quality.service_errors import AuditInterruptedError
from biz_schema.severities import WEIGHTS

SHOWN_FAILURES = 3
SHOWN_SAMPLES = 3


class QualityGateError(PermanentError):
    """A checkpoint blocks the publish. Not retried: the same data would fail again."""


@dataclass(frozen=True)
class RuleResult:
    """One expectation, evaluated on one candidate.

    `samples` holds up to five unexpected rows or values, each as JSON text. `error` is set if the expectation could
    not be evaluated; it then counts as a critical failure, whatever the suite says.
    """

    suite: str
    candidate: str
    name: str
    expectation: str
    column: str
    severity: str
    success: bool
    observed: str | None
    unexpected_count: int | None
    unexpected_percent: float | None
    samples: tuple[str, ...]
    error: str | None
    why: str
    fix: str

    def sentence(self) -> str:
        """Return one line: `silver_order_items: expect_…(item_quantity): 3 unexpected, 2.1 %; sample {…}`."""
        details: list[str] = []
        if self.error:
            details.append(f"could not be evaluated: {self.error}")
        elif self.unexpected_count is not None:
            percent = "" if self.unexpected_percent is None else f", {self.unexpected_percent:.3g} %"
            details.append(f"{self.unexpected_count} unexpected{percent}")
        elif self.observed is not None:
            details.append(f"observed {self.observed}")
        if self.samples:
            details.append("sample " + " ".join(self.samples[:SHOWN_SAMPLES]))
        label = self.name if self.name.startswith(self.expectation) else f"{self.name} ({self.expectation})"
        return " ".join(f"{self.suite}: {label}: {'; '.join(details)}".split())


def score_of(results: list[RuleResult] | tuple[RuleResult, ...]) -> float:
    """Return the share of the weighted expectations that passed, 0–100; the weights are those of `biz_schema`.

    100.0 if there are none with a weight. Rounded down to one decimal, so that 100 means every one passed.
    """
    total = sum(WEIGHTS[result.severity] for result in results)
    passed = sum(WEIGHTS[result.severity] for result in results if result.success)
    return 100.0 if total == 0 else (passed * 1000 // total) / 10


@dataclass(frozen=True)
class AuditReport:
    """All results of one checkpoint of a run; `report_uri` is the address of its JSON."""

    checkpoint: str
    run: str
    process_date: str
    gate: float
    checked_at: datetime
    seconds: float
    results: tuple[RuleResult, ...]
    report_uri: str = ""

    @property
    def score(self) -> float:
        """The score as of `score_of`."""
        return score_of(self.results)

    @property
    def blocking(self) -> list[RuleResult]:
        """Critical expectations that failed, or that could not be evaluated."""
        return [result for result in self.results if not result.success and result.severity == "critical"]

    @property
    def warnings(self) -> list[RuleResult]:
        """Failures that are counted and shown, but do not block by themselves."""
        return [result for result in self.results if not result.success and result.severity == "warning"]

    @property
    def blocked(self) -> bool:
        """Whether the publish must not happen."""
        return bool(self.blocking) or self.score < self.gate

    def raise_if_blocked(self) -> None:
        """Fail the task if the candidates may not be published.

        Raises:
            QualityGateError: a critical expectation failed, or the score is below the gate. One line: the
                checkpoint, the failing expectations with counts and sample rows, what to do next.
            AuditInterruptedError: all that blocks are expectations that a service did not let be evaluated.
        """
        if not self.blocked:
            return
        refused = [result for result in self.blocking if is_transient_text(result.error or "")]
        if refused and len(refused) == len(self.blocking):
            raise AuditInterruptedError(
                f"checkpoint {self.checkpoint} could not be evaluated: {refused[0].error}. The published tables are "
                "unchanged. A retry may succeed; if it does not, clear this task when the service answers again"
            )
        if self.blocking:
            failures, reason = self.blocking, f"{len(self.blocking)} critical failure(s)"
        else:
            failures, reason = self.warnings, f"score {self.score:g} is below the gate {self.gate:g}"
        shown = " | ".join(result.sentence() for result in failures[:SHOWN_FAILURES])
        more = len(failures) - SHOWN_FAILURES
        rest = f" | and {more} more" if more > 0 else ""
        where = f" All results: {self.report_uri}." if self.report_uri else ""
        raise QualityGateError(
            f"checkpoint {self.checkpoint} blocked the publish ({reason}): {shown}{rest}. "
            f"The published tables are unchanged. Next: {failures[0].fix.rstrip('.')}; "
            f"then clear the first task of the group that built {failures[0].suite}, downstream included.{where}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON types; results in the order of the suites."""
        return {
            "checkpoint": self.checkpoint,
            "run": self.run,
            "process_date": self.process_date,
            "checked_at": self.checked_at.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 2),
            "score": self.score,
            "gate": self.gate,
            "blocked": self.blocked,
            "counts": counts_of(self.results),
            "results": [asdict(result) for result in self.results],
        }


def counts_of(results: list[RuleResult] | tuple[RuleResult, ...]) -> dict[str, int]:
    """Count the expectations that were evaluated, passed, and failed by severity."""
    counts = {"evaluated": len(results), "passed": sum(result.success for result in results)}
    for severity in WEIGHTS:
        counts[f"{severity}_failed"] = sum(not result.success and result.severity == severity for result in results)
    return counts
