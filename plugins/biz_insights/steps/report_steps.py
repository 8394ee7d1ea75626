"""The end of a run: its quality report, its Data Docs, the daily report, and the message about them."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from biz_insights.lake.catalog import Catalog
from biz_insights.lake.holds import read_holds
from biz_insights.lake.table_parameters import CURRENT_BATCH
from biz_insights.quality.quality_report import write_quality_report
from biz_insights.steps.run_context import RunContext, quality_settings, rows
from biz_schema.silver_tables import ROW_LEDGER


def write_reports(run: RunContext) -> str:
    """Write `quality_report.json` and, if anything was audited, Data Docs.

    Returns:
        A summary of one line.
    """
    settings = quality_settings(run.settings, run.latest.database)
    held = held_lines(run.latest)
    report = write_quality_report(run.run, settings, ledger=current_ledger(run), held=held, session=run.session)
    note = "".join(f" Held: {line}." for line in held)
    if not report["checkpoints"]:
        return f"{run.process_date}: nothing was new, nothing was published.{note}"
    from biz_insights.quality.data_docs import write_data_docs

    docs = write_data_docs(run.run, settings, session=run.session)
    failed = sum(failure["severity"] != "info" for failure in report["failures"])
    return (
        f"{run.process_date}: quality {report['score']:.1f} of 100, {failed} failed expectation(s) in "
        f"{len(report['checkpoints'])} checkpoint(s). Details: {docs}{note}"
    )


def write_daily_report(run: RunContext) -> dict[str, str]:
    """Write the day's report to `reports/daily/as_of_date=<day>/report.html` in the lake.

    The page is made of published tables only. A run that published nothing new finds the same page and does not write
    it. Otherwise the page is written, and replaces an older page of the same day.

    Returns:
        `uri`, `headline` and `message`. The message holds the headline and the links.
    """
    from biz_insights.reports.daily_report import compose
    from biz_insights.reports.delivery import deliver, message, report_key
    from biz_insights.reports.page import render
    from biz_insights.reports.reading import read

    settings, as_of = run.settings, date.fromisoformat(run.process_date)
    # The run still holds the lease, so readers stay with its release while the queries run.
    seen = run.catalog(run.settings.published_database)
    query = partial(rows, run.reader(seen))
    report = compose(as_of, read(as_of, current_batch(run.released), query, seen.column_names))
    uri, headline = settings.lake_uri(report_key(as_of)), report.headline
    written = deliver(run.session, uri, render(report), headline)
    text = message(as_of, headline, uri, region=settings.region, dashboard_url=settings.dashboard_url, written=written)
    held = held_lines(run.released)
    if held:
        text = "\n".join([text, "", "Held after a rollback, and not brought up to date:", *(f"  {h}" for h in held)])
    return {"uri": uri, "headline": headline, "message": text}


def held_lines(catalog: Catalog) -> list[str]:
    """Return a line for each table of a slot that is held after a rollback."""
    return [f"{table}: {hold.text}" for table, hold in read_holds(catalog).items()]


def current_batch(catalog: Catalog) -> str | None:
    """Return the id of the batch that silver holds, or None before the first publish."""
    batches = catalog.partitions(ROW_LEDGER.name)
    return (catalog.parameter(ROW_LEDGER.name, CURRENT_BATCH) or max(batches)) if batches else None


def current_ledger(run: RunContext) -> list[dict[str, Any]]:
    """Return the rows of `row_ledger` for the batch that silver holds. Empty before the first publish."""
    batch = current_batch(run.latest)
    if batch is None:
        return []
    sql = "SELECT * FROM row_ledger WHERE batch_id = %(batch)s ORDER BY source_table"
    return rows(run.reader(run.latest), sql, {"batch": batch})
