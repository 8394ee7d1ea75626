"""What a test looks at after each trouble: the published contents, the lease, and what should not be there any more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from biz_insights.lake.lease import LEASE_KEY
from biz_insights.lake.releases import current_release
from tests.faults.table_contents import contents
from tests.integration.conftest import Laptop

JOBS = ("business-insights-bronze", "business-insights-silver", "business-insights-customer-scores")
AT_WORK = ("STARTING", "RUNNING", "STOPPING", "WAITING")


@dataclass(frozen=True)
class LakeState:
    """The lake of one laptop."""

    laptop: Laptop

    def contents(self) -> dict[str, str]:
        """Return a digest of each table and view that readers see, by name."""
        database = self.laptop.settings.published_database
        return contents(self.laptop.client("glue"), database, self.laptop.result_file)

    def release(self) -> int:
        """Return the number of the release that readers see."""
        found = current_release(self.laptop.client("glue"), self.laptop.settings.published_database)
        return found.number if found else 0

    def lease(self) -> dict[str, Any]:
        """Return the stored lease."""
        found = self.laptop.client("s3").get_object(Bucket=self.laptop.settings.lake_bucket, Key=LEASE_KEY)
        lease: dict[str, Any] = json.loads(found["Body"].read())
        return lease

    def leftovers(self) -> list[str]:
        """Return what no run needs when all have ended: job runs at work, candidate tables, snapshots, a held lease."""
        settings = self.laptop.settings
        found = [
            f"{job} run {run['Id']} is {run['JobRunState']}" for job in JOBS for run in self.job_runs(job, AT_WORK)
        ]
        tables = self.laptop.client("glue").get_tables(DatabaseName=settings.build_database)["TableList"]
        found += [f"table {table['Name']} in {settings.build_database}" for table in tables]
        rds = self.laptop.client("rds")
        snapshots = rds.describe_db_snapshots(DBInstanceIdentifier=settings.rds_instance)["DBSnapshots"]
        found += [f"snapshot {entry['DBSnapshotIdentifier']}" for entry in snapshots]
        if not self.lease()["released"]:
            found.append(f"lease of {self.lease()['holder']}")
        return found

    def job_runs(self, job: str, states: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return the runs of a job, oldest first; only those in the given states, if any are given."""
        pages = self.laptop.client("glue").get_paginator("get_job_runs").paginate(JobName=job)
        runs = [run for page in pages for run in page["JobRuns"] if not states or run["JobRunState"] in states]
        return sorted(runs, key=lambda run: run["StartedOn"])
