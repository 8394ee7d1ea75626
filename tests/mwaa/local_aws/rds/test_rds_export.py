"""Snapshots and their exports through the Amazon provider: point in time, layout, types, states, errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from mwaa.local_aws.rds.rds_backend import LocalRdsBackend
from mwaa.local_aws.server.endpoint import LocalEndpoint

BUCKET = "business-insights-lake"
INSTANCE = "business-insights-source"
ROLE = "arn:aws:iam::123456789012:role/business-insights-rds-export"
CREATE = """
    CREATE TABLE export_lines (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, quantity integer, small smallint, loyal boolean,
        price numeric, day date, at timestamptz, plain_at timestamp, ratio double precision, name text, tags text[])
"""
INSERT = """
    INSERT INTO export_lines (quantity, small, loyal, price, day, at, plain_at, ratio, name, tags) VALUES
    (2, 1, true, 10.50, '2023-03-08', '2023-03-08 05:03:32.223-06', '2023-03-08 05:03:32', 0.5, 'Crème', '{a,b}'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""


@pytest.fixture
def lines(database: psycopg.Connection) -> psycopg.Connection:
    database.execute(CREATE)
    database.execute(INSERT)
    database.execute("CREATE TABLE export_empty (id bigint, note text)")
    return database


@pytest.fixture
def rds(aws: Callable[[str], Any]) -> Any:
    return aws("rds")


@pytest.fixture
def unused() -> str:
    """Return an identifier that no other test has used."""
    return f"t{time.time_ns()}"


def snapshot(rds: Any, identifier: str) -> str:
    """Take a snapshot, wait for its end and return its ARN."""
    rds.create_db_snapshot(DBInstanceIdentifier=INSTANCE, DBSnapshotIdentifier=identifier)
    rds.get_waiter("db_snapshot_available").wait(
        DBSnapshotIdentifier=identifier, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return rds.describe_db_snapshots(DBSnapshotIdentifier=identifier)["DBSnapshots"][0]["DBSnapshotArn"]


def export(rds: Any, identifier: str, arn: str, **extra: Any) -> dict[str, Any]:
    """Start an export, wait for its end and return the task."""
    arguments = {
        "ExportTaskIdentifier": identifier,
        "SourceArn": arn,
        "S3BucketName": BUCKET,
        "S3Prefix": "landing",
        "IamRoleArn": ROLE,
        "KmsKeyId": "alias/business-insights",
        **extra,
    }
    rds.start_export_task(**arguments)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        task = rds.describe_export_tasks(ExportTaskIdentifier=identifier)["ExportTasks"][0]
        if task["Status"] in ("COMPLETE", "FAILED", "CANCELED"):
            return task
        time.sleep(0.05)
    raise AssertionError(f"export {identifier} is still {task['Status']}")


def keys(aws: Callable[[str], Any], prefix: str) -> list[str]:
    return [entry["Key"] for entry in aws("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def exported_table(endpoint: LocalEndpoint, task: str, table: str) -> pa.Table:
    return pq.read_table(
        [*(endpoint.layout.s3 / BUCKET / "landing" / task / "restaurant" / table / "1").glob("part-*.parquet")]
    )


def test_operators_export_in_rds_layout_and_types(
    endpoint: LocalEndpoint, aws: Callable[[str], Any], lines: psycopg.Connection, unused: str
) -> None:
    from airflow.providers.amazon.aws.operators.rds import RdsCreateDbSnapshotOperator, RdsStartExportTaskOperator
    from airflow.providers.amazon.aws.sensors.rds import RdsExportTaskExistenceSensor

    common = {"aws_conn_id": None, "region_name": "us-east-1"}
    RdsCreateDbSnapshotOperator(
        task_id="snapshot", db_type="instance", db_identifier=INSTANCE, db_snapshot_identifier=unused, **common
    ).execute({})
    RdsStartExportTaskOperator(
        task_id="export",
        export_task_identifier=unused,
        source_arn=f"arn:aws:rds:us-east-1:123456789012:snapshot:{unused}",
        s3_bucket_name=BUCKET,
        s3_prefix="landing",
        iam_role_arn=ROLE,
        kms_key_id="alias/business-insights",
        wait_for_completion=False,
        **common,
    ).execute({})
    sensor = RdsExportTaskExistenceSensor(
        task_id="wait",
        export_task_identifier=unused,
        target_statuses=["complete"],
        error_statuses=["failed", "canceled"],
        **common,
    )
    deadline = time.monotonic() + 30
    while not sensor.poke({}):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    base = f"landing/{unused}"
    found = keys(aws, base)
    assert f"{base}/export_info_{unused}.json" in found
    parts = [key for key in found if key.startswith(f"{base}/restaurant/public.export_lines/1/part-00000-")]
    assert len(parts) == 1
    assert parts[0].endswith(".gz.parquet")
    table = exported_table(endpoint, unused, "public.export_lines")
    assert {field.name: str(field.type) for field in table.schema} == {
        "id": "int64",
        "quantity": "int32",
        "small": "int16",
        "loyal": "bool",
        "price": "string",
        "day": "string",
        "at": "string",
        "plain_at": "string",
        "ratio": "double",
        "name": "string",
        "tags": "string",
    }
    first, second = table.to_pylist()
    assert first == {
        "id": 1,
        "quantity": 2,
        "small": 1,
        "loyal": True,
        "price": "10.50",
        "day": "2023-03-08",
        "at": "2023-03-08 11:03:32.223+00",
        "plain_at": "2023-03-08 05:03:32",
        "ratio": 0.5,
        "name": "Crème",
        "tags": "{a,b}",
    }
    assert {value for name, value in second.items() if name != "id"} == {None}
    empty = exported_table(endpoint, unused, "public.export_empty")
    assert (empty.num_rows, empty.schema.names) == (0, ["id", "note"])


def test_info_files_name_every_table_and_its_types(
    endpoint: LocalEndpoint, aws: Callable[[str], Any], rds: Any, lines: psycopg.Connection, unused: str
) -> None:
    task = export(rds, unused, snapshot(rds, unused))
    assert (task["Status"], task["PercentProgress"]) == ("COMPLETE", 100)
    assert "WarningMessage" not in task
    folder = endpoint.layout.s3 / BUCKET / "landing" / unused
    info = json.loads((folder / f"export_info_{unused}.json").read_text())
    assert (info["status"], info["exportTaskIdentifier"]) == ("COMPLETE", unused)
    (tables_file,) = folder.glob(f"export_tables_info_{unused}_from_1_to_*.json")
    tables = {entry["target"]: entry for entry in json.loads(tables_file.read_text())["perTableStatus"]}
    assert {"restaurant.public.export_lines", "restaurant.public.export_empty"} <= set(tables)
    assert {entry["status"] for entry in tables.values()} == {"COMPLETE"}
    mappings = tables["restaurant.public.export_lines"]["schemaMetadata"]["originalTypeMappings"]
    types = {column["columnName"]: (column["originalType"], column["expectedExportedType"]) for column in mappings}
    assert types["id"] == ("bigint", "int64")
    assert types["price"] == ("numeric", "binary (UTF8)")


def test_a_snapshot_has_the_rows_of_its_point_in_time(
    endpoint: LocalEndpoint, rds: Any, lines: psycopg.Connection, unused: str
) -> None:
    arn = snapshot(rds, unused)
    lines.execute("DELETE FROM export_lines")
    export(rds, unused, arn, ExportOnly=["restaurant.public.export_lines"])
    assert exported_table(endpoint, unused, "public.export_lines").num_rows == 2


def test_export_only_selects_tables(
    aws: Callable[[str], Any], rds: Any, lines: psycopg.Connection, unused: str
) -> None:
    arn = snapshot(rds, unused)
    export(rds, unused, arn, ExportOnly=["restaurant.public.export_empty"])
    tables = {key.split("/")[3] for key in keys(aws, f"landing/{unused}/restaurant/")}
    assert tables == {"public.export_empty"}
    failed = export(rds, f"{unused}b", arn, ExportOnly=["restaurant.public.nothing"])
    assert failed["Status"] == "FAILED"
    assert "restaurant.public.nothing" in failed["FailureCause"]


def test_an_export_with_a_skipped_table_is_complete(
    endpoint: LocalEndpoint, aws: Callable[[str], Any], rds: Any, lines: psycopg.Connection, unused: str
) -> None:
    arn = snapshot(rds, unused)
    endpoint.skip_export_tables("public.export_empty")
    try:
        task = export(rds, unused, arn)
    finally:
        endpoint.skip_export_tables()
    assert task["Status"] == "COMPLETE"
    assert "public.export_empty" in task["WarningMessage"]
    assert not keys(aws, f"landing/{unused}/restaurant/public.export_empty/")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"IamRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "IamRoleNotFound"),
        ({"KmsKeyId": "alias/nothing"}, "KMSKeyNotAccessibleFault"),
        ({"S3BucketName": "no-such-bucket"}, "InvalidS3BucketFault"),
        ({"SourceArn": "arn:aws:rds:us-east-1:123456789012:snapshot:nothing"}, "DBSnapshotNotFound"),
        ({"ExportTaskIdentifier": "Has-Capitals"}, "InvalidParameterValue"),
    ],
)
def test_bad_export_requests_get_rds_error_codes(
    rds: Any, lines: psycopg.Connection, unused: str, change: dict[str, str], code: str
) -> None:
    arn = snapshot(rds, unused)
    with pytest.raises(ClientError) as refused:
        export(rds, **{"identifier": unused, "arn": arn, **change})
    assert refused.value.response["Error"]["Code"] in (code, f"{code}Fault")


def test_an_identifier_cannot_be_used_twice(rds: Any, lines: psycopg.Connection, unused: str) -> None:
    arn = snapshot(rds, unused)
    with pytest.raises(rds.exceptions.DBSnapshotAlreadyExistsFault):
        rds.create_db_snapshot(DBInstanceIdentifier=INSTANCE, DBSnapshotIdentifier=unused)
    export(rds, unused, arn)
    with pytest.raises(rds.exceptions.ExportTaskAlreadyExistsFault):
        export(rds, unused, arn)


def test_unknown_tasks_snapshots_and_instances_are_not_found(rds: Any) -> None:
    with pytest.raises(rds.exceptions.ExportTaskNotFoundFault):
        rds.describe_export_tasks(ExportTaskIdentifier="nothing")
    with pytest.raises(rds.exceptions.DBSnapshotNotFoundFault):
        rds.describe_db_snapshots(DBSnapshotIdentifier="nothing")
    with pytest.raises(rds.exceptions.DBInstanceNotFoundFault):
        rds.describe_db_instances(DBInstanceIdentifier="nothing")


def test_a_deleted_snapshot_cannot_be_exported(rds: Any, lines: psycopg.Connection, unused: str) -> None:
    arn = snapshot(rds, unused)
    rds.delete_db_snapshot(DBSnapshotIdentifier=unused)
    with pytest.raises(rds.exceptions.DBSnapshotNotFoundFault):
        export(rds, unused, arn)


def test_times_that_python_cannot_represent_are_exported_as_text(
    endpoint: LocalEndpoint, rds: Any, database: psycopg.Connection, unused: str
) -> None:
    times = ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "12024-01-01 00:00:00+00", "1899-12-31 00:00:00+00"]
    database.execute("CREATE TABLE export_times (at timestamptz, day date)")
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO export_times (at, day) VALUES (%s, %s::timestamptz::date)", [(t, t) for t in times]
        )
    assert export(rds, unused, snapshot(rds, unused))["Status"] == "COMPLETE"
    table = exported_table(endpoint, unused, "public.export_times")
    assert table.column("at").to_pylist() == times
    assert table.column("day").to_pylist() == ["infinity", "-infinity", "0044-03-15 BC", "12024-01-01", "1899-12-31"]


def test_a_prefix_that_ends_with_a_slash_is_refused_as_by_rds(lines: psycopg.Connection, rds: Any, unused: str) -> None:
    arn = snapshot(rds, unused)
    with pytest.raises(ClientError, match="S3Prefix is not a valid prefix: 'landing/'") as refused:
        export(rds, unused, arn, S3Prefix="landing/")
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_an_export_that_has_ended_cannot_be_canceled(lines: psycopg.Connection, rds: Any, unused: str) -> None:
    export(rds, unused, snapshot(rds, unused))
    with pytest.raises(ClientError) as refused:
        rds.cancel_export_task(ExportTaskIdentifier=unused)
    assert refused.value.response["Error"]["Code"] == "InvalidExportTaskStateFault"


def test_a_snapshot_that_is_being_made_cannot_be_deleted(rds: Any, unused: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(LocalRdsBackend.engine, "take_snapshot", lambda _: None)
    rds.create_db_snapshot(DBInstanceIdentifier=INSTANCE, DBSnapshotIdentifier=unused)
    with pytest.raises(ClientError, match="is creating: it cannot be deleted yet"):
        rds.delete_db_snapshot(DBSnapshotIdentifier=unused)
