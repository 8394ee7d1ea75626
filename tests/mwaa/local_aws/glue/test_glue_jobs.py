"""Glue job runs through boto3 and the Amazon provider: arguments, states, limits, messages, logs."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ClientError

from mwaa.local_aws.server.endpoint import LocalEndpoint

ARTEFACTS = "business-insights-artefacts"
LAKE = "business-insights-lake"
ROLE = "arn:aws:iam::123456789012:role/business-insights-glue"

SPARK_SCRIPT = """
import sys
from pyspark.sql import SparkSession
from jobtools.shout import shout
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
spark = SparkSession.builder.getOrCreate()
rows = spark.read.option("header", True).csv(arguments["--source_uri"])
target = arguments["--target_uri"] + "run=" + arguments["--JOB_RUN_ID"] + "/"
rows.write.partitionBy("day").mode("overwrite").parquet(target)
rows.limit(0).write.partitionBy("day").mode("overwrite").parquet(target + "empty/")
print(shout(spark.read.parquet(target + "day=2023-01-01").count()), spark.conf.get("spark.master"))
"""


@pytest.fixture
def glue(aws: Callable[[str], Any]) -> Any:
    return aws("glue")


@pytest.fixture
def make_job(aws: Callable[[str], Any]) -> Callable[..., str]:
    """Return a function that uploads a script and creates its job: `make_job(name, script, **job fields)`."""

    def make(name: str, script: str, **fields: Any) -> str:
        aws("s3").put_object(Bucket=ARTEFACTS, Key=f"test/{name}.py", Body=script.encode())
        definition = {
            "Role": ROLE,
            "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{ARTEFACTS}/test/{name}.py"},
            "GlueVersion": "6.0",
            **fields,
        }
        aws("glue").create_job(Name=name, **{key: value for key, value in definition.items() if value is not None})
        return name

    return make


def wait_for(glue: Any, job: str, run_id: str, seconds: float = 120.0) -> dict[str, Any]:
    """Wait for the end of a run and return the run."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
        if run["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING"):
            return run
        time.sleep(0.1)
    raise AssertionError(f"run {run_id} is still {run['JobRunState']} after {seconds} s")


def wait_until_running(glue: Any, job: str, run_id: str) -> None:
    while glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]["JobRunState"] == "STARTING":
        time.sleep(0.05)


def run(glue: Any, job: str, **start: Any) -> dict[str, Any]:
    return wait_for(glue, job, glue.start_job_run(JobName=job, **start)["JobRunId"])


def test_operator_runs_a_spark_script_on_s3_paths(
    endpoint: LocalEndpoint, aws: Callable[[str], Any], make_job: Callable[..., str]
) -> None:
    from airflow.providers.amazon.aws.operators.glue import GlueJobOperator

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("jobtools/__init__.py", "")
        archive.writestr("jobtools/shout.py", "def shout(value):\n    return f'COUNTED {value}'\n")
    aws("s3").put_object(Bucket=ARTEFACTS, Key="test/jobtools.zip", Body=packed.getvalue())
    aws("s3").put_object(Bucket=LAKE, Key="in/rows.csv", Body=b"id,day\n1,2023-01-01\n2,2023-01-01\n3,2023-01-02\n")
    job = make_job(
        "spark-copy", SPARK_SCRIPT, DefaultArguments={"--extra-py-files": f"s3://{ARTEFACTS}/test/jobtools.zip"}
    )
    operator = GlueJobOperator(
        task_id="copy",
        job_name=job,
        script_args={"--source_uri": f"s3://{LAKE}/in/", "--target_uri": f"s3://{LAKE}/out/"},
        aws_conn_id=None,
        region_name="us-east-1",
        job_poll_interval=1,
        verbose=True,
    )
    run_id = operator.execute({"ti": MagicMock(), "task_instance": MagicMock()})

    assert run_id.startswith("jr_")
    listed = aws("s3").list_objects_v2(Bucket=LAKE, Prefix=f"out/run={run_id}/")["Contents"]
    days = {key.split("/")[2] for key in (entry["Key"] for entry in listed) if key.endswith(".parquet")}
    assert days == {"day=2023-01-01", "day=2023-01-02"}
    assert not [entry for entry in listed if entry["Key"].endswith(".crc")]
    events = aws("logs").filter_log_events(logGroupName="/aws-glue/jobs/output", logStreamNames=[run_id])["events"]
    assert "COUNTED 2 local[2]" in [event["message"] for event in events]
    assert "COUNTED 2 local[2]" in (endpoint.layout.glue / f"{run_id}.log").read_text()
    shown = aws("glue").get_job_run(JobName=job, RunId=run_id)["JobRun"]
    assert shown["JobRunState"] == "SUCCEEDED"
    assert shown["CompletedOn"] > shown["StartedOn"]


def test_arguments_arrive_as_glue_passes_them(endpoint: LocalEndpoint, glue: Any, make_job: Callable[..., str]) -> None:
    job = make_job(
        "show-arguments",
        "import json, sys\nprint(json.dumps(sys.argv[1:]))",
        DefaultArguments={"--batch": "from-job", "--keep": "1"},
        NonOverridableArguments={"--fixed": "yes"},
    )
    ended = run(glue, job, Arguments={"--batch": "from run", "--fixed": "no"})
    output = (endpoint.layout.glue / f"{ended['Id']}.log").read_text().splitlines()[-1]
    passed = json.loads(output)
    pairs = dict(zip(passed[::2], passed[1::2], strict=True))
    assert passed[:2] == ["--JOB_NAME", job]
    assert pairs["--JOB_RUN_ID"] == ended["Id"]
    assert (pairs["--batch"], pairs["--keep"], pairs["--fixed"]) == ("from run", "1", "yes")


