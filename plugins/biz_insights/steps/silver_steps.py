"""Silver: typed rows by day, the quarantine and the ledger. Only days whose fingerprint changed are built."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.identity import fingerprint
from biz_insights.lake.audits import require_audit
from biz_insights.lake.builds import TableBuild
from biz_insights.lake.holds import held_partitions, newest_fingerprints, read_hold, store_newest
from biz_insights.lake.manifest import read_manifest
from biz_insights.lake.table_parameters import CURRENT_BATCH, INPUT_FINGERPRINT, SNAPSHOT_AT
from biz_insights.steps.audited_publish import audit_builds, is_released, publish_audited
from biz_insights.steps.bronze_steps import (
    SourceBatch,
    batch_fingerprint,
    bronze_manifest,
    confirm_snapshot,
    source_batch,
)
from biz_insights.steps.guard_steps import guard_order_lines
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.run_context import RunContext
from biz_insights.time_zones import offset_changes
from biz_schema.silver_tables import ROW_LEDGER, SILVER_ORDER_ITEMS, SILVER_PUBLISH_ORDER

log = logging.getLogger(__name__)

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


def plan_silver(
    run: RunContext, bronze_run: str, snapshot_at: str, *, full_refresh: bool, always: bool = False
) -> dict[str, Any] | None:
    """Return the arguments of the silver job, or None when silver stays as it is.

    It stays when batch, code and settings are those of the published silver, and in a run for a day before the newest
    published one: such a run builds the marts of its day from what is published.

    The published fingerprints are written to S3, where the job compares them with its own. Under `full_refresh` they
    are written empty: every day counts as changed, and the job still knows which days are published. The rules of the
    business time zone are written there too, and the job compares them with the rules of its Java.

    Args:
        always: compare every day also when batch, code and settings have not changed.

    Raises:
        PermanentError: the published silver was built from a later snapshot.
    """
    open_lake(run)
    if run.is_for_earlier_day:
        _require_whole_silver(run)
        return None
    batch = source_batch(run, bronze_run, snapshot_at)
    require_no_later_snapshot(run, batch)
    digest = input_fingerprint(run, batch.bronze_run)
    is_forced = full_refresh or always
    if not is_forced and run.working.parameter(SILVER_ORDER_ITEMS.name, INPUT_FINGERPRINT) == digest:
        confirm_snapshot(run, batch.snapshot_at)
        return None
    published = {name: run.working.fingerprints(name) for name in SILVER_PUBLISH_ORDER}
    known = {name: newest_fingerprints(published[name], read_hold(run.working, name)) for name in published}
    compared = {name: dict.fromkeys(values, "") for name, values in known.items()} if full_refresh else known
    folder = run.settings.lake_uri(f"silver/_plan/{run.run}/try={run.try_number}/")
    zone = run.settings.business_timezone
    uris = {
        "known_uri": f"{folder}known.json",
        "published_uri": f"{folder}published.json",
        "zone_offsets_uri": f"{folder}zone_offsets.json",
    }
    s3.put_json(run.session, uris["known_uri"], compared)
    s3.put_json(run.session, uris["published_uri"], published)
    s3.put_json(run.session, uris["zone_offsets_uri"], {zone: offset_changes(zone)})
    return {**uris, "input_fingerprint": digest, **asdict(batch)}


def _require_whole_silver(run: RunContext) -> None:
    """Check that no day of silver has lost files: a run for an earlier day does not build them again.

    Raises:
        PermanentError: a day has.
    """
    for table in SILVER_PUBLISH_ORDER:
        broken = [value for value, digest in run.working.fingerprints(table).items() if not digest]
        if broken:
            raise PermanentError(
                f"{table} has lost files of {', '.join(sorted(broken)[:3])}, which a run for an earlier day does not "
                f"build again; trigger the DAG for {run.newest_day} first, then clear silver.plan"
            )


def require_no_later_snapshot(run: RunContext, batch: SourceBatch) -> None:
    """Check that the published silver is not newer than the batch, unless the run goes back.

    Raises:
        PermanentError: it is.
    """
    if run.go_back:
        return
    published = run.working.parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT) or ""
    if batch.snapshot_at and published and batch.snapshot_at < published:
        raise PermanentError(
            f"the snapshot of this run was taken at {batch.snapshot_at}, and silver already holds the one of "
            f"{published}: it would replace newer rows by older ones. Trigger a new run instead; to go back to this "
            f"snapshot on purpose, set go_back_run to {run.run_id!r} and clear this task again"
        )


def require_compared_days(run: RunContext, plan: Mapping[str, Any], builds: list[TableBuild]) -> None:
    """Check that silver is still what the job compared its days with, except for what this build has published itself.

    Raises:
        PermanentError: another run has published days since the plan.
    """
    known = s3.get_json(run.session, plan["published_uri"])
    for build in builds:
        now, then = run.working.fingerprints(build.table), known[build.table]
        built = {partition.value: partition.fingerprint for partition in build.partitions}
        for value in sorted(now.keys() | then.keys()):
            expected = {then.get(value)}
            if value in built:
                expected.add(built[value])
            elif value in build.removed:
                expected.add(None)
            if now.get(value) not in expected:
                raise PermanentError(
                    f"{build.table} was compared with days that have changed since, first {value}; "
                    "clear silver.plan with its downstream tasks"
                )


def silver_builds(run: RunContext, job_run_id: str) -> list[TableBuild]:
    """Return the builds that the job wrote, one for each table.

    A table without changes is included: the first publish creates the table even if it has no rows.
    """
    manifest = read_manifest(run.session, run.settings.lake_uri("silver/"), job_run_id)
    return [manifest.build(table) for table in SILVER_PUBLISH_ORDER]


def audit_silver(run: RunContext, job_run_id: str, plan: Mapping[str, Any], *, accept_changes: bool) -> str:
    """Run the checkpoint on the changed days, the quarantine and the ledger. Return the address of the passed audit.

    Raises:
        VolumeError: more has changed than the limits allow, and no operator has accepted it.
        QualityGateError: a critical expectation failed, or the score is below the gate.
    """
    open_lake(run)
    builds = silver_builds(run, job_run_id)
    require_compared_days(run, plan, builds)
    manifest = read_manifest(run.session, run.settings.lake_uri("silver/"), job_run_id)
    for line in guard_order_lines(run, manifest, accept_changes=accept_changes):
        log.warning(line)
    return audit_builds(run, "silver", builds, job_run_id)


def publish_silver(run: RunContext, job_run_id: str, plan: Mapping[str, Any], audit_uri: str) -> list[str]:
    """Publish the builds, then store what silver was built from.

    The digest is stored last: after an interrupted publish the next run builds and publishes again.

    Raises:
        PermanentError: no audit passed this build, or another run has published since the plan.
    """
    open_lake(run)
    passed = require_audit(run.session, audit_uri, job_run_id)
    if is_released(run, passed):
        return []
    batch = SourceBatch(plan["bronze_run"], plan["batch_id"], plan["snapshot_at"])
    require_no_later_snapshot(run, batch)
    require_compared_days(run, plan, list(passed.builds))
    lines = publish_audited(run, passed)
    _store_newest_of_held(run, job_run_id)
    run.working.set_parameter(ROW_LEDGER.name, CURRENT_BATCH, batch.batch_id)
    run.working.set_parameter(SILVER_ORDER_ITEMS.name, SNAPSHOT_AT, batch.snapshot_at)
    run.working.set_parameter(SILVER_ORDER_ITEMS.name, INPUT_FINGERPRINT, plan["input_fingerprint"])
    return lines


def _store_newest_of_held(run: RunContext, job_run_id: str) -> None:
    """Store which builds of held days are the newest, so that the next run does not make them again."""
    held = [name for name in SILVER_PUBLISH_ORDER if held_partitions(run.working, name)]
    if held:
        manifest = read_manifest(run.session, run.settings.lake_uri("silver/"), job_run_id)
        for name in held:
            store_newest((run.working, run.released), name, manifest.fingerprints(name))
