"""Scores: predictions for each customer, the registry of models and the back-tests. One Glue job builds them.

A partition is one as-of date. Its fingerprint is a digest of everything that it was made from: the customer days up to
that date, the code of the job and the settings. When the digest has not changed, nothing is built.
"""

from __future__ import annotations

from typing import Any

from biz_insights.aws import s3
from biz_insights.gold.periods import cutoff_date, quarter_of
from biz_insights.identity import fingerprint
from biz_insights.lake.builds import TableBuild
from biz_insights.lake.catalog import PublishedPartition
from biz_insights.lake.manifest import read_manifest
from biz_insights.steps.gold_steps import NO_FILES
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


def plan_scores(run: RunContext, full_refresh: bool) -> dict[str, Any] | None:
    """Return the arguments of the scores job, or None when the published scores are up to date.

    The locations of the partitions are written to S3, because the job reads files and not the catalog.
    """
    quarter, cutoff = quarter_of(run.process_date), cutoff_date(run.process_date)
    is_read = {
        DAYS_OF_CLOSED_QUARTERS: lambda value: value < quarter,
        DAYS_OF_CURRENT_QUARTER: lambda value: quarter <= value <= run.process_date,
        TOTALS_BEFORE_CUTOFF: lambda value: value == cutoff,
        SAMPLE_BEFORE_CUTOFF: lambda value: value == cutoff,
    }
    read = {
        table: {value: found for value, found in run.published.partitions(table).items() if is_read[table](value)}
        for table in SCORE_INPUTS
    }
    digest = input_fingerprint(run, read)
    if not full_refresh and all(
        run.published.fingerprints(table).get(run.process_date) == digest for table in SCORE_PUBLISH_ORDER
    ):
        return None
    empty = run.settings.lake_uri(NO_FILES)
    locations = {
        table: {value: found.location for value, found in partitions.items() if found.location != empty}
        for table, partitions in read.items()
    }
    uri = run.settings.lake_uri(f"scores/_plan/{run.run}/try={run.try_number}/inputs.json")
    s3.put_json(run.session, uri, locations)
    return {"inputs_uri": uri, "input_fingerprint": digest}


def score_builds(run: RunContext, job_run_id: str) -> list[TableBuild]:
    """Return the builds that the job wrote, one for each score table."""
    manifest = read_manifest(run.session, run.settings.lake_uri("scores/"), job_run_id)
    return [manifest.build(table) for table in SCORE_PUBLISH_ORDER]


def audit_scores(run: RunContext, job_run_id: str) -> dict[str, str]:
    """Run the checkpoint on the partitions of the day. Return the candidate name by table."""
    return run.stage_and_audit("scores", score_builds(run, job_run_id))


def publish_scores(run: RunContext, job_run_id: str, staged: dict[str, str]) -> list[str]:
    """Publish the score tables. Return one line for each table that changed."""
    return run.publish_builds(score_builds(run, job_run_id), staged.values())
