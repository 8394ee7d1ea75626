"""The endpoint as a process: start, restart with all its state, stop, and refusals with a clear message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.server.endpoint import LocalEndpoint
from mwaa.local_aws.server.lock import StateLock, is_served
from mwaa.local_aws.server.provisioning import client_factory
from mwaa.local_runner.environment import PROVISIONING, REPOSITORY

COMMAND = [sys.executable, "-m", "mwaa.local_aws"]
LAKE = "business-insights-lake"


class Served:
    """An endpoint process and clients of it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--state", str(state), "--provisioning", str(PROVISIONING)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ready_file = state / "endpoint.json"
        deadline = time.monotonic() + 60
        while not self._ready():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        content = json.loads(self.ready_file.read_text())
        self.environment: dict[str, str] = content["environment"]
        self.client: Callable[[str], Any] = client_factory(self.environment)

    def _ready(self) -> bool:
        # A killed endpoint leaves its file; the process id says which endpoint wrote it.
        return self.ready_file.exists() and json.loads(self.ready_file.read_text())["pid"] == self.process.pid

    def database(self) -> psycopg.Connection:
        found = self.client("secretsmanager").get_secret_value(SecretId="business-insights/source-database")
        secret = json.loads(found["SecretString"])
        return psycopg.connect(
            host=secret["host"], user=secret["username"], password=secret["password"], dbname=secret["dbname"]
        )

    def terminate(self) -> tuple[int, str]:
        """Send SIGTERM; returns the exit code and the standard error."""
        self.process.send_signal(signal.SIGTERM)
        error = self.process.communicate(timeout=30)[1]
        return self.process.returncode, error


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    # A path that is too long for PostgreSQL's socket.
    folder = tmp_path / ("state-" + "x" * 90)
    yield folder
    if is_served(folder):
        os.kill(int(StateLock(folder).holder()), signal.SIGKILL)


def fill(served: Served) -> None:
    """Create one object in every service that stores state."""
    client = served.client
    storage = {"Columns": [{"Name": "a", "Type": "string"}], "Location": "s3://x/"}
    keys = [{"Name": "day", "Type": "date"}]
    table = {"Name": "saved", "StorageDescriptor": storage, "PartitionKeys": keys}
    client("glue").create_table(DatabaseName="biz_insights", TableInput=table)
    client("glue").create_partition(
        DatabaseName="biz_insights",
        TableName="saved",
        PartitionInput={"Values": ["2023-01-01"], "StorageDescriptor": storage, "Parameters": {"fingerprint": "f"}},
    )
    client("ssm").put_parameter(Name="/saved", Value="v", Type="String")
    client("sns").create_topic(Name="saved")
    client("s3").put_object(Bucket=LAKE, Key="saved.txt", Body=b"saved")
    script = b"import sys, time\nif '--sleep' in sys.argv: time.sleep(60)\nprint('done')"
    client("s3").put_object(Bucket="business-insights-artefacts", Key="spark_jobs/bronze.py", Body=script)
    client("s3").put_object(Bucket="business-insights-artefacts", Key="spark_jobs.zip", Body=b"PK\x05\x06" + b"\0" * 18)
    with served.database() as connection:
        connection.execute("CREATE TABLE saved (id bigint); INSERT INTO saved VALUES (7)")
    client("rds").create_db_snapshot(DBInstanceIdentifier="business-insights-source", DBSnapshotIdentifier="saved")


def wait_until_saved(file: Path, name: bytes) -> None:
    """Wait until the state file of a service contains `name`."""
    deadline = time.monotonic() + 30
    while not (file.exists() and name in file.read_bytes()):
        assert time.monotonic() < deadline, f"{file} was not saved"
        time.sleep(0.05)


def run_state(served: Served, run_id: str) -> dict[str, Any]:
    return served.client("glue").get_job_run(JobName="business-insights-bronze", RunId=run_id)["JobRun"]


