"""`quality_report.json`: what all checkpoints of one run found, in one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from biz_insights.aws import s3
from biz_insights.quality.audit_settings import QualitySettings
from biz_insights.quality.outcome import RuleResult, counts_of, score_of
from biz_insights.quality.suite_rule import SQL_TYPE
from biz_schema.severities import SEVERITIES

REPORT_NAME = "quality_report.json"
MEASURED_FIELDS = ("suite", "name", "severity", "success", "observed", "why", "fix")


def read_parts(run: str, settings: QualitySettings, session: Any) -> list[dict[str, Any]]:
    """Read the stored checkpoints of a run, in the order in which they were checked."""
    uris = s3.list_uris(session, f"{settings.run_uri(run)}checkpoints/")
    parts = [s3.get_json(session, uri) for uri in uris if uri.endswith(".json")]
    return sorted(parts, key=lambda part: (part["checked_at"], part["checkpoint"]))


def merge_parts(
    run: str, parts: Iterable[Mapping[str, Any]], ledger: Sequence[Mapping[str, Any]], gate: float
) -> dict[str, Any]:
    """Merge the checkpoints of a run into its report; `measured` is the evidence of the rules that measure.

    The score is that of all expectations together (see `outcome.score_of`), not a mean of the checkpoints' scores: a
    small suite weighs what its expectations weigh.
    """
    parts = list(parts)
    results = [_result(entry) for part in parts for entry in part["results"]]
    failures = [
        {"checkpoint": part["checkpoint"], **entry}
        for part in parts
        for entry in part["results"]
        if not entry["success"]
    ]
    measured = [
        {"checkpoint": part["checkpoint"], **{name: entry[name] for name in MEASURED_FIELDS}}
        for part in parts
        for entry in part["results"]
        if entry["expectation"] == SQL_TYPE and entry["observed"] is not None
    ]
    return {
        "run": run,
        "process_date": max((part["process_date"] for part in parts), default=None),
        "score": score_of(results) if results else None,
        "gate": gate,
        "blocked": any(part["blocked"] for part in parts),
        "counts": counts_of(results),
        "checkpoints": {
            part["checkpoint"]: {
                "score": part["score"],
                "blocked": part["blocked"],
                "counts": part["counts"],
                "tables": sorted({entry["suite"] for entry in part["results"]}),
                "checked_at": part["checked_at"],
                "seconds": part["seconds"],
            }
            for part in parts
        },
        "failures": sorted(failures, key=lambda entry: SEVERITIES.index(entry["severity"])),
        "measured": measured,
        "ledger": [dict(row) for row in ledger],
    }


def _result(entry: Mapping[str, Any]) -> RuleResult:
    return RuleResult(**{**entry, "samples": tuple(entry["samples"])})


def write_quality_report(
    run: str,
    settings: QualitySettings,
    *,
    ledger: Sequence[Mapping[str, Any]] = (),
    held: Sequence[str] = (),
    session: Any = None,
) -> dict[str, Any]:
    """Merge the run's checkpoints into `run=<run>/quality_report.json` and into the latest report beside the runs.

    Args:
        ledger: rows of `row_ledger` for the run's batch; they become part of the report unchanged.
        held: a line for each table that is held after a rollback; they become part of the report, too.

    Returns:
        The report. A run without a single checkpoint (nothing changed) has the score None, and does
        not replace the latest report.
    """
    from biz_insights.quality.checkpoint import session_for

    session = session or session_for(settings)
    parts = read_parts(run, settings, session)
    report = {**merge_parts(run, parts, ledger, settings.gate), "held": list(held)}
    s3.put_json(session, f"{settings.run_uri(run)}{REPORT_NAME}", report)
    if parts:
        s3.put_json(session, f"{settings.quality_uri.rstrip('/')}/{REPORT_NAME}", report)
    return report
