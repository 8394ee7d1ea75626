"""The Amazon operators with what the pipeline needs on top: settings at run time, causes, permanent failures."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.sensors.rds import RdsExportTaskExistenceSensor

from botocore.exceptions import ClientError

from biz_insights.errors import PermanentError
from biz_insights.identity import candidate_name
from biz_insights.settings import load_settings

USER_ERROR = 2
"""Athena's category for an error in the statement: the same statement will fail again."""

INPUT_ERROR = "InputError"
"""What the jobs raise when the input cannot be built from (``spark_jobs/errors.py``)."""


class GlueBuildOperator(GlueJobOperator):
    """A Glue job run that names its cause when it fails.

    Every try starts a new job run (``resume_glue_job_on_retry`` stays off), and the run's id names the prefix
    that the job writes to: a retry or a cleared task never meets the files of the try before.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(resume_glue_job_on_retry=False, stop_job_run_on_kill=True, **kwargs)

    def execute(self, context: Any) -> str:
        """Start the run and wait; returns the JobRunId."""
        self.job_poll_interval = self.waiter_delay = load_settings().poll_seconds
        try:
            job_run_id = super().execute(context)
        except AirflowException as error:
            raise self._cause(self._job_run_id, error) from error
        return self._require_success(job_run_id)

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> str:
        """Resume after deferral."""
        return self._require_success(super().execute_complete(context, event))

    def _run(self, job_run_id: str) -> dict[str, Any]:
        return self.hook.conn.get_job_run(JobName=self.job_name, RunId=job_run_id)["JobRun"]

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
        return PermanentError(text) if INPUT_ERROR in message else AirflowException(text)


class AthenaBuildOperator(AthenaOperator):
    """One SELECT of a gold plan as a CTAS into a new table of the build database; returns that table's name.

    The workgroup enforces its location, so the data lands under a prefix named by the query's own id.
    """

    custom_operator_name: ClassVar[str] = "AthenaBuild"

    def __init__(self, *, table: str, partition: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = table
        self.partition = partition

    def _target(self, context: Any) -> str:
        ti = context["ti"]
        return candidate_name(self.table, context["run_id"], ti.try_number, max(ti.map_index, 0))

    def execute(self, context: Any) -> str | None:
        """Run the CTAS; a faulty statement fails at once, anything else may be retried."""
        self.sleep_time = load_settings().poll_seconds
        target = self._target(context)
        self.query = (
            f"CREATE TABLE {target}\n"
            f"WITH (format = 'PARQUET', write_compression = 'SNAPPY', partitioned_by = ARRAY['{self.partition}'])\n"
            f"AS\n{self.query}"
        )
        # The token must change with the try, or Athena replays the failed execution.
        self.client_request_token = hashlib.sha256(f"{context['run_id']}/{target}".encode()).hexdigest()
        try:
            super().execute(context)
        except AirflowException as error:
            raise self._cause(error) from error
        except ClientError as error:
            # Text that does not parse never becomes a query: Athena refuses the call itself.
            if error.response["Error"]["Code"] != "InvalidRequestException":
                raise
            message = error.response["Error"]["Message"]
            raise PermanentError(
                f"building {self.table}: {message}; mend dags/gold and clear this task"
            ) from error
        return target

    def execute_complete(self, context: Any, event: dict[str, Any] | None = None) -> str:
        """Resume after deferral."""
        super().execute_complete(context, event)
        return self._target(context)

    def _cause(self, error: AirflowException) -> AirflowException:
        if not self.query_execution_id:
            return error
        status = self.hook.get_query_info(self.query_execution_id)["QueryExecution"]["Status"]
        detail = status.get("AthenaError", {})
        text = f"building {self.table}: {status.get('StateChangeReason', error)} (query {self.query_execution_id})"
        if detail.get("ErrorCategory") == USER_ERROR and not detail.get("Retryable"):
            return PermanentError(f"{text}; mend the SQL in dags/gold and clear this task")
        return AirflowException(text)


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
