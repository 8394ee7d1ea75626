"""What the scores job reports of its models, for a small simulated chain whose last day is the samples' as-of date."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa

from spark_jobs.scores.backtests import run_backtests
from spark_jobs.scores.histories import day_number
from spark_jobs.scores.registry import REPORTS, Findings, in_columns
from spark_jobs.scores.tables import AS_OF_DATE
from tests.quality.samples import AS_OF
from tests.scores import chain

ARROW_TYPES = {
    "string": pa.string(),
    "double": pa.float64(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


def report_tables() -> dict[str, pa.Table]:
    """model_registry, model_backtests and churn_backtests, as published."""
    found, as_of = _findings(), date.fromisoformat(AS_OF)
    tables = {}
    for table, rows_of in REPORTS.items():
        names = [name for name in table.columns if name != AS_OF_DATE]
        rows = [dict(zip(names, values, strict=True)) for values in in_columns(table, rows_of(found))]
        schema = pa.schema([(name, ARROW_TYPES[column.type]) for name, column in table.columns.items()])
        tables[table.name] = pa.Table.from_pylist([{**row, AS_OF_DATE: as_of} for row in rows], schema)
    return tables


def _findings() -> Findings:
    as_of = date.fromisoformat(AS_OF)
    shift = (as_of - chain.AS_OF).days
    days = chain.customer_days(1_500)
    histories = chain.histories(days.assign(day=days["day"] + shift))
    first_day = chain.FIRST_DAY + timedelta(days=shift)
    snapshot = histories.at(day_number(as_of))
    return Findings(
        as_of=as_of,
        first_day=first_day,
        version="v1",
        currencies=snapshot.currencies,
        estimates=chain.estimates(snapshot, (as_of - first_day).days),
        backtests=run_backtests(histories, as_of, first_day),
        annual_discount_rate=0.10,
        margin_rate=None,
    )
