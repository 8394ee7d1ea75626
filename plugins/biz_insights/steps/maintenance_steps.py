"""Maintenance: what nothing needs any more is found, and removed if an operator or the parameter says so.

First partitions leave the catalog (old as-of dates, old batches), through a release like every change. Then files
are deleted that no catalog, no history of the retention and no pinned partition names. Before each batch of deletions
the references are read again, and the lease is checked.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.audits import builds_of
from biz_insights.lake.catalog import batches
from biz_insights.lake.check_results import expired_results, remove_results
from biz_insights.lake.current_release import other_slot
from biz_insights.lake.history_months import compact_month, months_to_compact
from biz_insights.lake.leftovers import AUDIT_RECORDS, Ages, Leftover, by_folder, by_kind, is_needed, leftovers
from biz_insights.lake.objects import OBJECTS_PER_CALL, StoredObject, delete_objects, listed_objects
from biz_insights.lake.publish import remove_partitions
from biz_insights.lake.references import References
from biz_insights.lake.releases import release_after
from biz_insights.lake.slots import StoredTable, differences, differing_tables, read_slot
from biz_insights.steps.expired_entries import expired_candidates, expired_partitions
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.lake_references import read_references, running_exports, slot_tables
from biz_insights.steps.run_context import RunContext

log = logging.getLogger(__name__)


def report_uri(run: RunContext) -> str:
    """Return the address of the report of a maintenance run."""
    return run.settings.lake_uri(f"ops/maintenance/{run.run}/report.json")


def survey(run: RunContext, now: datetime | None = None) -> dict[str, Any]:
    """Return what maintenance would remove, and how much the lake holds. Nothing changes.

    Returns:
        `before` (objects and bytes by folder), `removable` (objects and bytes by kind), `partitions` (values by
        table), `results` (partitions of data_quality_results), `candidates`, `months` (files by month to compact).
    """
    now = now or datetime.now(UTC)
    objects, published = _objects(run), run.catalog(run.settings.published_database)
    found = removable(run, objects, now)
    before = now - timedelta(days=run.settings.quality_days)
    return {
        "run": run.run,
        "at": now.isoformat(timespec="seconds"),
        "before": by_folder(objects),
        "removable": by_kind(found),
        "partitions": expired_partitions(run, now),
        "results": len(expired_results(run.session, published, run.settings.lake_uri("ops/"), before)),
        "candidates": expired_candidates(run, now),
        "months": months_to_compact(run.session, published, _current_month(run)),
        "tiny_files": _partitions_with_many_files(run),
    }


def remove_expired_partitions(run: RunContext, now: datetime | None = None) -> str | None:
    """Remove expired partitions through a release, so that readers change once. Return one line, or None.

    Their files stay for the retention: the release names them, and they can be published again.

    Raises:
        PermanentError: the release would change something else.
        LeaseHeldError: the run has lost its lease.
    """
    expired = expired_partitions(run, now or datetime.now(UTC))
    current = run.current
    if not expired or current is None:
        return None
    run.process_date = current.process_date
    open_lake(run, fresh=True)
    for table, values in expired.items():
        run.lease.require(run.holder)
        remove_partitions(run.working, table, values)
    before, after = read_slot(run.released), read_slot(run.working)
    changes = differences(before, after)
    asked = {(table, value) for table, values in expired.items() for value in values}
    other = [
        change for change in changes if change.change != "removed" or (change.table, change.partition) not in asked
    ]
    if other:
        raise PermanentError(
            f"maintenance would also change {other[0].table} {other[0].partition}, which it did not plan; "
            "clear this task"
        )
    release = release_after(
        current,
        slot=other_slot(current.slot),
        run=run.run,
        try_number=run.try_number,
        process_date=current.process_date,
        batch_id=current.batch_id,
        snapshot_at=current.snapshot_at,
    )
    run.lease.require(run.holder)
    run.releases.switch(release, changes, differing_tables(before, after))
    return f"release {release.number}: {len(changes):,} partitions of {len(expired)} tables were removed, in one step"


def tidy_operations(run: RunContext, now: datetime | None = None) -> dict[str, Any]:
    """Remove old check results and candidate tables, and compact old months of the history. Return what was done."""
    now = now or datetime.now(UTC)
    published, ops_uri = run.catalog(run.settings.published_database), run.settings.lake_uri("ops/")
    run.lease.require(run.holder)
    results = expired_results(run.session, published, ops_uri, now - timedelta(days=run.settings.quality_days))
    remove_results(published, results)
    candidates = expired_candidates(run, now)
    for few in batches(candidates):
        run.lease.require(run.holder)
        run.candidates.glue.batch_delete_table(DatabaseName=run.candidates.database, TablesToDelete=few)
    compacted = {}
    for month in months_to_compact(run.session, published, _current_month(run)):
        run.lease.require(run.holder)
        compacted[month] = compact_month(run.session, published, month, ops_uri)
    return {"results": len(results), "candidates": candidates, "months": compacted}


def remove_files(run: RunContext, now: datetime | None = None) -> dict[str, dict[str, int]]:
    """Delete what nothing needs. Return objects and bytes by kind.

    Raises:
        LeaseHeldError: the run has lost its lease; what was deleted until then was not needed.
    """
    now = now or datetime.now(UTC)
    found = removable(run, _objects(run), now)
    removed: list[Leftover] = []
    for batch in deletion_batches(found):
        needed = read_references(run, now)
        safe = [leftover for leftover in batch if not _is_needed(run, leftover, needed)]
        run.lease.require(run.holder)
        delete_objects(run.session, [stored.uri for leftover in safe for stored in leftover.objects])
        removed += safe
    return by_kind(removed)


def removable(run: RunContext, objects: list[StoredObject], now: datetime) -> list[Leftover]:
    """Return what nothing needs now."""
    needed = read_references(run, now)
    found = leftovers(objects, needed, _ages(run), now, running_exports(run))
    return [leftover for leftover in found if not _is_needed(run, leftover, needed)]


def _is_needed(run: RunContext, leftover: Leftover, needed: References) -> bool:
    """Return whether a unit is needed. The record of a passed audit is needed as long as one of its partitions is.

    A rollback takes from it how much a partition must hold.
    """
    if is_needed(leftover.unit, leftover.objects, needed):
        return True
    if leftover.unit.kind != AUDIT_RECORDS:
        return False
    records = (s3.find_json(run.session, stored.uri) for stored in leftover.objects)
    builds = (build for record in records if record for build in builds_of(record))
    return any(needed.need(partition.location) for build in builds for partition in build.partitions)


def deletion_batches(found: list[Leftover], size: int = OBJECTS_PER_CALL) -> list[list[Leftover]]:
    """Return the units in batches of about `size` objects; a unit is never divided."""
    grouped: list[list[Leftover]] = []
    count = size
    for leftover in found:
        if count + len(leftover.objects) > size or not grouped:
            grouped.append([])
            count = 0
        grouped[-1].append(leftover)
        count += len(leftover.objects)
    return grouped


def write_report(run: RunContext, found: Mapping[str, Any], done: Mapping[str, Any] | None) -> dict[str, Any]:
    """Write the report of the run to `ops/maintenance/`. Return it with its `message`.

    Args:
        found: result of `survey`.
        done: what was removed; None in a dry run.
    """
    after = by_folder(_objects(run)) if done is not None else found["before"]
    report = {**found, "applied": done is not None, "removed": done or {}, "after": after}
    report["message"] = message(report)
    s3.put_json(run.session, report_uri(run), report)
    for line in report["message"].splitlines():
        log.info(line)
    return {**report, "uri": report_uri(run)}


def message(report: Mapping[str, Any]) -> str:
    """Return the report as lines of text."""
    applied = report["applied"]
    files = report["removed"].get("files", {}) if applied else report["removable"]
    partitions = sum(len(values) for values in report["partitions"].values())
    lines = [
        f"Maintenance of the lake, {'applied' if applied else 'dry run: nothing was changed'}.",
        f"{'Before' if applied else 'The lake holds'}: {_amount(report['before'].get('all'))}.",
        *([f"After: {_amount(report['after'].get('all'))}."] if applied else []),
        *(f"{kind}: {_amount(total)} {'deleted' if applied else 'to delete'}" for kind, total in files.items()),
        f"partitions past their retention: {partitions:,}; they leave the catalog through a release",
        f"check results past their retention: {report['results']:,} partitions",
        f"tables of failed tries: {len(report['candidates']):,}",
        f"months of publish_history to compact: {', '.join(report['months']) or 'none'}",
        f"partitions with more than one data file: {report['tiny_files']:,}"
        + ("" if report["tiny_files"] else ", so there are no data files to compact"),
    ]
    if not applied:
        lines.append("To remove it: trigger lake_maintenance with apply = true, or make maintenance APPLY=1.")
    return "\n".join(lines)


def _ages(run: RunContext) -> Ages:
    return Ages(run.settings.retention_days, run.settings.landing_days, run.settings.quality_days)


def _objects(run: RunContext) -> list[StoredObject]:
    return list(listed_objects(run.session, run.settings.lake_uri("")))


def _current_month(run: RunContext) -> str:
    """Return the month of the current release: `complete` may still add a file to it, so it is never compacted."""
    return run.current.released_at[:7] if run.current else ""


def _partitions_with_many_files(run: RunContext) -> int:
    """Return how many partitions that readers see have more than one file: what a compaction could join."""
    tables: dict[str, StoredTable] = slot_tables(run)[run.current.slot] if run.current else {}
    return sum(
        int(part.parameters.get("files", "1")) > 1 for table in tables.values() for part in table.contents.values()
    )


def _amount(total: Mapping[str, int] | None) -> str:
    found = total or {"objects": 0, "bytes": 0}
    return f"{found['objects']:,} objects, {found['bytes'] / 1e6:,.1f} MB"
