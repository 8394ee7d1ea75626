"""Store what an audit found: a JSON part for the run's report, and rows in the table `data_quality_results`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from biz_insights.aws import s3
from biz_insights.lake import operations_tables
from biz_insights.quality.audit_settings import QualitySettings
from biz_insights.quality.outcome import AuditReport
from biz_schema.operations_tables import DATA_QUALITY_RESULTS

if TYPE_CHECKING:
    import pyarrow as pa

RESULTS_TABLE = DATA_QUALITY_RESULTS.name


def part_uri(settings: QualitySettings, run: str, checkpoint: str) -> str:
    """Return the address of the JSON of one checkpoint of a run."""
    return f"{settings.run_uri(run)}checkpoints/{checkpoint}.json"


def results_schema() -> pa.Schema:
    """Return the columns of `data_quality_results`: one row an expectation; partitioned by run and checkpoint."""
    return operations_tables.arrow_schema(DATA_QUALITY_RESULTS)


def result_rows(report: AuditReport) -> list[dict[str, Any]]:
    """Return one row a result, with the columns of `results_schema`."""
    return [
        {
            "process_date": date.fromisoformat(report.process_date),
            "checked_at": report.checked_at.replace(tzinfo=None),
            "table_name": result.suite,
            "candidate": result.candidate,
            "rule_name": result.name,
            "expectation": result.expectation,
            "column_name": result.column,
            "severity": result.severity,
            "success": result.success,
            "observed": result.observed,
            "unexpected_count": result.unexpected_count,
            "unexpected_percent": result.unexpected_percent,
            "samples": list(result.samples),
            "error": result.error,
            "why": result.why,
            "fix": result.fix,
            "checkpoint_score": report.score,
            "checkpoint_blocked": report.blocked,
        }
        for result in report.results
    ]


def persist(report: AuditReport, validations: dict[str, Any], settings: QualitySettings, session: Any) -> None:
    """Write the part (with Great Expectations' own documents, for Data Docs) and the rows.

    A repeated checkpoint of the same run replaces both.
    """
    document = report.as_dict() | {"validations": validations}
    s3.put_json(session, part_uri(settings, report.run, report.checkpoint), document)
    operations_tables.record(
        RESULTS_TABLE,
        result_rows(report),
        results_schema(),
        {"run": report.run, "checkpoint": report.checkpoint},
        database=settings.operations_database,
        ops_uri=settings.ops_uri,
        session=session,
    )
