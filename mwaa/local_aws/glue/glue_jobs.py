"""Glue job runs: their states and limits. `spark_process` runs the script itself."""

from __future__ import annotations

import logging
import secrets
import threading
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.glue.exceptions import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    InvalidInputException,
    JobRunNotFoundException,
)

from mwaa.local_aws.glue.spark_process import Outcome, RunRequest, SparkProcess, SparkSettings, python_path
from mwaa.local_aws.services import state

logger = logging.getLogger(__name__)

LOG_GROUP = "/aws-glue/jobs"
DEFAULT_TIMEOUT_MINUTES = 480
_ACTIVE_STATES = ("STARTING", "RUNNING", "STOPPING")


class LocalJobRun:
    """One run: what GetJobRun answers from. It is plain data, so that it survives a restart."""

    def __init__(self, run_id: str, job: Any, arguments: dict[str, str], overrides: dict[str, Any]) -> None:
        self.job_run_id = run_id
        self.job_name: str = job.name
        self.arguments = arguments
        self.status = "STARTING"
        self.error_message: str | None = None
        self.started_on: datetime = utcnow()
        self.modified_on: datetime = self.started_on
        self.completed_on: datetime | None = None
        self.timeout: int = overrides.get("timeout") or job.timeout or DEFAULT_TIMEOUT_MINUTES
        self.worker_type = overrides.get("worker_type") or job.worker_type
        self.number_of_workers = overrides.get("number_of_workers") or job.number_of_workers
        self.max_capacity = overrides.get("max_capacity") or job.max_capacity
        self.glue_version = job.glue_version

    def advance(self) -> None:
        """Do nothing: moto calls this on every read to go through invented states; these states are real."""

    def move_to(self, status: str, error_message: str | None = None) -> None:
        """Change the state. A finished run does not change any more."""
        if self.completed_on is not None:
            return
        self.status = status
        self.modified_on = utcnow()
        if status not in _ACTIVE_STATES:
            self.completed_on = self.modified_on
            self.error_message = error_message
        state.touch("glue")

    def as_dict(self) -> dict[str, Any]:
        """Return the `JobRun` of GetJobRun; ExecutionTime is in whole seconds."""
        shown = {
            "Id": self.job_run_id,
            "Attempt": 0,
            "JobName": self.job_name,
            "JobMode": "SCRIPT",
            "StartedOn": self.started_on,
            "LastModifiedOn": self.modified_on,
            "CompletedOn": self.completed_on,
            "JobRunState": self.status,
            "Arguments": self.arguments,
            "ErrorMessage": self.error_message,
            "PredecessorRuns": [],
            "ExecutionTime": int(((self.completed_on or utcnow()) - self.started_on).total_seconds()),
            "Timeout": self.timeout,
            "LogGroupName": LOG_GROUP,
            "GlueVersion": self.glue_version,
            "WorkerType": self.worker_type,
            "NumberOfWorkers": self.number_of_workers,
            "MaxCapacity": self.max_capacity,
        }
        return {key: value for key, value in shown.items() if value is not None}


