"""The Amazon operators, extended: they read settings at run time, name the cause of a failure, and fail at once when
no retry can help."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.sensors.rds import RdsExportTaskExistenceSensor
from botocore.exceptions import ClientError

from biz_insights.errors import PermanentError
from biz_insights.identity import candidate_name
from biz_insights.settings import load_settings

CONCURRENT_STATEMENTS = 4
"""Statements of one table that run at the same time. An account may run 20."""

USER_ERROR = 2
"""Athena's error category for a mistake in the statement: the same statement would fail again."""

JOB_ERROR = "JobError"
"""The exception that a job raises when no retry can help (`spark_jobs/errors.py`). After any other exception a retry
may succeed."""


class GlueBuildOperator(GlueJobOperator):
    """Run a Glue job; when it fails, raise an error that names the cause.

    Every try starts a new job run: `resume_glue_job_on_retry` stays off. The job writes below a prefix that contains
    the id of the run, so a retry or a cleared task never finds the files of an earlier try.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(resume_glue_job_on_retry=False, stop_job_run_on_kill=True, **kwargs)

    def execute(self, context: Any) -> str:
        """Start the run, wait for it, and return the JobRunId."""
        self.job_poll_interval = self.waiter_delay = load_settings().poll_seconds  # type: ignore[assignment]
        try:
            job_run_id = super().execute(context)
        except AirflowException as error:
            raise self._cause(self._job_run_id, error) from error
        return self._require_success(job_run_id)

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> str:
        """Continue after the deferral, and return the JobRunId."""
        return self._require_success(super().execute_complete(context, event))

    def _run(self, job_run_id: str) -> dict[str, Any]:
        glue: Any = self.hook.conn
        return glue.get_job_run(JobName=self.job_name, RunId=job_run_id)["JobRun"]

    def _require_success(self, job_run_id: str) -> str:
        # The provider accepts STOPPED as finished, but a stopped run has not built everything.
        state = self._run(job_run_id)["JobRunState"]
        if state != "SUCCEEDED":
            raise AirflowException(
                f"Glue job {self.job_name} run {job_run_id} is {state}; clear the task to run it again"
            )
        return job_run_id

    def _cause(self, job_run_id: str | None, error: AirflowException) -> AirflowException:
        if not job_run_id:
            return error
        run = self._run(job_run_id)
        message = run.get("ErrorMessage") or "no message; read the job's log"
        text = f"Glue job {self.job_name} run {job_run_id} {run['JobRunState']}: {message}"
        return PermanentError(text) if JOB_ERROR in message else AirflowException(text)


class AthenaBuildOperator(AthenaOperator):
    """Run each SELECT of a gold plan as a CTAS into a new table of the build database. Return the names of the tables.

    Athena writes at most 100 partitions in one statement, so a first load has many statements: they run in parallel.
    The workgroup enforces its location, so the data is written below prefixes that contain the query ids. A retry
    builds all tables again under new names. Nothing of an earlier try is read.
    """

    template_fields = (*AthenaOperator.template_fields, "plan")

    def __init__(self, *, table: str, partition: str, plan: Any, **kwargs: Any) -> None:
        # The provider's trigger waits for one query, not for many.
        super().__init__(query="", deferrable=False, **kwargs)
        self.table = table
        self.partition = partition
        self.plan = plan
        self._running: set[str] = set()

    def execute(self, context: Any) -> list[str]:  # type: ignore[override]
        """Run the statements. A mistake in the SQL fails the task at once; any other error may be retried."""
        self.sleep_time = load_settings().poll_seconds  # type: ignore[assignment]
        attempt = context["ti"].try_number
        selects = self.plan["selects"]
        targets = [candidate_name(self.table, context["run_id"], attempt, part) for part in range(len(selects))]
        with ThreadPoolExecutor(CONCURRENT_STATEMENTS) as pool:
            list(pool.map(lambda pair: self._build(context, *pair), zip(targets, selects, strict=True)))
        return targets

    def on_kill(self) -> None:
        """Stop the running statements: Athena bills what they scan."""
        for query_id in list(self._running):
            self.hook.stop_query(query_id)

    def _build(self, context: Any, target: str, select: str) -> None:
        statement = (
            f"CREATE TABLE {target}\n"
            f"WITH (format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['{self.partition}'])\n"
            f"AS\n{select}"
        )
        # The token must change with each try. With the same token Athena returns the failed execution again.
        token = hashlib.sha256(f"{context['run_id']}/{target}".encode()).hexdigest()
        query_context = {"Database": str(self.database), "Catalog": self.catalog}
        try:
            query_id = self.hook.run_query(statement, query_context, {}, token, self.workgroup)
        except ClientError as error:
            # Athena does not start a query for text that it cannot parse: it refuses the call.
            if error.response["Error"]["Code"] != "InvalidRequestException":
                raise
            raise self._faulty(error.response["Error"]["Message"]) from error
        self._running.add(query_id)
        state = self.hook.poll_query_status(query_id, self.max_polling_attempts, self.sleep_time)
        self._running.discard(query_id)
        if state != "SUCCEEDED":
            raise self._cause(query_id)

    def _cause(self, query_id: str) -> AirflowException:
        status = self.hook.get_query_info(query_id)["QueryExecution"]["Status"]
        error = status.get("AthenaError", {})
        reason = f"{status.get('StateChangeReason', status['State'])} (query {query_id})"
        if error.get("ErrorCategory") == USER_ERROR and not error.get("Retryable"):
            return self._faulty(reason)
        return AirflowException(f"building {self.table}: {reason}")

    def _faulty(self, reason: str) -> PermanentError:
        return PermanentError(
            f"building {self.table}: {reason}; fix the SQL in dags/gold/, then clear this table's plan task and all "
            "downstream tasks"
        )


class AwaitRdsExport(RdsExportTaskExistenceSensor):
    """Wait until an export is complete. When it ends otherwise, fail with the cause that RDS gives.

    The provider's sensor, by default, also succeeds for an export that is starting or canceled.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            target_statuses=["complete"], error_statuses=["failed", "canceled"], mode="reschedule", **kwargs
        )

    def execute(self, context: Any) -> Any:
        """Check the export every `poll_seconds` (a setting) until it is complete."""
        self.poke_interval = load_settings().poll_seconds
        return super().execute(context)

    def poke(self, context: Any) -> bool:
        """Return whether the export is complete.

        Raises:
            PermanentError: the export failed or was canceled.
        """
        try:
            return super().poke(context)
        except AirflowException as error:
            tasks = self.hook.conn.describe_export_tasks(ExportTaskIdentifier=self.export_task_identifier)
            cause = tasks["ExportTasks"][0].get("FailureCause") or "canceled"
            raise PermanentError(
                f"export {self.export_task_identifier} ended without its files: {cause}; "
                "clear extract.start_export to export again"
            ) from error
