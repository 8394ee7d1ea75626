"""The faults themselves: each one happens at its call, and does to the call what it says."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.faults.chaos import named_tasks
from tests.faults.crash_points import Fault, armed
from tests.faults.passes import PASSES

BUCKET = "business-insights-lake"
Aws = Callable[[str], Any]


def stored(s3: Any, prefix: str) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def put(s3: Any, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * 4000)


@pytest.mark.parametrize(("when", "kept"), [("before", ["kill/1"]), ("after", ["kill/1", "kill/2"])])
def test_a_process_dies_at_its_call(aws: Aws, when: Any, kept: list[str]) -> None:
    s3 = aws("s3")
    for key in stored(s3, "kill/"):
        s3.delete_object(Bucket=BUCKET, Key=key)
    process = os.fork()
    if process == 0:
        with armed(Fault(2, when), lambda what: None):
            for number in (1, 2, 3):
                put(s3, f"kill/{number}")
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert stored(s3, "kill/") == kept


def test_a_service_refuses_from_its_call_on_and_others_do_not(aws: Aws) -> None:
    s3, glue = aws("s3"), aws("glue")
    happened: list[str] = []
    with armed(Fault(2, "refused", "s3"), happened.append) as calls:
        put(s3, "refused/1")
        for _ in range(2):
            with pytest.raises(ClientError, match="SlowDown"):
                put(s3, "refused/2")
        glue.get_databases()
    assert calls == ["s3.PutObject", "s3.PutObject", "s3.PutObject", "glue.GetDatabases"]
    assert happened == ["refused s3.PutObject"]
    assert stored(s3, "refused/") == ["refused/1"]


def test_half_of_a_write_is_not_an_object_and_an_unanswered_write_is_one(aws: Aws) -> None:
    s3 = aws("s3")
    for when, kept in (("half", []), ("unanswered", ["lost/unanswered"])):
        with armed(Fault(1, when, "s3", "PutObject"), lambda what: None), pytest.raises(ConnectionClosedError):  # type: ignore[arg-type]
            put(s3, f"lost/{when}")
        assert stored(s3, "lost/") == kept
    put(s3, "lost/unanswered")


@pytest.mark.parametrize(("when", "state", "category"), [("cancelled", "CANCELLED", None), ("failed", "FAILED", 1)])
def test_a_query_is_stopped_or_fails_without_being_to_blame(aws: Aws, when: Any, state: str, category: int) -> None:
    athena = aws("athena")
    statement = (
        f"CREATE TABLE t_{when}\nWITH (format = 'PARQUET')\nAS\nSELECT count(*) AS n FROM (VALUES 1, 2) AS v (x)"
    )
    with armed(Fault(1, when, "athena", "StartQueryExecution"), lambda what: None):
        started = athena.start_query_execution(
            QueryString=statement,
            WorkGroup="business-insights-build",
            QueryExecutionContext={"Database": "biz_insights_build"},
        )
        while True:
            status = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"][
                "Status"
            ]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
    assert status["State"] in (state, "SUCCEEDED" if when == "cancelled" else state)
    if category:
        assert (status["AthenaError"]["ErrorCategory"], status["AthenaError"]["Retryable"]) == (category, True)


def test_every_pass_breaks_something() -> None:
    calls = {
        "extract.start_export": ["rds.StartExportTask"],
        "marts.m.build": ["glue.GetTables", "athena.StartQueryExecution", "athena.GetQueryExecution"],
        "marts.m.audit": ["s3.GetObject", "s3.PutObject", "secretsmanager.GetSecretValue"],
        "extract.row_span": [],
    }
    for name, faults_of in PASSES.items():
        faults = faults_of(calls)
        assert any(faults.values()), name
        for task, tries in faults.items():
            assert len(tries) <= 3, "Airflow retries three times"
            assert all(fault.call <= len(calls[task]) for fault in tries), name


def test_an_operator_clears_what_the_messages_name() -> None:
    failures = [
        ("extract.check_export", "export e lacks t; fix the cause and clear extract.create_snapshot"),
        ("marts.m.build", "query q was cancelled; clear the task"),
        ("marts.m.build", "its process was killed"),
        ("marts.n.audit", "n was built from older inputs; clear n's plan task with its downstream tasks"),
        ("earlier.task", "clear silver.plan with its downstream tasks"),
    ]
    assert named_tasks(failures, ["extract.check_export", "marts.m.build"]) == [
        "extract.create_snapshot",
        "marts.m.build",
    ]
