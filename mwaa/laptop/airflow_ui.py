"""`make airflow`: the Airflow UI over the laptop endpoint, where triggering and clearing work."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from mwaa.laptop import dag_runs, source
from mwaa.laptop.endpoint_process import endpoint
from mwaa.laptop.environment import LaptopError, State, airflow_environment, require_java


def airflow(state: State, port: int) -> int:
    """Serve until Ctrl-C; returns Airflow's exit code.

    Raises:
        LaptopError: the port is in use.
    """
    require_java()
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise LaptopError(f"port {port} is in use; choose another: make airflow PORT={port + 1}")
    os.environ.update(airflow_environment(state))
    os.environ.update(
        {
            # The source ends in the past: a scheduled run for yesterday could only fail. Triggers and clears work.
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
            # `airflow standalone` starts its parts by name.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        }
    )
    with endpoint(state) as environment:
        os.environ.update(environment)
        dag_runs.migrate_metadata(state)
        _upload(state)
        print(
            f"Airflow  http://127.0.0.1:{port}   (Ctrl-C ends it; log: {state.logs / 'airflow.log'})",
            flush=True,
        )
        state.logs.mkdir(parents=True, exist_ok=True)
        with (state.logs / "airflow.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "airflow", "standalone"], stdout=log, stderr=log)
            try:
                return process.wait()
            except KeyboardInterrupt:
                process.wait(60)
                return 0


def _upload(state: State) -> None:
    """What a trigger needs to be there: the jobs, and source files where none were given yet."""
    import boto3

    from biz_insights.settings import resolve

    settings = resolve(os.environ)
    s3 = boto3.client("s3", region_name=settings.region)
    source.upload_jobs(s3, settings.artefacts_bucket)
    listed = s3.list_objects_v2(Bucket=settings.source_bucket, Prefix=settings.source_prefix, MaxKeys=1)
    if not listed.get("KeyCount"):
        source.upload_source(s3, settings.source_bucket, settings.source_prefix, source.source_folder(state, None))