def test_a_failing_script_ends_failed_with_its_last_exception(glue: Any, make_job: Callable[..., str]) -> None:
    job = make_job("fails", "def load():\n    raise ValueError('no column order_id in s3://x')\nload()")
    ended = run(glue, job)
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"] == "ValueError: no column order_id in s3://x"


def test_a_module_that_is_not_installed_fails_the_run(glue: Any, make_job: Callable[..., str]) -> None:
    job = make_job("modules", "print(1)", DefaultArguments={"--additional-python-modules": "no-such-module==1.0"})
    ended = run(glue, job)
    assert ended["JobRunState"] == "FAILED"
    assert "no version of no-such-module is installed" in ended["ErrorMessage"]


def test_an_exit_code_without_exception_is_reported(glue: Any, make_job: Callable[..., str]) -> None:
    ended = run(glue, make_job("exits", "import os\nos._exit(7)"))
    assert (ended["JobRunState"], ended["ErrorMessage"]) == ("FAILED", "Command failed with exit code 7")


def test_a_missing_script_fails_the_run_and_is_named(glue: Any) -> None:
    location = f"s3://{ARTEFACTS}/test/nowhere.py"
    glue.create_job(
        Name="no-script", Role=ROLE, GlueVersion="6.0", Command={"Name": "glueetl", "ScriptLocation": location}
    )
    ended = run(glue, "no-script")
    assert ended["JobRunState"] == "FAILED"
    assert location in ended["ErrorMessage"]


def test_without_java_a_run_fails_and_says_what_to_install(
    glue: Any, make_job: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job("needs-java", "print('never')")
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    ended = run(glue, job)
    assert ended["JobRunState"] == "FAILED"
    assert "Java 17" in ended["ErrorMessage"]
    assert "install" in ended["ErrorMessage"]


def test_the_timeout_ends_the_run(glue: Any, make_job: Callable[..., str]) -> None:
    # In the session's endpoint a minute of a Glue timeout has three seconds.
    job = make_job("too-slow", "import time\ntime.sleep(60)", Timeout=100)
    began = time.monotonic()
    ended = run(glue, job, Timeout=1)
    assert ended["JobRunState"] == "TIMEOUT"
    assert time.monotonic() - began < 30
    assert ended["Timeout"] == 1


def test_stop_ends_the_run_and_its_children(endpoint: LocalEndpoint, glue: Any, make_job: Callable[..., str]) -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(sys.argv[sys.argv.index('--pid_file') + 1], 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    job = make_job("stoppable", script)
    pid_file = endpoint.layout.root / "child.pid"
    run_id = glue.start_job_run(JobName=job, Arguments={"--pid_file": str(pid_file)})["JobRunId"]
    deadline = time.monotonic() + 30
    while not (pid_file.exists() and pid_file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    answer = glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id, "jr_unknown"])
    assert [entry["JobRunId"] for entry in answer["SuccessfulSubmissions"]] == [run_id]
    assert [entry["ErrorDetail"]["ErrorCode"] for entry in answer["Errors"]] == ["EntityNotFoundException"]
    assert wait_for(glue, job, run_id)["JobRunState"] == "STOPPED"
    assert not _alive(int(pid_file.read_text()))


def test_one_call_stops_at_most_25_runs(glue: Any, make_job: Callable[..., str]) -> None:
    job = make_job("many", "print(1)")
    with pytest.raises(ClientError, match="BatchStopJobRun takes at most 25 entries, got 26"):
        glue.batch_stop_job_run(JobName=job, JobRunIds=[f"jr_{number}" for number in range(26)])


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_concurrent_runs_are_limited(glue: Any, make_job: Callable[..., str]) -> None:
    job = make_job("one-at-a-time", "import time\ntime.sleep(60)", ExecutionProperty={"MaxConcurrentRuns": 1})
    first = glue.start_job_run(JobName=job)["JobRunId"]
    with pytest.raises(ClientError) as refused:
        glue.start_job_run(JobName=job)
    assert refused.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"
    wait_until_running(glue, job, first)
    glue.batch_stop_job_run(JobName=job, JobRunIds=[first])
    assert wait_for(glue, job, first)["JobRunState"] == "STOPPED"
    second = glue.start_job_run(JobName=job)["JobRunId"]
    assert second != first
    glue.batch_stop_job_run(JobName=job, JobRunIds=[second])
    wait_for(glue, job, second)


def test_a_job_without_a_glue_version_is_refused(glue: Any, make_job: Callable[..., str]) -> None:
    job = make_job("unpinned", "print(1)", GlueVersion=None)
    with pytest.raises(ClientError, match="GlueVersion"):
        glue.start_job_run(JobName=job)


def test_update_job_replaces_the_definition(glue: Any, make_job: Callable[..., str]) -> None:
    job = make_job("updatable", "print(1)", DefaultArguments={"--a": "1"}, Timeout=5)
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{ARTEFACTS}/test/updatable.py"}
    glue.update_job(JobName=job, JobUpdate={"Role": ROLE, "Command": command, "GlueVersion": "5.1", "Timeout": 9})
    updated = glue.get_job(JobName=job)["Job"]
    assert (updated["GlueVersion"], updated["Timeout"], updated.get("DefaultArguments", {})) == ("5.1", 9, {})
