"""The release: the views of readers, the last check, the switch, and the end of the lease."""

from __future__ import annotations

import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from copy import copy

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.identity import fingerprint
from biz_insights.lake.candidates import drop_candidates
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.current_release import other_slot
from biz_insights.lake.reader_views import reader_view, table_columns
from biz_insights.lake.releases import release_after
from biz_insights.lake.slots import StoredTable, copy_slot, differences, differing_tables, read_slot
from biz_insights.lake.table_parameters import CURRENT_BATCH, SNAPSHOT_AT
from biz_insights.steps import gold_steps, score_steps
from biz_insights.steps.bronze_steps import utc_text
from biz_insights.steps.forgotten_guard import next_mark
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.run_context import RunContext
from biz_schema.silver_tables import ROW_LEDGER, SILVER_ORDER_ITEMS

log = logging.getLogger(__name__)

VIEWS_AT_ONCE = 6
VIEW = "VIRTUAL_VIEW"
VIEWS_DOCUMENT = "releases/reader_views.json"
"""Digest of the statement of each view. Athena stores a view's text in a form of its own, which cannot be compared."""


def create_reader_views(run: RunContext) -> list[str]:
    """Create the views of readers whose tables are new or have new columns. Return the names of these views."""
    open_lake(run)
    database = run.settings.published_database
    newest = other_slot(run.current.slot if run.current else None)
    copies = {newest: _columns(run.working), other_slot(newest): _columns(run.released)}
    statements = {
        table: reader_view(table, database, {slot: of[table] for slot, of in copies.items() if table in of}, newest)
        for table in copies[newest]
    }
    uri = run.settings.lake_uri(VIEWS_DOCUMENT)
    known: dict[str, str] = s3.find_json(run.session, uri) or {}
    seen = run.catalog(database)
    present = _kinds(seen)
    digests = {table: fingerprint(statement) for table, statement in statements.items()}
    # A run that died after its switch has left the views of the tables that its release does not have.
    for table in sorted(known.keys() & present.keys() - statements.keys() - copies[other_slot(newest)].keys()):
        seen.drop_table(table)
    due = sorted(table for table in statements if table not in present or known.get(table) != digests[table])
    if due:
        reader = run.reader(seen)

        def show(table: str) -> None:
            # What an earlier version published directly is in a slot by now (`lake.adoption`). Athena creates no view
            # in the place of a table, so readers miss this name until the statement below ends.
            if present.get(table, VIEW) != VIEW:
                seen.drop_table(table)
            reader.cursor().execute(statements[table])

        with ThreadPoolExecutor(VIEWS_AT_ONCE) as pool:
            list(pool.map(show, due))
        s3.put_json(run.session, uri, digests)
    return due


def switch_release(run: RunContext, broken: Collection[str] = (), snapshot_at: str | None = None) -> str | None:
    """Move all readers to the working slot. Return one line, or None when the slot holds nothing new.

    Args:
        broken: tables with lost files, which the run has built again. They are copied to the other slot at once: an
            engine that opens the files of both slots would fail on the lost ones.
        snapshot_at: when the run took its snapshot, ISO; None for a run that takes none.

    Raises:
        PermanentError: a table of the slot was built from inputs that have changed since, or silver is older than the
            snapshot of the run.
        LeaseHeldError: the run has lost its lease.
    """
    open_lake(run)
    if snapshot_at is not None and not run.is_for_earlier_day:
        _require_snapshot(run, snapshot_at)
    if run.go_back:
        gold_steps.remove_later_partitions(run)
    if outdated := _outdated(run):
        raise PermanentError(
            f"{', '.join(outdated)} would be published with figures of older inputs; clear the plan task of "
            f"{outdated[0]} with its downstream tasks"
        )
    if run.is_for_earlier_day and (later := _outdated(_for_day(run, run.newest_day))):
        raise PermanentError(
            f"{', '.join(later)} of {run.newest_day} would be older than the tables that they read, because code or "
            f"settings have changed; trigger the DAG for {run.newest_day} first, then clear silver.plan of this run "
            "with its downstream tasks"
        )
    if left := drop_candidates(run.candidates.glue, run.candidates.database):
        log.info("dropped candidates that no publish needs: %s", ", ".join(left))
    before, after = read_slot(run.released), read_slot(run.working)
    changes = differences(before, after)
    if not changes and run.current is not None:
        return None
    release = release_after(
        run.current,
        slot=other_slot(run.current.slot if run.current else None),
        run=run.run,
        try_number=run.try_number,
        process_date=run.newest_day,
        batch_id=run.working.parameter(ROW_LEDGER.name, CURRENT_BATCH) or "",
        snapshot_at=run.working.parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT) or "",
        forgotten=next_mark(run),
    )
    run.lease.require(run.holder)
    run.releases.switch(release, changes, differing_tables(before, after))
    _drop_views(run, before, after)
    if broken:
        copy_slot(run.working, run.released, broken)
    tables = len({change.table for change in changes})
    return f"release {release.number}: {len(changes):,} partitions of {tables} tables, in one step"


def end_lease(run: RunContext) -> bool:
    """Give the lease back. Return False when the run does not hold it."""
    return run.lease.release(run.holder)


def _outdated(run: RunContext) -> list[str]:
    """Return the tables of the working slot that were not built from what the slot holds, up to the run's day."""
    scores = ["scores"] if score_steps.are_outdated(run) else []
    return [*gold_steps.outdated_tables(run), *scores]


def _for_day(run: RunContext, day: str) -> RunContext:
    """Return the context of a run for another day, with the same catalogs."""
    found = copy(run)
    found.process_date = day
    return found


def _require_snapshot(run: RunContext, snapshot_at: str) -> None:
    """Check that silver holds the snapshot of the run, or a later one.

    A run for another day, which has failed since, may have started the working slot again from what readers see. Then
    the marts of this run's day would be published without the orders of that day.

    Raises:
        PermanentError: silver is older.
    """
    held = run.working.parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT) or ""
    if held < utc_text(snapshot_at):
        raise PermanentError(
            f"silver holds the snapshot of {held or 'no run'}, and this run took its own at {snapshot_at}: another run "
            "has started again from what readers see; clear bronze.audit with its downstream tasks"
        )


def _columns(catalog: Catalog) -> dict[str, dict[str, str]]:
    pages = catalog.glue.get_paginator("get_tables").paginate(DatabaseName=catalog.database)
    return {table["Name"]: table_columns(table) for page in pages for table in page["TableList"]}


def _kinds(catalog: Catalog) -> dict[str, str]:
    """Return the tables and views of a database with their Glue types."""
    pages = catalog.glue.get_paginator("get_tables").paginate(DatabaseName=catalog.database)
    return {table["Name"]: table.get("TableType", "") for page in pages for table in page["TableList"]}


def _drop_views(run: RunContext, before: dict[str, StoredTable], after: dict[str, StoredTable]) -> None:
    """Remove the views of tables that the release no longer has."""
    seen = run.catalog(run.settings.published_database)
    for table in sorted(before.keys() - after.keys()):
        seen.drop_table(table)
