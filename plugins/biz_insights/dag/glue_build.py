"""The operator that builds with a Glue job: it waits as long as the job may run, and leaves no run behind."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR
from botocore.exceptions import ClientError

from biz_insights.dag import glue_runs
from biz_insights.dag.glue_trigger import GlueRunTrigger
from biz_insights.settings import load_settings

PLACE_SECONDS = 1800.0
"""How long a try waits for a place when other runs of the job use all of its MaxConcurrentRuns."""

TRIGGER_SLACK = timedelta(minutes=10)
"""The trigger ends the wait itself. Airflow ends it this much later, if no triggerer has."""


class GlueBuildOperator(GlueJobOperator):
    """Run a Glue job, deferred or not; when it fails, raise an error that names the cause.

    Every try starts a new job run: `resume_glue_job_on_retry` stays off. The job writes below a prefix that contains
    the id of the run, so a retry or a cleared task never finds the files of an earlier try. Before a try starts its
    run, it stops the runs that earlier tries left.

    The wait ends when Glue must have ended the run: after the job's Timeout and the time to start. So the task itself
    has no `execution_timeout`.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs["execution_timeout"] = None
        super().__init__(resume_glue_job_on_retry=False, stop_job_run_on_kill=True, wait_for_completion=False, **kwargs)

    def execute(self, context: Any) -> str:
        """Start the run, wait for it, and return the JobRunId."""
        poll_seconds = load_settings().poll_seconds
        run_id = self._start(context, poll_seconds)
        try:
            until = self._until(glue_runs.read_run(self._glue, self.job_name, run_id))
            if not self.deferrable:
                glue_runs.wait_for_end(self._glue, self.job_name, run_id, until, poll_seconds)
        except Exception:
            # Nobody waits for this run any more.
            self.on_kill()
            raise
        if self.deferrable:
            self._defer(run_id, until, poll_seconds, context["ti"].try_number)
        return self._result(run_id, poll_seconds)

    def execute_complete(
        self, context: Any, event: dict[str, Any] | None = None, started: str | None = None, attempt: int | None = None
    ) -> str:
        """Continue after the deferral, and return the JobRunId.

        The trigger of a cleared try may still send its event, and Airflow may give it to the try that followed. A try
        that has not deferred yet then begins, and one that has waits on for the run that it started.
        """
        if not event or "run_id" not in event:
            raise AirflowException(f"Glue job {self.job_name}: the trigger sent no run id ({event}); clear the task")
        if attempt is not None and attempt != context["ti"].try_number:
            return self.execute(context)
        poll_seconds = load_settings().poll_seconds
        if started is not None and started != event["run_id"]:
            until = self._until(glue_runs.read_run(self._glue, self.job_name, started))
            self._defer(started, until, poll_seconds, context["ti"].try_number)
        return self._result(event["run_id"], poll_seconds)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Any) -> Any:
        """Continue after the deferral, also when the trigger failed or nothing ran it in time.

        Airflow would only say "Trigger failure" then. The run itself says more, and may have succeeded.
        """
        if next_method != TRIGGER_FAIL_REPR:
            return super().resume_execution(next_method, next_kwargs, context)
        error = next_kwargs or {}
        self.log.error("trigger: %s\n%s", error.get("error"), "\n".join(error.get("traceback") or ()))
        runs = glue_runs.runs_of(self._glue, self.job_name, glue_runs.run_key(context["ti"]))
        if not runs:
            return super().resume_execution(next_method, next_kwargs, context)
        return self._result(runs[-1]["Id"], load_settings().poll_seconds)

    def on_kill(self) -> None:
        """Stop the run, if one was started."""
        if self._job_run_id:
            super().on_kill()

    @property
    def _glue(self) -> Any:
        return self.hook.conn

    def _start(self, context: Any, poll_seconds: float) -> str:
        """Start a run when the runs of earlier tries have stopped and the job has a place for it."""
        key = glue_runs.run_key(context["ti"])
        self.script_args = {**self.script_args, glue_runs.RUN_KEY: key}
        # In a worker that runs one task after another, an earlier try may have used this object.
        self._job_run_id = None
        until = time.monotonic() + PLACE_SECONDS
        while True:
            glue_runs.stop_leftovers(self._glue, self.job_name, key, poll_seconds)
            try:
                return self._start_run(context)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConcurrentRunsExceededException":
                    raise
                if time.monotonic() > until:
                    raise AirflowException(
                        f"Glue job {self.job_name} has had no place for another run for {PLACE_SECONDS:.0f} s "
                        f"({error.response['Error'].get('Message')}); stop the run that should not be there, "
                        "or raise the job's MaxConcurrentRuns, then clear the task"
                    ) from error
            self.log.info("Glue job %s has no place for another run: trying again", self.job_name)
            time.sleep(poll_seconds)

    def _start_run(self, context: Any) -> str:
        # The provider would defer with its own trigger, which gives up while the run goes on.
        deferrable, self.deferrable = self.deferrable, False
        try:
            return super().execute(context)
        finally:
            self.deferrable = deferrable

    def _defer(self, run_id: str, until: datetime, poll_seconds: float, attempt: int) -> None:
        self.defer(
            trigger=GlueRunTrigger(
                job_name=self.job_name,
                run_id=run_id,
                until=until.timestamp(),
                poll_seconds=poll_seconds,
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
            ),
            method_name="execute_complete",
            kwargs={"started": run_id, "attempt": attempt},
            timeout=until + TRIGGER_SLACK - datetime.now(UTC),
        )

    def _until(self, run: dict[str, Any] | None) -> datetime:
        started = {"JobName": self.job_name, "StartedOn": datetime.now(UTC)}
        return glue_runs.give_up_at(self._glue, run or started)

    def _result(self, run_id: str, poll_seconds: float) -> str:
        """Return the id of a run that succeeded. Stop a run that still goes on.

        Raises:
            PermanentError: the same run would fail again.
            AirflowException: a retry may succeed.
        """
        self._job_run_id = run_id
        run: dict[str, Any] = self._glue.get_job_run(JobName=self.job_name, RunId=run_id)["JobRun"]
        if run["JobRunState"] == "SUCCEEDED":
            return run_id
        if run["JobRunState"] in glue_runs.ENDED:
            raise glue_runs.failure(run)
        glue_runs.stop_runs(self._glue, self.job_name, [run_id], poll_seconds)
        raise AirflowException(
            f"Glue job {self.job_name} run {run_id} was {run['JobRunState']} when the wait for it ended, "
            "and has been stopped; the next try starts a new run, or clear the task"
        )
