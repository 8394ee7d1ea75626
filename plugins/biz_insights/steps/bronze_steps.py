"""Bronze: the export as text. A batch that equals the published one is not published again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from biz_insights.errors import PermanentError
from biz_insights.lake.audits import require_audit
from biz_insights.lake.manifest import Manifest, read_manifest
from biz_insights.lake.table_parameters import CURRENT_BATCH, CURRENT_RUN, SNAPSHOT_AT
from biz_insights.source.export import check_rows
from biz_insights.steps.audited_publish import audit_builds, is_released, publish_audited
from biz_insights.steps.forgotten_guard import require_list
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.run_context import RunContext
from biz_schema.silver_tables import SILVER_ORDER_ITEMS
from biz_schema.source_tables import SOURCE_TABLES


@dataclass(frozen=True)
class SourceBatch:
    """A batch of bronze.

    Attributes:
        bronze_run: the JobRunId that built it.
        batch_id: its name, which is that of the export.
        snapshot_at: when its snapshot was taken, ISO, UTC.
    """

    bronze_run: str
    batch_id: str
    snapshot_at: str


def bronze_manifest(run: RunContext, job_run_id: str) -> Manifest:
    """Return the manifest that the bronze job wrote."""
    return read_manifest(run.session, run.settings.lake_uri("bronze/"), job_run_id)


def batch_fingerprint(manifest: Manifest) -> str:
    """Return a fingerprint of the content of the whole batch. The id of the batch does not change it."""
    return "/".join(manifest.fingerprints(table.bronze_name)[manifest.batch_id] for table in SOURCE_TABLES)


def require_exported_rows(
    run: RunContext, job_run_id: str, database_rows: dict[str, tuple[int, int]], export_id: str
) -> None:
    """Compare the row counts of the batch with those of the database.

    Raises:
        PermanentError: a table has another number of rows than the database counted.
    """
    manifest = bronze_manifest(run, job_run_id)
    check_rows({table.name: manifest.rows(table.bronze_name) for table in SOURCE_TABLES}, database_rows, export_id)


def is_published(run: RunContext, job_run_id: str) -> bool:
    """Return whether the published batch has the same content."""
    manifest = bronze_manifest(run, job_run_id)
    for table in (source.bronze_name for source in SOURCE_TABLES):
        batch = run.working.parameter(table, CURRENT_BATCH)
        if batch is None:
            return False
        if run.working.fingerprints(table).get(batch) != manifest.fingerprints(table)[manifest.batch_id]:
            return False
    return True


def is_left_alone(run: RunContext) -> bool:
    """Return whether the run leaves bronze and silver as published, because a later day is published."""
    open_lake(run)
    return run.is_for_earlier_day


def is_unchanged(run: RunContext, job_run_id: str, snapshot_at: str) -> bool:
    """Return whether the published batch has the same content, and if so store that it was current at this snapshot."""
    open_lake(run)
    if not is_published(run, job_run_id):
        return False
    confirm_snapshot(run, snapshot_at)
    return True


def source_batch(run: RunContext, job_run_id: str, snapshot_at: str) -> SourceBatch:
    """Return the published batch with the content of this run: silver is never built from an unpublished batch.

    When the source has not changed, that is an earlier batch. Its rows are those of this run's snapshot.
    """
    taken = utc_text(snapshot_at)
    table = SOURCE_TABLES[0].bronze_name
    batch = run.working.parameter(table, CURRENT_BATCH)
    if batch is None or not is_published(run, job_run_id):
        return SourceBatch(job_run_id, bronze_manifest(run, job_run_id).batch_id, taken)
    return SourceBatch(run.working.parameter(table, CURRENT_RUN) or _run_of(run, table, batch), batch, taken)


def utc_text(moment: str) -> str:
    """Return a time as ISO text in UTC with microseconds. Such texts sort like the times."""
    return datetime.fromisoformat(moment).astimezone(UTC).isoformat(timespec="microseconds")


def _run_of(run: RunContext, table: str, batch: str) -> str:
    """Return the JobRunId that stands in the location of a batch, for lakes that do not have it as a parameter."""
    location = run.working.partitions(table)[batch].location
    found = re.search(r"/run=([^/]+)/", location)
    if found is None:
        raise PermanentError(
            f"{table}: the location {location} of batch {batch} does not name the job run that wrote it; "
            "trigger the DAG with full_refresh after the source has changed"
        )
    return found[1]


def confirm_snapshot(run: RunContext, snapshot_at: str) -> None:
    """Store that the source still was what is published when this snapshot was taken.

    Otherwise a cleared run with a snapshot from in between could replace these rows. Readers do not see the parameter,
    so it is set in both slots.
    """
    taken = utc_text(snapshot_at)
    for catalog in (run.working, run.released):
        stored = catalog.parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT)
        if catalog.table(SILVER_ORDER_ITEMS.name) is not None and (stored or "") < taken:
            catalog.set_parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT, taken)


def audit_bronze(run: RunContext, job_run_id: str) -> str:
    """Run the checkpoint on the three bronze tables of the batch. Return the address of the passed audit.

    Raises:
        PermanentError: the list of forgotten customers lacks entries, so the batch may name them.
    """
    open_lake(run)
    require_list(run, "bronze.build with its downstream tasks")
    manifest = bronze_manifest(run, job_run_id)
    return audit_builds(run, "bronze", [manifest.build(table.bronze_name) for table in SOURCE_TABLES], job_run_id)


def publish_bronze(run: RunContext, job_run_id: str, audit_uri: str) -> list[str]:
    """Publish the batch and make it the current one. Return one line for each table that changed."""
    open_lake(run)
    passed = require_audit(run.session, audit_uri, job_run_id)
    if is_released(run, passed):
        return []
    lines = publish_audited(run, passed)
    batch_id = bronze_manifest(run, job_run_id).batch_id
    for table in SOURCE_TABLES:
        run.working.set_parameter(table.bronze_name, CURRENT_RUN, job_run_id)
        run.working.set_parameter(table.bronze_name, CURRENT_BATCH, batch_id)
    return lines
