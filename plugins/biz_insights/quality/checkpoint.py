"""A checkpoint: the audit of one build's candidates before they are published."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from biz_insights.quality import results_store
from biz_insights.quality.audit_settings import QualitySettings
from biz_insights.quality.outcome import AuditReport
from biz_insights.quality.rule_sql import placeholder_values
from biz_insights.quality.suites import load_suite

TABLES_AT_ONCE = 4
"""Most of an audit is waiting for Athena, a second or more for each statement."""


def audit(
    candidates: Mapping[str, str],
    *,
    checkpoint: str,
    run: str,
    process_date: str,
    settings: QualitySettings,
    session: Any = None,
) -> AuditReport:
    """Run the suite of every candidate and store the results, whatever they are.

    Args:
        candidates: table name (the suite's) → name of the candidate in the build database.
        checkpoint: name in the results, such as `silver` or `gold_daily_sales_by_store`.
        run: identity of the run, fit for a path segment; a repeated audit of it replaces its results.
        process_date: `YYYY-MM-DD`; what rules see as `{{ process_date }}`, and `{{ cutoff_date }}` follows from.
        session: a boto3 session; a default one is made where it is absent.

    Returns:
        The report. It does not raise on a failed expectation: call `report.raise_if_blocked()`.

    Raises:
        SuiteError: a suite is missing or wrong (before any query is sent).
        ValueError: there is no candidate; skip a checkpoint that has nothing to look at, do not pass it.
    """
    if not candidates:
        raise ValueError(f"checkpoint {checkpoint}: no candidates to audit; skip the checkpoint if nothing was built")
    from biz_insights.quality import engine

    started = time.monotonic()
    values = placeholder_values(
        published=settings.published_database,
        process_date=process_date,
        price_basis=settings.price_basis,
        business_timezone=settings.business_timezone,
    )
    suites = {table: load_suite(table, settings.suites_folder) for table in candidates}
    engine.context()
    with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
        validated = pool.map(
            lambda table: engine.validate(
                suites[table], candidates[table], connection_url=settings.connection_url(), values=values
            ),
            candidates,
        )
        found = dict(zip(candidates, validated, strict=True))
    results = [result for of_table, _ in found.values() for result in of_table]
    validations = {table: document for table, (_, document) in found.items()}
    report = AuditReport(
        checkpoint=checkpoint,
        run=run,
        process_date=process_date,
        gate=settings.gate,
        checked_at=datetime.now(UTC),
        seconds=time.monotonic() - started,
        results=tuple(results),
        report_uri=results_store.part_uri(settings, run, checkpoint),
    )
    results_store.persist(report, validations, settings, session or session_for(settings))
    return report


def session_for(settings: QualitySettings) -> Any:
    """Return a boto3 session of the region; endpoint and credentials come from the environment."""
    import boto3

    return boto3.session.Session(region_name=settings.region)
