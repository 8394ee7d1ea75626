"""What is past its retention in the catalogs: as-of dates, cutoff dates, batches of bronze, tables of failed tries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from biz_insights.gold.definition import gold_tables
from biz_insights.gold.periods import cutoff_date
from biz_insights.lake.candidates import CANDIDATE
from biz_insights.lake.history_months import history_rows
from biz_insights.lake.references import held_partitions
from biz_insights.lake.retention import days_before, expired_as_of_dates, expired_batches, expired_cutoff_dates
from biz_insights.lake.table_parameters import CURRENT_BATCH
from biz_insights.steps.lake_references import slot_tables
from biz_insights.steps.run_context import RunContext
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.score_tables import SCORE_TABLES

Expired = dict[str, list[str]]
"""Partition values to remove, by table."""


def expired_partitions(run: RunContext, now: datetime) -> Expired:
    """Return the partitions that readers see and that the retention rules no longer keep."""
    current = run.current
    if current is None:
        return {}
    tables = slot_tables(run)[current.slot]
    held = held_partitions(tables)
    found: Expired = {}
    for name, table in tables.items():
        pinned = {value for of_table, value in held if of_table == name}
        kind = _kind(name)
        if kind == "as_of_date":
            found[name] = expired_as_of_dates(list(table.partitions), run.settings.as_of_days, pinned)
        elif kind == "cutoff_date":
            first = cutoff_date(days_before(current.process_date, run.settings.as_of_days))
            found[name] = expired_cutoff_dates(list(table.partitions), first, pinned)
    found |= _expired_batches(run, now, held)
    return {name: values for name, values in sorted(found.items()) if values}


def expired_candidates(run: RunContext, now: datetime) -> list[str]:
    """Return the tables of the build database that failed tries left: old ones that are not of this run."""
    before = now - timedelta(days=run.settings.landing_days)
    pages = run.candidates.glue.get_paginator("get_tables").paginate(DatabaseName=run.candidates.database)
    return sorted(
        table["Name"]
        for page in pages
        for table in page["TableList"]
        # The lease is held by this run, so every other run has ended or waits.
        if CANDIDATE.fullmatch(table["Name"]) and table["CreateTime"].astimezone(UTC) < before
    )


def _kind(table: str) -> str:
    if table in SCORE_TABLES:
        return "as_of_date"
    gold = gold_tables().get(table)
    return gold.partition if gold else ""


def _expired_batches(run: RunContext, now: datetime, held: set[tuple[str, str]]) -> Expired:
    """Return the batches of bronze that were not current at any time of the retention."""
    published_at: dict[str, dict[str, datetime]] = {}
    for row in history_rows(run.session, run.catalog(run.settings.published_database)):
        if row["table_name"] in BRONZE_TABLES and row["new_location"]:
            of_table = published_at.setdefault(row["table_name"], {})
            moment = row["published_at"].replace(tzinfo=UTC)
            of_table[row["partition"]] = max(moment, of_table.get(row["partition"], moment))
    before = now - timedelta(days=run.settings.retention_days)
    found: Expired = {}
    for table in BRONZE_TABLES:
        current = {batch for slot in (run.working, run.released) if (batch := slot.parameter(table, CURRENT_BATCH))}
        current |= {value for of_table, value in held if of_table == table}
        stored = run.released.partitions(table)
        known = {batch: moment for batch, moment in published_at.get(table, {}).items() if batch in stored}
        if current:
            found[table] = expired_batches(known, current, before)
    return found
