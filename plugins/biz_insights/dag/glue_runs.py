"""Runs of a Glue job: how long to wait for one, how to stop the runs that earlier tries left, why one failed.

Each run carries an argument that names its task in its DAG run. A try that was killed, cleared or lost its worker
leaves a run; the next try finds it by this argument. The job itself ignores the argument.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.exceptions import AirflowException

from biz_insights.aws.transient_errors import is_transient
from biz_insights.errors import PermanentError

log = logging.getLogger(__name__)

RUN_KEY = "--run_key"
ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"})
JOB_ERROR = "JobError"
"""The exception that a job raises when no retry can help (`spark_jobs/errors.py`). After any other exception a retry
may succeed."""

START_SLACK = timedelta(minutes=60)
"""How long a run may take to start. Glue counts a job's Timeout only after that."""

LONGEST_DEFAULT_TIMEOUT = 2880
"""Minutes that Glue allows a run whose job has no Timeout. New jobs get 480, older ones this."""

STOP_SECONDS = 600.0
"""How long a run may take to stop."""

STOPS_A_CALL = 25
"""Runs that BatchStopJobRun takes."""


def run_key(ti: Any) -> str:
    """Return what all tries of one task in one DAG run have in common, and nothing else has."""
    key = f"{ti.dag_id}/{ti.task_id}/{ti.run_id}"
    index = getattr(ti, "map_index", -1)
    return f"{key}/{index}" if isinstance(index, int) and index >= 0 else key


def runs_of(glue: Any, job_name: str, key: str) -> list[dict[str, Any]]:
    """Return the job runs with this key, oldest first."""
    pages = glue.get_paginator("get_job_runs").paginate(JobName=job_name)
    runs = [run for page in pages for run in page["JobRuns"] if run.get("Arguments", {}).get(RUN_KEY) == key]
    return sorted(runs, key=lambda run: run["StartedOn"])


def read_run(glue: Any, job_name: str, run_id: str) -> dict[str, Any] | None:
    """Return the run as it is now; None after an error that passes by itself."""
    try:
        return glue.get_job_run(JobName=job_name, RunId=run_id)["JobRun"]
    except Exception as error:
        if not is_transient(error):
            raise
        log.warning("Glue job %s run %s: asking again after %s", job_name, run_id, error)
        return None


def timeout_minutes(glue: Any, run: dict[str, Any]) -> int:
    """Return the minutes after which Glue ends the run: its own Timeout, or that of its job."""
    own = run.get("Timeout")
    return own or glue.get_job(JobName=run["JobName"])["Job"].get("Timeout") or LONGEST_DEFAULT_TIMEOUT


def give_up_at(glue: Any, run: dict[str, Any]) -> datetime:
    """Return when nobody needs to wait for the run any more, because Glue itself has ended it before."""
    return run["StartedOn"].astimezone(UTC) + timedelta(minutes=timeout_minutes(glue, run)) + START_SLACK


def wait_for_end(glue: Any, job_name: str, run_id: str, until: datetime, poll_seconds: float) -> bool:
    """Wait until the run has ended. Return False when it has not ended at `until`."""
    while True:
        run = read_run(glue, job_name, run_id)
        if run and run["JobRunState"] in ENDED:
            return True
        if datetime.now(UTC) >= until:
            return False
        time.sleep(poll_seconds)


def stop_runs(glue: Any, job_name: str, run_ids: list[str], poll_seconds: float) -> None:
    """Stop runs and wait until they have stopped, so that they write nothing more and free their place.

    Raises:
        AirflowException: a run has not stopped after `STOP_SECONDS`.
    """
    for first in range(0, len(run_ids), STOPS_A_CALL):
        # A run that ended meanwhile is among the answer's errors. The wait below finds that it has ended.
        glue.batch_stop_job_run(JobName=job_name, JobRunIds=run_ids[first : first + STOPS_A_CALL])
    until = datetime.now(UTC) + timedelta(seconds=STOP_SECONDS)
    for run_id in run_ids:
        if not wait_for_end(glue, job_name, run_id, until, poll_seconds):
            raise AirflowException(
                f"Glue job {job_name} run {run_id} has not stopped after {STOP_SECONDS:.0f} s; "
                "wait until Glue shows it as STOPPED, then clear the task"
            )


def stop_leftovers(glue: Any, job_name: str, key: str, poll_seconds: float) -> list[str]:
    """Stop the unfinished runs of earlier tries and wait for their end. Return their ids."""
    left = [run["Id"] for run in runs_of(glue, job_name, key) if run["JobRunState"] not in ENDED]
    if left:
        log.warning("Glue job %s: stopping what an earlier try left: %s", job_name, ", ".join(left))
        stop_runs(glue, job_name, left, poll_seconds)
    return left


def failure(run: dict[str, Any]) -> AirflowException:
    """Return the error for a run that ended without success: permanent when the same run would fail again."""
    about = f"Glue job {run['JobName']} run {run['Id']}"
    message = run.get("ErrorMessage") or "no message; read the job's log"
    if run["JobRunState"] == "TIMEOUT":
        return PermanentError(
            f"{about} reached the job's timeout of {run.get('Timeout')} minutes; read its log, "
            "raise the job's Timeout or make it faster, then clear the task"
        )
    if run["JobRunState"] == "STOPPED":
        return AirflowException(f"{about} is STOPPED; clear the task to run it again")
    text = f"{about} {run['JobRunState']}: {message}"
    return PermanentError(text) if JOB_ERROR in message else AirflowException(text)
