"""Snapshots and exports of a run on the endpoint: what is exported, what ends a wait, what tries leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import psycopg
import pytest
from airflow.exceptions import AirflowException
from airflow.sdk.exceptions import AirflowSensorTimeout

from biz_insights.dag import rds_waits
from biz_insights.dag.rds_waits import AwaitRdsExport, AwaitRdsSnapshot, StartRdsExport
from biz_insights.errors import PermanentError
from biz_insights.identity import attempt_name
from biz_insights.settings import Settings
from biz_insights.source import snapshots
from biz_schema.source_tables import SOURCE_TABLES
from mwaa.local_aws.rds.rds_backend import LocalRdsBackend
from tests.plugins.dag.both_paths import context

INSTANCE = "business-insights-source"
AWS = {"aws_conn_id": None, "region_name": "us-east-1"}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rds_waits, "load_settings", lambda: Settings(reschedule_seconds=0.1))


@pytest.fixture
def rds(aws: Callable[[str], Any]) -> Any:
    return aws("rds")


@pytest.fixture
def run_id(rds: Any) -> Iterator[str]:
    name = f"manual__{time.time_ns()}"
    yield name
    snapshots.delete_snapshots(rds, INSTANCE, name)


@pytest.fixture
def source_tables(database: psycopg.Connection) -> None:
    for table in (*SOURCE_TABLES, None):
        name = table.name if table else "somebody_else_s"
        database.execute(f"CREATE TABLE IF NOT EXISTS {name} (id bigint)")
        database.execute(f"INSERT INTO {name} VALUES (1)")


def named(run_id: str, try_number: int) -> str:
    return attempt_name(run_id, "2024-01-01", try_number)


def take(rds: Any, run_id: str, try_number: int) -> str:
    """Take a snapshot and return its ARN."""
    name = named(run_id, try_number)
    rds.create_db_snapshot(DBInstanceIdentifier=INSTANCE, DBSnapshotIdentifier=name)
    operator = AwaitRdsSnapshot(task_id="await", db_snapshot_identifier=name, **AWS)
    until = time.monotonic() + 30
    while not operator.poke(context()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]["DBSnapshotArn"]


def start(run_id: str, try_number: int, arn: str) -> None:
    StartRdsExport(
        task_id="start_export",
        export_task_identifier=named(run_id, try_number),
        source_arn=arn,
        s3_bucket_name="business-insights-lake",
        s3_prefix="landing",
        iam_role_arn="arn:aws:iam::123456789012:role/business-insights-rds-export",
        kms_key_id="alias/business-insights",
        **AWS,
    ).execute(context(run_id=run_id, try_number=try_number))


def status(rds: Any, name: str) -> str:
    return rds.describe_export_tasks(ExportTaskIdentifier=name)["ExportTasks"][0]["Status"]


@pytest.mark.usefixtures("source_tables")
def test_only_the_source_tables_are_exported(rds, aws, run_id):
    start(run_id, 1, take(rds, run_id, 1))
    name = named(run_id, 1)
    waiting = AwaitRdsExport(task_id="await", export_task_identifier=name, **AWS)
    until = time.monotonic() + 30
    while not waiting.poke(context()):
        assert time.monotonic() < until
    listed = aws("s3").list_objects_v2(Bucket="business-insights-lake", Prefix=f"landing/{name}/restaurant/")
    folders = {entry["Key"].split("/")[3] for entry in listed["Contents"]}
    assert folders == {table.landing_folder for table in SOURCE_TABLES}


@pytest.mark.usefixtures("source_tables")
def test_a_try_cancels_the_exports_of_earlier_tries_of_its_run_only(rds, run_id, monkeypatch):
    arn = take(rds, run_id, 1)
    other = f"{run_id}-other"
    engine = LocalRdsBackend.engine
    with monkeypatch.context() as patch:
        # These exports are started and never proceed.
        patch.setattr(engine, "start_export", lambda *_: None)
        start(run_id, 1, arn)
        start(other, 1, arn)
    cancelled = []
    monkeypatch.setattr(engine, "cancel_export", lambda task: cancelled.append(task.identifier))
    start(run_id, 2, arn)
    assert cancelled == [named(run_id, 1)]
    assert status(rds, named(other, 1)) == "STARTING"


def test_a_snapshot_that_failed_ends_the_wait_with_the_next_step(rds, run_id, monkeypatch):
    monkeypatch.setattr(LocalRdsBackend.engine, "take_snapshot", lambda snapshot: setattr(snapshot, "status", "failed"))
    name = named(run_id, 1)
    rds.create_db_snapshot(DBInstanceIdentifier=INSTANCE, DBSnapshotIdentifier=name)
    operator = AwaitRdsSnapshot(task_id="await", db_snapshot_identifier=name, **AWS)
    with pytest.raises(PermanentError, match=rf"snapshot {name} is failed.*clear extract.create_snapshot"):
        operator.poke(context())


def test_an_export_of_a_deleted_snapshot_says_where_to_begin_again(run_id):
    arn = f"arn:aws:rds:us-east-1:123456789012:snapshot:{named(run_id, 1)}"
    with pytest.raises(PermanentError, match=r"is deleted, as after every failed extract.*clear extract.create_snap"):
        start(run_id, 2, arn)


def test_a_failed_export_ends_the_wait_with_its_cause(rds):
    def failed(**_: Any) -> dict[str, Any]:
        return {"ExportTasks": [{"Status": "FAILED", "FailureCause": "the role cannot write"}]}

    operator = AwaitRdsExport(task_id="await", export_task_identifier="e1", **AWS)
    operator.hook.conn.describe_export_tasks = failed
    with pytest.raises(PermanentError, match=r"the role cannot write; fix the cause, then clear extract.create_snap"):
        operator.poke(context())


def test_a_snapshot_that_is_gone_ends_the_wait(rds):
    operator = AwaitRdsSnapshot(task_id="await", db_snapshot_identifier="bi-gone", **AWS)
    with pytest.raises(PermanentError, match="bi-gone is not there any more"):
        operator.poke(context())


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        (lambda **more: AwaitRdsSnapshot(db_snapshot_identifier="s1", **more), "s1 is not available"),
        (lambda **more: AwaitRdsExport(export_task_identifier="e1", **more), "e1 is not complete"),
    ],
)
def test_a_wait_frees_its_worker_and_its_end_says_what_to_do(operator, message, monkeypatch):
    sensor = operator(task_id="await", timeout=7200, **AWS)
    assert sensor.mode == "reschedule"

    def too_long(*_: Any) -> None:
        raise AirflowSensorTimeout("Sensor has timed out")

    monkeypatch.setattr("airflow.sdk.bases.sensor.BaseSensorOperator.execute", too_long)
    with pytest.raises(PermanentError, match=rf"{message} after 2 hours; see its state in RDS"):
        sensor.execute(context())


def test_the_snapshots_of_all_tries_are_deleted_and_no_others(rds, run_id):
    other = f"{run_id}-other"
    for owner, number in ((run_id, 1), (run_id, 12), (other, 1)):
        take(rds, owner, number)
    assert sorted(snapshots.delete_snapshots(rds, INSTANCE, run_id)) == sorted([named(run_id, 1), named(run_id, 12)])
    assert snapshots.delete_snapshots(rds, INSTANCE, run_id) == []
    assert snapshots.delete_snapshots(rds, INSTANCE, other) == [named(other, 1)]


def test_a_snapshot_that_cannot_be_deleted_fails_the_task_after_the_others_are_deleted(rds, run_id):
    for number in (1, 2):
        take(rds, run_id, number)
    locked = named(run_id, 1)
    delete = rds.delete_db_snapshot

    def refuse(DBSnapshotIdentifier: str) -> None:
        if DBSnapshotIdentifier == locked:
            raise rds.exceptions.ClientError({"Error": {"Code": "InvalidDBSnapshotState"}}, "DeleteDBSnapshot")
        delete(DBSnapshotIdentifier=DBSnapshotIdentifier)

    watched = MagicMock(wraps=rds, delete_db_snapshot=refuse, exceptions=rds.exceptions)
    with pytest.raises(AirflowException, match=rf"1 snapshot.*billed.*{locked}.*clear extract.delete_snapshots"):
        snapshots.delete_snapshots(watched, INSTANCE, run_id)
    left = rds.describe_db_snapshots(DBInstanceIdentifier=INSTANCE)["DBSnapshots"]
    assert [s["DBSnapshotIdentifier"] for s in left if s["DBSnapshotIdentifier"].startswith(named(run_id, 1)[:-1])] == [
        locked
    ]
