"""The end of a run: its quality report, its Data Docs, and the headline that is announced."""

from __future__ import annotations

from typing import Any

from biz_insights.quality.report import write_quality_report
from biz_insights.tasks.bronze import CURRENT_BATCH
from biz_insights.tasks.context import RunContext, quality_settings


def write_reports(run: RunContext) -> str:
    """Write ``quality_report.json`` and, where anything was audited, Data Docs.

    Returns:
        One line for a person.
    """
    settings = quality_settings(run.settings)
    report = write_quality_report(run.run, settings, ledger=current_ledger(run), session=run.session)
    if not report["checkpoints"]:
        return f"{run.process_date}: nothing was new, nothing was published."
    from biz_insights.quality.data_docs import write_data_docs

    docs = write_data_docs(run.run, settings, session=run.session)
    failed = sum(failure["severity"] != "info" for failure in report["failures"])
    return (
        f"{run.process_date}: quality {report['score']:.1f} of 100, {failed} failed expectation(s) in "
        f"{len(report['checkpoints'])} checkpoint(s). Details: {docs}"
    )


def current_ledger(run: RunContext) -> list[dict[str, Any]]:
    """Rows of ``row_ledger`` for the batch that was published last; empty before the first publish."""
    batches = run.published.partitions("row_ledger")
    if not batches:
        return []
    from pyathena import connect
    from pyathena.cursor import DictCursor

    batch = run.published.parameter("row_ledger", CURRENT_BATCH) or max(batches)
    cursor = connect(
        session=run.session,
        work_group=run.settings.read_workgroup,
        schema_name=run.settings.published_database,
        poll_interval=min(run.settings.poll_seconds, 1) / 4,
        cursor_class=DictCursor,
    ).cursor()
    cursor.execute("SELECT * FROM row_ledger WHERE batch_id = %(batch)s ORDER BY source_table", {"batch": batch})
    return [dict(row) for row in cursor.fetchall()]
