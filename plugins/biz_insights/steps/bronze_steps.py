"""Bronze: the export as text. A batch that equals the published one is not published again."""

from __future__ import annotations

from biz_insights.lake.manifest import Manifest, read_manifest
from biz_insights.source.export import check_rows
from biz_insights.steps.run_context import RunContext
from biz_schema.source_tables import SOURCE_TABLES

CURRENT_BATCH = "current_batch"
"""Table parameter: the id of the batch that was published last. Silver is built from it."""


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
        batch = run.published.parameter(table, CURRENT_BATCH)
        if batch is None:
            return False
        if run.published.fingerprints(table).get(batch) != manifest.fingerprints(table)[manifest.batch_id]:
            return False
    return True


def audit_bronze(run: RunContext, job_run_id: str) -> dict[str, str]:
    """Run the checkpoint on the three bronze tables of the batch. Return the candidate name by table."""
    manifest = bronze_manifest(run, job_run_id)
    return run.stage_and_audit("bronze", [manifest.build(table.bronze_name) for table in SOURCE_TABLES])


def publish_bronze(run: RunContext, job_run_id: str, staged: dict[str, str]) -> list[str]:
    """Publish the batch and make it the current one. Return one line for each table that changed."""
    manifest = bronze_manifest(run, job_run_id)
    lines = run.publish_builds([manifest.build(table.bronze_name) for table in SOURCE_TABLES], staged.values())
    for table in SOURCE_TABLES:
        run.published.set_parameter(table.bronze_name, CURRENT_BATCH, manifest.batch_id)
    return lines
