"""What the scores job reports of its models, for a small simulated chain whose last day is the samples' as-of date."""

from __future__ import annotations

from datetime import date
from typing import Any

from biz_schema.score_tables import AS_OF_DATE
from spark_jobs.scores.registry import REPORTS, in_columns
from tests.plugins.quality.samples import AS_OF
from tests.spark_jobs.scores import chain


def report_rows() -> dict[str, list[dict[str, Any]]]:
    """Rows of model_registry, model_backtests and churn_backtests, as published."""
    as_of = date.fromisoformat(AS_OF)
    days = chain.customer_days(1_500)
    found = chain.findings(days.assign(day=days["day"] + (as_of - chain.AS_OF).days), as_of)
    tables = {}
    for table, rows_of in REPORTS.items():
        rows = in_columns(table, rows_of(found)).to_dict("records")
        tables[table.name] = [{**row, AS_OF_DATE: as_of} for row in rows]
    return tables
