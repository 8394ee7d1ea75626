"""The lake after a script: what readers can see of every table, and what the runs left behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.faults.readers import state_query
from tests.faults.table_contents import contents
from tests.integration.conftest import Laptop

UNFINISHED_JOBS = ("STARTING", "RUNNING", "STOPPING", "WAITING")
UNFINISHED_QUERIES = ("QUEUED", "RUNNING")


@dataclass
class Outcome:
    """The lake after a script.

    Attributes:
        tables: a digest of the rows of each table and view.
        state: what the readers' statement answers, without the number of the release.
        source_rows, explained_rows: rows of the published batch, and those that the ledger accounts for.
        left: what runs left behind, one line each.
    """

    tables: dict[str, str]
    state: tuple[object, ...]
    source_rows: int
    explained_rows: int
    left: list[str] = field(default_factory=list)

    def differences(self, other: Outcome) -> list[str]:
        """Return the tables whose rows differ."""
        names = sorted(self.tables.keys() | other.tables.keys())
        return [
            f"{name}: {self.tables.get(name, 'missing')}, without faults {other.tables.get(name, 'missing')}"
            for name in names
            if self.tables.get(name) != other.tables.get(name)
        ]


def look(laptop: Laptop) -> Outcome:
    """Read the lake as it is now."""
    (state,) = laptop.query(state_query())
    ((rows, explained),) = laptop.query(
        "SELECT sum(source_rows), sum(accepted_rows + quarantined_rows) FROM row_ledger "
        "WHERE batch_id = (SELECT batch_id FROM current_release)"
    )
    tables = contents(laptop.client("glue"), laptop.settings.published_database, laptop.result_file)
    return Outcome(tables, tuple(state[1:]), int(rows), int(explained), _left(laptop))


def _left(laptop: Laptop) -> list[str]:
    settings = laptop.settings
    glue, rds, athena = laptop.client("glue"), laptop.client("rds"), laptop.client("athena")
    left = [f"candidate table {name}" for name in _tables(glue, settings.build_database)]
    for job in (settings.bronze_job, settings.silver_job, settings.scores_job):
        runs = glue.get_job_runs(JobName=job)["JobRuns"]
        left += [f"run of {job} is {run['JobRunState']}" for run in runs if run["JobRunState"] in UNFINISHED_JOBS]
    snapshots = rds.describe_db_snapshots(DBInstanceIdentifier=settings.rds_instance)["DBSnapshots"]
    left += [f"snapshot {snapshot['DBSnapshotIdentifier']}" for snapshot in snapshots]
    exports = rds.describe_export_tasks()["ExportTasks"]
    left += [f"export is {task['Status']}" for task in exports if task["Status"] in ("STARTING", "IN_PROGRESS")]
    for workgroup in (settings.build_workgroup, settings.read_workgroup):
        left += _running_queries(athena, workgroup)
    bucket, key = settings.lake_bucket, "releases/lease.json"
    lease = json.loads(laptop.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    if not lease["released"]:
        left.append(f"the lease is held by {lease['holder']}")
    return left


def _tables(glue: Any, database: str) -> list[str]:
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return [table["Name"] for page in pages for table in page["TableList"]]


def _running_queries(athena: Any, workgroup: str) -> list[str]:
    ids = athena.list_query_executions(WorkGroup=workgroup, MaxResults=50)["QueryExecutionIds"]
    found = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"] if ids else []
    states = [query["Status"]["State"] for query in found]
    return [f"a query of {workgroup} is {state}" for state in states if state in UNFINISHED_QUERIES]
