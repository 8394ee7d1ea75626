"""Scores: what each customer is expected to do, with the models' registry and back-tests; built by one Glue job.

A partition is one as-of date, and like that of any gold table its fingerprint is a digest of everything it was made
from: the customer days up to that date, the job's code and the settings. Equal digests: nothing to build.
"""

from __future__ import annotations

from typing import Any

from biz_insights import s3
from biz_insights.identity import fingerprint
from biz_insights.lake.builds import TableBuild
from biz_insights.lake.manifest import read_manifest
from biz_insights.tasks.context import RunContext
from biz_insights.tasks.gold import NO_FILES

SCORE_TABLES = (
    "model_registry",
    "model_backtests",
    "churn_backtests",
    "gold_loyalty_effects",
    "gold_customer_predictions",
)
"""In publishing order: what vouches for the predictions before the predictions."""

INPUT = "gold_customer_day"
JOB_FILES = ("spark_jobs/customer_scores.py", "spark_jobs.zip")


def input_fingerprint(run: RunContext, days: dict[str, str]) -> str:
    """Digest of everything that decides the scores; ``days`` are the inputs' fingerprints by day."""
    s = run.settings
    client = s3.client(run.session)
    code = [client.head_object(Bucket=s.artefacts_bucket, Key=key)["ETag"] for key in JOB_FILES]
    seen = [f"{day}={digest}" for day, digest in sorted(days.items())]
    return fingerprint(run.process_date, *code, str(s.annual_discount_rate), str(s.margin_rate), *seen)


def plan_scores(run: RunContext, full_refresh: bool) -> dict[str, Any] | None:
    """Arguments for the scores job; None when it could only build what is published already.

    Where the published days lie goes to S3, because the job sees files and not the catalog.
    """
    found = run.published.partitions(INPUT)
    days = {day: partition for day, partition in found.items() if day <= run.process_date}
    digest = input_fingerprint(run, {day: partition.fingerprint for day, partition in days.items()})
    if not full_refresh and all(
        run.published.fingerprints(table).get(run.process_date) == digest for table in SCORE_TABLES
    ):
        return None
    empty = run.settings.lake_uri(NO_FILES)
    locations = {day: partition.location for day, partition in days.items() if partition.location != empty}
    uri = run.settings.lake_uri(f"scores/_plan/{run.run}/try={run.try_number}/inputs.json")
    s3.put_json(run.session, uri, {INPUT: locations})
    return {"inputs_uri": uri, "input_fingerprint": digest}


def score_builds(run: RunContext, job_run_id: str) -> list[TableBuild]:
    """What the job wrote."""
    manifest = read_manifest(run.session, run.settings.lake_uri("scores/"), job_run_id)
    return [manifest.build(table) for table in SCORE_TABLES]


def audit_scores(run: RunContext, job_run_id: str) -> dict[str, str]:
    """Checkpoint over the tables' partitions of the day."""
    return run.stage_and_audit("scores", score_builds(run, job_run_id))


def publish_scores(run: RunContext, job_run_id: str, staged: dict[str, str]) -> list[str]:
    """Publish the tables."""
    return run.publish_builds(score_builds(run, job_run_id), staged.values())
