"""Scores: predictions for each customer, the registry of models and the back-tests. One Glue job builds them.

A partition is one as-of date. Its fingerprint is a digest of everything that it was made from: the customer days up to
that date, the code of the job and the settings. When the digest has not changed, nothing is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.gold.periods import cutoff_date, quarter_of
from biz_insights.identity import fingerprint
from biz_insights.lake.audits import require_audit
from biz_insights.lake.builds import TableBuild
from biz_insights.lake.catalog import PublishedPartition
from biz_insights.lake.holds import held_partitions
from biz_insights.lake.manifest import read_manifest
from biz_insights.steps.audited_publish import audit_builds, is_released, publish_audited
from biz_insights.steps.gold_steps import NO_FILES
from biz_insights.steps.lake_access import open_lake
from biz_insights.steps.run_context import RunContext
from biz_schema.score_inputs import (
    DAYS_OF_CLOSED_QUARTERS,
    DAYS_OF_CURRENT_QUARTER,
    SAMPLE_BEFORE_CUTOFF,
    SCORE_INPUTS,
    TOTALS_BEFORE_CUTOFF,
)
from biz_schema.score_tables import SCORE_PUBLISH_ORDER

JOB_FILES = ("spark_jobs/customer_scores.py", "spark_jobs.zip")


def input_fingerprint(run: RunContext, read: dict[str, dict[str, PublishedPartition]]) -> str:
    """Return a digest of everything that the scores depend on.

    Args:
        read: the partitions that the job reads, by table and partition value.
    """
    s = run.settings
    client = run.session.client("s3")
    code = [client.head_object(Bucket=s.artefacts_bucket, Key=key)["ETag"] for key in JOB_FILES]
    seen = [
        f"{table}={value}={partition.fingerprint}"
        for table, partitions in read.items()
        for value, partition in sorted(partitions.items())
    ]
    return fingerprint(run.process_date, *code, str(s.annual_discount_rate), str(s.margin_rate), *seen)


def inputs_read(run: RunContext) -> dict[str, dict[str, PublishedPartition]]:
    """Return the partitions that the job reads, by table and partition value."""
    quarter, cutoff = quarter_of(run.process_date), cutoff_date(run.process_date)
    is_read = {
        DAYS_OF_CLOSED_QUARTERS: lambda value: value < quarter,
        DAYS_OF_CURRENT_QUARTER: lambda value: quarter <= value <= run.process_date,
        TOTALS_BEFORE_CUTOFF: lambda value: value == cutoff,
        SAMPLE_BEFORE_CUTOFF: lambda value: value == cutoff,
    }
    return {
        table: {value: found for value, found in run.working.partitions(table).items() if is_read[table](value)}
        for table in SCORE_INPUTS
    }


def are_outdated(run: RunContext) -> bool:
    """Return whether a score table of the working slot was not built from what the slot holds, and is not held."""
    digest = input_fingerprint(run, inputs_read(run))
    return any(
        run.working.fingerprints(table).get(run.process_date) != digest
        and run.process_date not in held_partitions(run.working, table)
        for table in SCORE_PUBLISH_ORDER
    )


def plan_scores(run: RunContext, full_refresh: bool) -> dict[str, Any] | None:
    """Return the arguments of the scores job, or None when the published scores are up to date.

    The locations of the partitions are written to S3, because the job reads files and not the catalog.
    """
    open_lake(run)
    if not full_refresh and not are_outdated(run):
        return None
    read = inputs_read(run)
    empty = run.settings.lake_uri(NO_FILES)
    locations = {
        table: {value: found.location for value, found in partitions.items() if found.location != empty}
        for table, partitions in read.items()
    }
    uri = run.settings.lake_uri(f"scores/_plan/{run.run}/try={run.try_number}/inputs.json")
    s3.put_json(run.session, uri, locations)
    return {"inputs_uri": uri, "input_fingerprint": input_fingerprint(run, read)}


def require_inputs(run: RunContext, plan: Mapping[str, Any]) -> None:
    """Check that what the plan was made from is what the working slot holds now.

    Raises:
        PermanentError: an input has changed since the plan.
    """
    if input_fingerprint(run, inputs_read(run)) != plan["input_fingerprint"]:
        raise PermanentError(
            "the scores were built from customer days, code or settings that have changed since their plan; "
            "clear scores.plan with its downstream tasks"
        )


def score_builds(run: RunContext, job_run_id: str) -> list[TableBuild]:
    """Return the builds that the job wrote, one for each score table."""
    manifest = read_manifest(run.session, run.settings.lake_uri("scores/"), job_run_id)
    return [manifest.build(table) for table in SCORE_PUBLISH_ORDER]


def audit_scores(run: RunContext, job_run_id: str, plan: Mapping[str, Any]) -> str:
    """Run the checkpoint on the partitions of the day. Return the address of the passed audit."""
    open_lake(run)
    require_inputs(run, plan)
    return audit_builds(run, "scores", score_builds(run, job_run_id), job_run_id)


def publish_scores(run: RunContext, job_run_id: str, plan: Mapping[str, Any], audit_uri: str) -> list[str]:
    """Publish the score tables. Return one line for each table that changed."""
    open_lake(run)
    passed = require_audit(run.session, audit_uri, job_run_id)
    if is_released(run, passed):
        return []
    require_inputs(run, plan)
    return publish_audited(run, passed)
