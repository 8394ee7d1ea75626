"""The Amazon operators with what the pipeline needs on top: settings at run time, causes, permanent failures."""

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
"""Statements of one table at once: well under the 20 that an account may have running."""

USER_ERROR = 2
"""Athena's category for an error in the statement: the same statement will fail again."""

JOB_ERROR = "JobError"
"""What a job raises when no retry can help (``spark_jobs/errors.py``); anything else it raises may pass."""


class GlueBuildOperator(GlueJobOperator):
    """A Glue job run that names its cause when it fails.

    Every try starts a new job run (``resume_glue_job_on_retry`` stays off), and the run's id names the prefix
    that the job writes to: a retry or a cleared task never meets the files of the try before.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(resume_glue_job_on_retry=False, stop_job_run_on_kill=True, **kwargs)

    def execute(self, context: Any) -> str:
        """Start the run and wait; returns the JobRunId."""
        self.job_poll_interval = self.waiter_delay = load_settings().poll_seconds  # type: ignore[assignment]
        try:
            job_run_id = super().execute(context)
        except AirflowException as error:
            raise self._cause(self._job_run_id, error) from error
        return self._require_success(job_run_id)

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> str:
        """Resume after deferral."""
        return self._require_success(super().execute_complete(context, event))

    def _run(self, job_run_id: str) -> dict[str, Any]:
        glue: Any = self.hook.conn
        return glue.get_job_run(JobName=self.job_name, RunId=job_run_id)["JobRun"]

    def _require_success(self, job_run_id: str) -> str:
        # The provider counts STOPPED as finished: a run that somebody stopped has built nothing.
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
    """The SELECTs of a gold plan, each as a CTAS into a new table of the build database; returns their names.

    Athena writes at most 100 partitions in one statement, so a first load has many: they run side by side. The
    workgroup enforces its location, so the data lands under prefixes named by the queries' own ids. A retry
    builds all of them again under new names, and nothing of the try before is read.
    """

    template_fields = (*AthenaOperator.template_fields, "plan")

    def __init__(self, *, table: str, partition: str, plan: Any, **kwargs: Any) -> None:
        # Waiting for many queries at once is not what the provider's trigger does.
        super().__init__(query="", deferrable=False, **kwargs)
        self.table = table
        self.partition = partition
        self.plan = plan
        self._running: set[str] = set()

    def execute(self, context: Any) -> list[str]:  # type: ignore[override]
        """Run the statements; a faulty one fails at once, anything else may be retried."""
        self.sleep_time = load_settings().poll_seconds  # type: ignore[assignment]
        attempt = context["ti"].try_number
        selects = self.plan["selects"]
        targets = [candidate_name(self.table, context["run_id"], attempt, part) for part in range(len(selects))]
        with ThreadPoolExecutor(CONCURRENT_STATEMENTS) as pool:
            list(pool.map(lambda pair: self._build(context, *pair), zip(targets, selects, strict=True)))
        return targets

    def on_kill(self) -> None:
        """Stop the statements that run: Athena bills what it scans."""
        for query_id in list(self._running):
            self.hook.stop_query(query_id)

    def _build(self, context: Any, target: str, select: str) -> None:
        statement = (
            f"CREATE TABLE {target}\n"
            f"WITH (format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['{self.partition}'])\n"
            f"AS\n{select}"
        )
        # The token must change with the try, or Athena replays the failed execution.
        token = hashlib.sha256(f"{context['run_id']}/{target}".encode()).hexdigest()
        query_context = {"Database": str(self.database), "Catalog": self.catalog}
        try:
            query_id = self.hook.run_query(statement, query_context, {}, token, self.workgroup)
        except ClientError as error:
            # Text that does not parse never becomes a query: Athena refuses the call itself.
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
            f"building {self.table}: {reason}; mend dags/gold/, then clear this table's plan task and all downstream"
        )


class AwaitRdsExport(RdsExportTaskExistenceSensor):
    """Waits for an export to be complete; every other end fails with RDS's own cause.

    The provider's sensor by default takes an export that is starting or canceled for done.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            target_statuses=["complete"], error_statuses=["failed", "canceled"], mode="reschedule", **kwargs
        )

    def execute(self, context: Any) -> Any:
        """Poll at the pace of the setting ``poll_seconds``."""
        self.poke_interval = load_settings().poll_seconds
        return super().execute(context)

    def poke(self, context: Any) -> bool:
        """True once the export is complete."""
        try:
            return super().poke(context)
        except AirflowException as error:
            tasks = self.hook.conn.describe_export_tasks(ExportTaskIdentifier=self.export_task_identifier)
            cause = tasks["ExportTasks"][0].get("FailureCause") or "canceled"
            raise PermanentError(
                f"export {self.export_task_identifier} ended without its files: {cause}; "
                "clear extract.start_export to export again"
            ) from error
