"""Silver: typed rows by day, the quarantine and the ledger. Only days whose fingerprint changed are built."""

from __future__ import annotations

from typing import Any

from biz_insights.aws import s3
from biz_insights.identity import fingerprint
from biz_insights.lake.builds import TableBuild
from biz_insights.lake.manifest import read_manifest
from biz_insights.steps.bronze_steps import CURRENT_BATCH, batch_fingerprint, bronze_manifest
from biz_insights.steps.run_context import RunContext
from biz_insights.time_zones import offset_changes
from biz_schema.silver_tables import ROW_LEDGER, SILVER_ORDER_ITEMS, SILVER_PUBLISH_ORDER

INPUT_FINGERPRINT = "input_fingerprint"
"""Table parameter of `silver_order_items`: a digest of the batch, the code and the settings it was built from."""

JOB_FILES = ("spark_jobs/silver.py", "spark_jobs.zip")


def input_fingerprint(run: RunContext, bronze_run: str) -> str:
    """Return a digest of everything that the content of silver depends on."""
    s = run.settings
    client = run.session.client("s3")
    code = [client.head_object(Bucket=s.artefacts_bucket, Key=key)["ETag"] for key in JOB_FILES]
    batch = batch_fingerprint(bronze_manifest(run, bronze_run))
    meaning = (
        s.business_timezone,
        s.price_basis,
        s.test_app_names,
        s.negative_lines,
        s.missing_marks,
        s.holiday_country,
        s.holiday_subdivision,
    )
    return fingerprint(batch, *code, *meaning)


def plan_silver(run: RunContext, bronze_run: str, full_refresh: bool) -> dict[str, Any] | None:
    """Return the arguments of the silver job, or None when the published silver is up to date.

    The published fingerprints are written to S3, where the job compares them with its own. Under `full_refresh` they
    are written empty: every day counts as changed, and the job still knows which days are published. The rules of the
    business time zone are written there too, and the job compares them with the rules of its Java.
    """
    digest = input_fingerprint(run, bronze_run)
    if not full_refresh and run.published.parameter(SILVER_ORDER_ITEMS.name, INPUT_FINGERPRINT) == digest:
        return None
    known = {name: run.published.fingerprints(name) for name in SILVER_PUBLISH_ORDER}
    if full_refresh:
        known = {name: dict.fromkeys(values, "") for name, values in known.items()}
    folder = run.settings.lake_uri(f"silver/_plan/{run.run}/try={run.try_number}/")
    zone = run.settings.business_timezone
    uris = {"known_uri": f"{folder}known.json", "zone_offsets_uri": f"{folder}zone_offsets.json"}
    s3.put_json(run.session, uris["known_uri"], known)
    s3.put_json(run.session, uris["zone_offsets_uri"], {zone: offset_changes(zone)})
    return {**uris, "input_fingerprint": digest}


def silver_builds(run: RunContext, job_run_id: str) -> list[TableBuild]:
    """Return the builds that the job wrote, one for each table.

    A table without changes is included: the first publish creates the table even if it has no rows.
    """
    manifest = read_manifest(run.session, run.settings.lake_uri("silver/"), job_run_id)
    return [manifest.build(table) for table in SILVER_PUBLISH_ORDER]


def audit_silver(run: RunContext, job_run_id: str) -> dict[str, str]:
    """Run the checkpoint on the changed days, the quarantine and the ledger. Return the candidate name by table."""
    return run.stage_and_audit("silver", silver_builds(run, job_run_id))


def publish_silver(run: RunContext, job_run_id: str, digest: str, staged: dict[str, str]) -> list[str]:
    """Publish the builds, then store what silver was built from.

    The digest is stored last: after an interrupted publish the next run builds and publishes again.
    """
    lines = run.publish_builds(silver_builds(run, job_run_id), staged.values())
    batch = read_manifest(run.session, run.settings.lake_uri("silver/"), job_run_id).batch_id
    run.published.set_parameter(ROW_LEDGER.name, CURRENT_BATCH, batch)
    run.published.set_parameter(SILVER_ORDER_ITEMS.name, INPUT_FINGERPRINT, digest)
    return lines
