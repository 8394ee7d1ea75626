"""Scores: what each customer is expected to do, with the models' registry and back-tests; built by one Glue job.

A partition is one as-of date, and like that of any gold table its fingerprint is a digest of everything it was made
from: the customer days up to that date, the job's code and the settings. Equal digests: nothing to build.
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
    """Digest of everything that decides the scores; ``read`` are the inputs' partitions by value and table."""
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
    """Arguments for the scores job; None when it could only build what is published already.

    Where the published days lie goes to S3, because the job sees files and not the catalog.
    """
    quarter, opening = quarter_of(run.process_date), cutoff_date(run.process_date)
    is_read = {
        DAYS_OF_CLOSED_QUARTERS: lambda value: value < quarter,
        DAYS_OF_CURRENT_QUARTER: lambda value: quarter <= value <= run.process_date,
        TOTALS_BEFORE_CUTOFF: lambda value: value == opening,
        SAMPLE_BEFORE_CUTOFF: lambda value: value == opening,
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
    """What the job wrote."""
    manifest = read_manifest(run.session, run.settings.lake_uri("scores/"), job_run_id)
    return [manifest.build(table) for table in SCORE_PUBLISH_ORDER]


def audit_scores(run: RunContext, job_run_id: str) -> dict[str, str]:
    """Checkpoint over the tables' partitions of the day."""
    return run.stage_and_audit("scores", score_builds(run, job_run_id))


def publish_scores(run: RunContext, job_run_id: str, staged: dict[str, str]) -> list[str]:
    """Publish the tables."""
    return run.publish_builds(score_builds(run, job_run_id), staged.values())
