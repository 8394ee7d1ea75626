"""The warm Spark: runs use it one after the other, and nothing of one run is left for the next."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mwaa.local_aws.glue import spark_settings
from mwaa.local_aws.glue.spark_process import Outcome, RunRequest, SparkProcess, SparkSettings
from mwaa.local_aws.glue.warm_spark import Lease, Requirements, WarmProcess, WarmSpark, _await_ready
from mwaa.local_aws.layout import StateLayout

SCRIPT = """
import json, sys, time
from pyspark.sql import SparkSession
arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
spark = SparkSession.builder.appName(arguments["--JOB_NAME"]).config("spark.sql.shuffle.partitions", "7").getOrCreate()
jvm = spark.sparkContext._jvm
print(json.dumps({
    "java": jvm.java.lang.ProcessHandle.current().pid(),
    "app": spark.sparkContext.appName,
    "views": [table.name for table in spark.catalog.listTables()],
    "rows": spark.read.text(arguments.get("--source", "s3://lake/in/")).count(),
    "partitions": spark.conf.get("spark.sql.shuffle.partitions"),
}), flush=True)
spark.range(3).createOrReplaceTempView("of_this_run")
if "--hang" in sys.argv:
    time.sleep(600)
if "--fail" in sys.argv:
    raise ValueError("no such day")
"""

Run = Callable[..., tuple[Outcome, dict[str, Any]]]


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> StateLayout:
    layout = StateLayout.at(tmp_path_factory.mktemp("warm"))
    (layout.s3 / "lake/in").mkdir(parents=True)
    (layout.s3 / "lake/in/rows.txt").write_text("a\nb\n")
    (layout.s3 / "lake/job.py").write_text(SCRIPT)
    return layout


@pytest.fixture(scope="module")
def warm(layout: StateLayout) -> Iterator[WarmSpark]:
    warm = WarmSpark(layout, {}, "512m")
    warm.prepare("")
    yield warm
    warm.close()


@pytest.fixture
def run(layout: StateLayout, warm: WarmSpark) -> Run:
    def run(name: str, timeout: float = 120.0, **arguments: str) -> tuple[Outcome, dict[str, Any]]:
        given = {f"--{key}": value for key, value in arguments.items()}
        process = SparkProcess(
            RunRequest(name, f"jr_{name}", "s3://lake/job.py", given), SparkSettings(layout, {}, "512m", warm)
        )
        process.start()
        outcome = process.wait(timeout)
        output = Path(layout.glue / f"jr_{name}.out").read_text()
        return outcome, json.loads(output) if output else {}

    return run


def test_runs_share_one_java_and_nothing_else(run: Run) -> None:
    first, failed, last = run("first"), run("failing", fail=""), run("last")
    assert first[0] == last[0] == Outcome("SUCCEEDED")
    assert failed[0] == Outcome("FAILED", "ValueError: no such day")
    java = first[1]["java"]
    assert failed[1]["java"] == java
    assert last[1] == {"java": java, "app": "last", "views": [], "rows": 2, "partitions": "7"}


def test_a_run_with_its_own_settings_starts_its_own_java(run: Run, warm: WarmSpark) -> None:
    outcome, printed = run("own", conf="spark.sql.ansi.enabled=true")
    assert outcome.status == "SUCCEEDED"
    lease = warm.acquire({}, "")
    assert lease is not None
    assert printed["java"] != _java_of(lease)
    lease.end(is_clean=True)


def test_a_run_can_read_a_new_bucket(run: Run, layout: StateLayout) -> None:
    (layout.s3 / "later/in").mkdir(parents=True)
    (layout.s3 / "later/in/rows.txt").write_text("a\nb\nc\n")
    outcome, printed = run("with", source="s3://later/in/")
    assert (outcome.status, printed["rows"]) == ("SUCCEEDED", 3)


def test_the_java_of_a_run_that_timed_out_is_ended(run: Run, warm: WarmSpark) -> None:
    warm.prepare("")
    outcome, hanging = run("hanging", timeout=30.0, hang="")
    assert outcome.status == "TIMEOUT"
    outcome, printed = run("next")
    assert outcome.status == "SUCCEEDED"
    assert printed["java"] != hanging["java"]
    assert not Path(f"/proc/{hanging['java']}").exists()


def test_what_java_prints_is_not_taken_for_an_answer(layout: StateLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_settings, "class_archive_options", lambda: ["-Xlog:gc:stdout"])
    talkative = WarmSpark(layout, {}, "512m")
    try:
        talkative.prepare("")
        lease = talkative.acquire({}, "")
        assert lease is not None
        assert "PYSPARK_GATEWAY_PORT" in lease.environment and b"[gc" in lease.warm.log.read_bytes()
    finally:
        talkative.close()


def test_a_gateway_that_does_not_answer_is_reported_at_once(tmp_path: Path) -> None:
    gateway = subprocess.Popen(["echo", "no answer"], stdout=subprocess.PIPE, text=True)
    warm = WarmProcess(gateway, Requirements((), ""), tmp_path)
    _await_ready(warm)
    gateway.communicate()
    assert isinstance(warm.ready.exception(timeout=0), ValueError)


def _java_of(lease: Lease) -> int:
    """Return the process id of the leased Java: the only child of its gateway process that runs Java."""
    children = psutil.Process(lease.warm.process.pid).children(recursive=True)
    return next(child.pid for child in children if child.name() == "java")
