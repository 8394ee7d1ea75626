"""The operators that run SQL in Athena: tables from the SELECTs of a plan, and views.

They hold their worker while Athena works, in MWAA's deferrable mode, too. The provider's trigger waits for one query
and knows no causes; a build has many queries, and a view takes a second.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.athena import AthenaOperator

from biz_insights.aws import session
from biz_insights.dag import athena_queries
from biz_insights.dag.athena_queries import Purpose
from biz_insights.identity import candidate_name
from biz_insights.lake.candidates import drop_earlier_tries
from biz_insights.settings import load_settings

CONCURRENT_STATEMENTS = 4
"""Statements of one table that run at the same time. An account may run 20."""

BUILD_TIMEOUT = timedelta(hours=8)
"""Longer than one statement may take: a first load has many, and `athena_queries` ends each by itself."""


class AthenaBuildOperator(AthenaOperator):
    """Run each SELECT of a gold plan as a CTAS into a new table of the build database. Return the names of the tables.

    Athena writes at most 100 partitions in one statement, so a first load has many statements: they run in parallel.
    The workgroup enforces its location, so the data is written below prefixes that contain the query ids. A retry
    builds all tables again under new names, after it has dropped those of earlier tries. Nothing of them is read.
    """

    template_fields = (*AthenaOperator.template_fields, "plan")

    def __init__(self, *, table: str, partition: str, plan: Any, **kwargs: Any) -> None:
        kwargs["execution_timeout"] = BUILD_TIMEOUT
        super().__init__(query="", deferrable=False, **kwargs)
        self.table = table
        self.partition = partition
        self.plan = plan
        self._running: set[str] = set()
        # Not an Event: Airflow copies operators when it clears tasks, and a lock cannot be copied.
        self._is_stopping = False

    def execute(self, context: Any) -> list[str]:  # type: ignore[override]
        """Run the statements. A mistake in the SQL fails the task at once; any other error may be retried."""
        self._is_stopping = False
        settings = load_settings()
        run_id, attempt = context["run_id"], context["ti"].try_number
        drop_earlier_tries(session.client("glue", settings), str(self.database), self.table, run_id, attempt)
        selects = self.plan["selects"]
        targets = [candidate_name(self.table, run_id, attempt, part) for part in range(len(selects))]
        with ThreadPoolExecutor(CONCURRENT_STATEMENTS) as pool:
            builds = [
                pool.submit(self._build, run_id, target, select, settings.poll_seconds)
                for target, select in zip(targets, selects, strict=True)
            ]
            ended, waiting = wait(builds, return_when=FIRST_EXCEPTION)
            if waiting:
                # One statement failed, so the task fails: what the others still scan would be paid for nothing.
                pool.shutdown(wait=False, cancel_futures=True)
                self.on_kill()
        for build in builds:
            if build in ended:
                build.result()
        return targets

    def on_kill(self) -> None:
        """Stop the running statements: Athena bills what they scan."""
        self._is_stopping = True
        for query_id in list(self._running):
            self.hook.stop_query(query_id)

    def _build(self, run_id: str, target: str, select: str, poll_seconds: float) -> None:
        statement = (
            f"CREATE TABLE {target}\n"
            f"WITH (format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['{self.partition}'])\n"
            f"AS\n{select}"
        )
        purpose = Purpose(
            f"building {self.table}",
            "fix the SQL in dags/gold/, then clear this table's plan task and all downstream tasks",
        )
        # The token must change with each try. With the same token Athena returns the failed execution again.
        token = hashlib.sha256(f"{run_id}/{target}".encode()).hexdigest()
        where = {"Database": str(self.database), "Catalog": self.catalog}
        query_id = athena_queries.start(self.hook, statement, where, self.workgroup, token, purpose)
        self._running.add(query_id)
        if self._is_stopping:
            # It started while the others were being stopped.
            self.hook.stop_query(query_id)
        try:
            athena_queries.wait_for_success(self.hook, query_id, poll_seconds, purpose)
        finally:
            self._running.discard(query_id)


class AthenaViewOperator(AthenaOperator):
    """Create or replace a view. A mistake in its SQL fails the task at once; any other error may be retried."""

    def __init__(self, *, view: str, **kwargs: Any) -> None:
        super().__init__(deferrable=False, **kwargs)
        self.view = view

    def execute(self, context: Any) -> str:
        """Run the statement. Return the query id."""
        purpose = Purpose(
            f"creating view {self.view}", "fix the SQL in dags/gold/views/, deploy it, then clear this task"
        )
        where = {"Database": str(self.database), "Catalog": self.catalog}
        self.query_execution_id = athena_queries.start(self.hook, self.query, where, self.workgroup, None, purpose)
        poll_seconds = min(self.sleep_time, load_settings().poll_seconds)
        athena_queries.wait_for_success(self.hook, str(self.query_execution_id), poll_seconds, purpose)
        return str(self.query_execution_id)
