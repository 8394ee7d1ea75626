"""Clearing a deferred build, with Airflow's triggerer: its job run is stopped, and the next try starts another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from mwaa.local_runner.environment import REPOSITORY

JOB = "cleared-while-deferred"
SCRIPT = """
import os, sys, time
marker = sys.argv[sys.argv.index("--marker") + 1]
time.sleep(0 if os.path.exists(marker) else 300)
"""


def test_a_cleared_deferred_build_stops_its_run_and_starts_another(aws: Callable[[str], Any], tmp_path: Any) -> None:
    glue = aws("glue")
    aws("s3").put_object(Bucket="business-insights-artefacts", Key=f"test/{JOB}.py", Body=SCRIPT.encode())
    glue.create_job(
        Name=JOB,
        Role="arn:aws:iam::123456789012:role/business-insights-glue",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://business-insights-artefacts/test/{JOB}.py"},
        GlueVersion="6.0",
        DefaultArguments={"--marker": str(tmp_path / "marker")},
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.mwaa.local_runner.clear_deferred", str(tmp_path)],
        cwd=REPOSITORY,
        env={**os.environ, "JOB": JOB},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["outcome"], found["cleared"]) == ("success", 0), found
    runs = sorted(glue.get_job_runs(JobName=JOB)["JobRuns"], key=lambda run: run["StartedOn"])
    assert [run["JobRunState"] for run in runs] == ["STOPPED", "SUCCEEDED"]