def test_all_state_survives_a_restart(state: Path) -> None:
    served = Served(state)
    fill(served)
    glue = served.client("glue")
    done = glue.start_job_run(JobName="business-insights-bronze")["JobRunId"]
    while run_state(served, done)["JobRunState"] in ("STARTING", "RUNNING"):
        time.sleep(0.05)
    cut = glue.start_job_run(JobName="business-insights-bronze", Arguments={"--sleep": "1"})["JobRunId"]
    secret = served.client("secretsmanager").get_secret_value(SecretId="business-insights/source-database")
    key = served.client("kms").describe_key(KeyId="alias/business-insights")["KeyMetadata"]["KeyId"]
    assert served.terminate() == (0, "")
    assert not served.ready_file.exists()

    again = Served(state)
    client = again.client
    partition = client("glue").get_partition(
        DatabaseName="biz_insights", TableName="saved", PartitionValues=["2023-01-01"]
    )["Partition"]
    assert partition["Parameters"] == {"fingerprint": "f"}
    assert client("ssm").get_parameter(Name="/saved")["Parameter"]["Value"] == "v"
    (topic,) = [t["TopicArn"] for t in client("sns").list_topics()["Topics"] if t["TopicArn"].endswith(":saved")]
    assert client("sns").publish(TopicArn=topic, Message="still here")["MessageId"]
    assert client("s3").get_object(Bucket=LAKE, Key="saved.txt")["Body"].read() == b"saved"
    saved_secret = client("secretsmanager").get_secret_value(SecretId="business-insights/source-database")
    password = json.loads(secret["SecretString"])["password"]
    assert json.loads(saved_secret["SecretString"])["password"] == password
    assert client("kms").describe_key(KeyId="alias/business-insights")["KeyMetadata"]["KeyId"] == key
    assert run_state(again, done)["JobRunState"] == "SUCCEEDED"
    assert run_state(again, cut)["JobRunState"] in ("STOPPED", "FAILED")
    snapshots = client("rds").describe_db_snapshots(DBSnapshotIdentifier="saved")["DBSnapshots"]
    assert [found["Status"] for found in snapshots] == ["available"]
    with again.database() as connection:
        assert connection.execute("SELECT id FROM saved").fetchall() == [(7,)]
    stopped = subprocess.run([*COMMAND, "stop", "--state", str(state)], cwd=REPOSITORY, check=False)
    assert stopped.returncode == 0
    assert again.process.wait(30) == 0


def test_a_killed_endpoint_starts_again_with_the_saved_state(state: Path) -> None:
    served = Served(state)
    fill(served)
    wait_until_saved(state / "aws" / "glue.pickle", b"saved")
    served.process.kill()
    served.process.communicate()
    again = Served(state)
    assert again.client("glue").get_table(DatabaseName="biz_insights", Name="saved")["Table"]["Name"] == "saved"
    with again.database() as connection:
        assert connection.execute("SELECT id FROM saved").fetchall() == [(7,)]
    assert again.terminate()[0] == 0


def test_a_second_process_on_the_same_state_is_refused(state: Path) -> None:
    served = Served(state)
    second = subprocess.run(
        [*COMMAND, "serve", "--state", str(state)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"already served by process {served.process.pid}" in second.stderr
    assert len(second.stderr.splitlines()) == 1
    assert served.ready_file.exists()
    assert served.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert served.terminate()[0] == 0


def test_damaged_state_is_refused_with_the_next_step(state: Path) -> None:
    (state / "aws").mkdir(parents=True)
    (state / "aws" / "glue.pickle").write_bytes(b"not a pickle")
    refused = subprocess.run(
        [*COMMAND, "serve", "--state", str(state)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "glue.pickle" in refused.stderr
    assert "restore it from a copy" in refused.stderr
    assert (state / "aws" / "glue.pickle").read_bytes() == b"not a pickle"
    assert len(refused.stderr.splitlines()) == 1


def test_stop_without_an_endpoint_does_nothing(tmp_path: Path) -> None:
    stopped = subprocess.run(
        [*COMMAND, "stop", "--state", str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (stopped.returncode, stopped.stderr) == (0, "")


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in (["mwaa.local_aws", "serve", "--state"], ["mwaa.local_runner", "--state"]):
        words = [sys.executable, "-m", *command, str(tmp_path / "file" / "state")]
        words += ["query", "SELECT 1"] if "mwaa.local_runner" in command else []
        done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(f"error: {tmp_path / 'file' / 'state'}")
        assert "--state" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_process_can_run_one_endpoint(endpoint: LocalEndpoint, tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="already runs an endpoint"):
        LocalEndpoint(tmp_path / "second").start()


def test_the_scan_cache_of_earlier_versions_is_deleted(state: Path) -> None:
    outdated = state / "athena" / "kept_scans.duckdb"
    outdated.parent.mkdir(parents=True)
    outdated.write_bytes(b"DUCK")
    served = Served(state)
    assert not outdated.exists()
    assert served.terminate()[0] == 0