class GlueJobs:
    """The job runs of the Glue backend: a mix-in before moto's class."""

    jobs: dict[str, Any]

    def start_job_run(self, name: str, arguments: dict[str, str] | None, *args: Any) -> str:
        """Start a run and return its id at once.

        Raises:
            ConcurrentRunsExceededException: the job's MaxConcurrentRuns (1 unless set) are active.
            InvalidInputException: the job has no GlueVersion.
        """
        job = self.get_job(name)  # type: ignore[attr-defined]
        active = [run.job_run_id for run in job.job_runs if run.status in _ACTIVE_STATES]
        allowed = job.execution_property.get("MaxConcurrentRuns", 1)
        if len(active) >= allowed:
            raise ConcurrentRunsExceededException(
                f"Concurrent runs exceeded for {name}: {allowed} allowed, active: {', '.join(active)}"
            )
        if not job.glue_version:
            raise InvalidInputException(
                "StartJobRun",
                f"Job {name} has no GlueVersion: set it (such as 6.0); without it the version changes on AWS",
            )
        names = (
            "allocated_capacity",
            "max_capacity",
            "timeout",
            "worker_type",
            "security_configuration",
            "number_of_workers",
            "notification_property",
            "previous_run_id",
        )
        run_arguments = {**job.default_arguments, **(arguments or {}), **(job.non_overridable_arguments or {})}
        run_id = f"jr_{secrets.token_hex(32)}"
        run = LocalJobRun(run_id, job, run_arguments, dict(zip(names, args, strict=False)))
        job.job_runs.append(run)
        runner().start(run, (job.command or {}).get("ScriptLocation", ""))
        state.touch("glue")
        return run_id

    def stop_job_run(self, name: str, run_id: str) -> None:
        """Ask an active run to stop.

        Raises:
            EntityNotFoundException: the run is unknown or has ended.
        """
        run = self.get_job(name).get_job_run(run_id)  # type: ignore[attr-defined]
        if run.status not in _ACTIVE_STATES:
            raise EntityNotFoundException(f"Job run {run_id} is {run.status} and cannot be stopped.")
        run.move_to("STOPPING")
        runner().stop(run_id)

    def get_job_run(self, name: str, run_id: str) -> LocalJobRun:
        job = self.get_job(name)  # type: ignore[attr-defined]
        for run in job.job_runs:
            if run.job_run_id == run_id:
                return run
        raise JobRunNotFoundException(run_id)

    def fail_interrupted_runs(self) -> None:
        """Mark the runs that were active when the endpoint stopped as FAILED: their processes are gone."""
        for job in self.jobs.values():
            for run in job.job_runs:
                run.move_to("FAILED", "The endpoint was stopped while this run was active: start it again")


class JobRunner:
    """Runs job runs, each in a process of its own, with a thread that waits for it."""

    def __init__(self, settings: SparkSettings, seconds_per_timeout_minute: float = 60.0) -> None:
        """Use `settings` for all runs. Tests shorten `seconds_per_timeout_minute`: Glue counts timeouts in minutes."""
        self._settings = settings
        self._seconds_per_minute = seconds_per_timeout_minute
        self._processes: dict[str, SparkProcess] = {}
        self._threads: list[threading.Thread] = []

    def start(self, run: LocalJobRun, script_uri: str) -> None:
        """Start the script at `script_uri` for `run`; returns at once."""
        request = RunRequest(run.job_name, run.job_run_id, script_uri, run.arguments)
        process = SparkProcess(request, self._settings)
        self._processes[run.job_run_id] = process
        thread = threading.Thread(target=self._watch, args=(run, process), name=f"glue-{run.job_run_id}", daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    def prepare_warm_spark(self, job: Any) -> None:
        """Start a warm Spark that fits the default arguments of `job`; returns at once."""
        if self._settings.warm:
            libraries = job.default_arguments.get("--extra-py-files", "")
            self._settings.warm.prepare(python_path(self._settings.layout, libraries))

    def stop(self, run_id: str) -> None:
        """End a run's process; its thread then records STOPPED."""
        process = self._processes.get(run_id)
        if process is not None:
            process.stop()

    def close(self) -> None:
        """End all active runs and wait for their threads."""
        for process in list(self._processes.values()):
            process.stop()
        for thread in self._threads:
            thread.join(timeout=15)
        if self._settings.warm:
            self._settings.warm.close()

    def _watch(self, run: LocalJobRun, process: SparkProcess) -> None:
        try:
            process.start()
            if not process.stop_requested:
                run.move_to("RUNNING")
            outcome = process.wait(run.timeout * self._seconds_per_minute)
        except Exception as error:
            logger.exception("Glue run %s could not be started", run.job_run_id)
            outcome = Outcome("FAILED", f"{type(error).__name__}: {error}")
        finally:
            self._processes.pop(run.job_run_id, None)
        process.publish_logs(LOG_GROUP)
        message = outcome.message
        if outcome.status == "TIMEOUT":
            message = f"Job run exceeded its timeout of {run.timeout} minute(s): raise Timeout or make the job faster"
        run.move_to(outcome.status, message)


_runner: JobRunner | None = None


def runner() -> JobRunner:
    """Return the endpoint's runner.

    Raises:
        RuntimeError: no endpoint runs in this process.
    """
    if _runner is None:
        raise RuntimeError("Glue jobs run only in a started endpoint: start one with python -m mwaa.local_aws serve")
    return _runner


def install_runner(new_runner: JobRunner | None) -> None:
    """Use `new_runner` for StartJobRun from now on; None removes the runner."""
    global _runner
    _runner = new_runner
