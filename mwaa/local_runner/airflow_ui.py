"""`make airflow`: the Airflow UI over the local endpoint. Triggering and clearing tasks work."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mwaa.local_aws.process_guard import guard
from mwaa.local_runner import dag_runs, source
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import LocalRunError, State, airflow_environment, require_java
from mwaa.local_runner.metadata_check import check_metadata

START_SECONDS = 120
STOP_SECONDS = 30
RESCHEDULE_SECONDS = "10"
LOOPBACK = "127.0.0.1"

# The parts of `airflow standalone`, started one by one and without their log servers, which would listen on every
# address. On one machine the UI reads the log files directly.
PARTS = (
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)


def airflow(state: State, port: int) -> int:
    """Serve until Ctrl-C or until a part ends, and return the exit code.

    Raises:
        LocalRunError: the port is in use, or a part does not start.
    """
    require_java()
    if _answers(port):
        raise LocalRunError(f"port {port} is in use; choose another: make airflow PORT={port + 1}")
    os.environ.update(airflow_environment(state))
    os.environ.update(
        {
            # The source's last day is in the past, so a scheduled run would fail. Triggers and clears work.
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
            # `make run` has no scheduler that must hear of a free worker first.
            "BIZ_INSIGHTS_RESCHEDULE_SECONDS": RESCHEDULE_SECONDS,
            "AIRFLOW__API__BASE_URL": f"http://{LOOPBACK}:{port}",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{port}/execution/",
        }
    )
    check_metadata(state)
    with endpoint(state) as environment:
        os.environ.update(environment)
        dag_runs.migrate_metadata(state)
        _upload(state)
        print("starting Airflow …", flush=True)
        with _parts(state, port) as processes:
            print(
                f"Airflow  http://{LOOPBACK}:{port}   (Ctrl-C ends it; log: {state.logs / 'airflow.log'})", flush=True
            )
            try:
                return _watch(processes)
            except KeyboardInterrupt:
                return 0


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


@contextmanager
def _parts(state: State, port: int) -> Iterator[dict[str, subprocess.Popen[Any]]]:
    """Start Airflow's processes, the API server first: a task that starts before it answers is lost."""
    processes: dict[str, subprocess.Popen[Any]] = {}
    with (state.logs / "airflow.log").open("ab") as log:

        def start(name: str, *options: str) -> None:
            processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", name, *options], stdout=log, stderr=log, start_new_session=True
            )
            guard.add(processes[name].pid)

        try:
            start("api-server", "--host", LOOPBACK, "--port", str(port), "--workers", "1")
            deadline = time.monotonic() + START_SECONDS
            while not _answers(port):
                if processes["api-server"].poll() is not None or time.monotonic() > deadline:
                    raise LocalRunError(f"Airflow's API server did not start; see {state.logs / 'airflow.log'}")
                time.sleep(0.2)
            for name, *options in PARTS:
                start(name, *options)
            yield processes
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                guard.remove(process.pid)


def _watch(processes: dict[str, subprocess.Popen[Any]]) -> int:
    """Wait until a part ends by itself, which is an error."""
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise LocalRunError(f"Airflow's {name} ended with code {process.returncode}; see airflow.log")
        time.sleep(1)


def _upload(state: State) -> None:
    """Upload what a triggered run needs: the jobs, and the sample when there are no source files yet."""
    import boto3

    from biz_insights.settings import resolve

    settings = resolve(os.environ)
    s3 = boto3.client("s3", region_name=settings.region)
    source.upload_jobs(s3, settings.artefacts_bucket)
    listed = s3.list_objects_v2(Bucket=settings.source_bucket, Prefix=settings.source_prefix, MaxKeys=1)
    if not listed.get("KeyCount"):
        source.upload_source(s3, settings.source_bucket, settings.source_prefix, source.source_folder(state, None))
