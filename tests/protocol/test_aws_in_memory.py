"""The clients in memory answer as the endpoint does, so the state machine proves more than its own fakes."""

from __future__ import annotations

import uuid
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from biz_insights.aws import s3
from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.catalog import Catalog, partition_input, table_input
from biz_insights.lake.slots import copy_slot, read_slot
from tests.protocol.aws_in_memory import SessionInMemory

COLUMNS = (Column("user_id", "string"),)
DAYS = TableBuild("days", COLUMNS, Column("order_date", "date"), ())


@pytest.fixture(params=["memory", "endpoint"])
def target(request: pytest.FixtureRequest) -> tuple[Any, str, str]:
    """Return a session, an empty bucket and an empty database: in memory, or on the endpoint."""
    name = f"fakes-{uuid.uuid4().hex[:12]}"
    database = name.replace("-", "_")
    if request.param == "memory":
        return SessionInMemory((database, f"{database}_copy")), name, database
    request.getfixturevalue("endpoint")
    session = boto3.session.Session(region_name="us-east-1")
    session.client("s3").create_bucket(Bucket=name)
    for each in (database, f"{database}_copy"):
        session.client("glue").create_database(DatabaseInput={"Name": each})
    return session, name, database


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def days(*values: str) -> list[PartitionBuild]:
    return [PartitionBuild(value, f"s3://lake/{value}/", f"f-{value}", 3) for value in values]


def test_conditional_writes(target: tuple[Any, str, str]) -> None:
    session, bucket, _ = target
    client, where = session.client("s3"), {"Bucket": bucket, "Key": "lease.json"}
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(**where)
    with pytest.raises(ClientError) as missing:
        client.put_object(**where, Body=b"x", IfMatch='"0"')
    assert code(missing) == "NoSuchKey"
    first = client.put_object(**where, Body=b"one", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError) as taken:
        client.put_object(**where, Body=b"two", IfNoneMatch="*")
    assert code(taken) == "PreconditionFailed"
    second = client.put_object(**where, Body=b"two", IfMatch=first)["ETag"]
    with pytest.raises(ClientError) as changed:
        client.put_object(**where, Body=b"three", IfMatch=first)
    assert code(changed) == "PreconditionFailed"
    found = client.get_object(**where)
    assert (found["ETag"], found["Body"].read()) == (second, b"two")


def test_objects_are_listed_by_prefix_and_missing_ones_are_none(target: tuple[Any, str, str]) -> None:
    session, bucket, _ = target
    for name in ("a/1", "a/2", "a/3", "b/1"):
        s3.put_bytes(session, f"s3://{bucket}/{name}", b"x")
    assert list(s3.list_uris(session, f"s3://{bucket}/a/")) == [f"s3://{bucket}/a/{number}" for number in (1, 2, 3)]
    assert s3.find_json(session, f"s3://{bucket}/none.json") is None
    assert (s3.exists(session, f"s3://{bucket}/a/1"), s3.exists(session, f"s3://{bucket}/c")) == (True, False)


def test_tables_and_their_errors(target: tuple[Any, str, str]) -> None:
    session, _, database = target
    glue, catalog = session.client("glue"), Catalog(session.client("glue"), database)
    assert catalog.table("days") is None and Catalog(glue, "no_such_database").table("days") is None
    catalog.create_table(DAYS, "days", "s3://lake/days/")
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        catalog.create_table(DAYS, "days", "s3://lake/days/")
    catalog.add_partitions("days", COLUMNS, days("1", "2", "3"))
    catalog.set_parameter("days", "seen", "yes")
    assert list(catalog.partitions("days")) == ["1", "2", "3"] and catalog.parameter("days", "seen") == "yes"
    catalog.drop_table("days")
    catalog.drop_table("days")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.update_table(DatabaseName=database, TableInput=table_input(DAYS, "days", "s3://lake/days/"))
    catalog.create_table(DAYS, "days", "s3://lake/days/")
    assert catalog.partitions("days") == {}


def test_batch_calls_answer_200_and_list_what_they_refused(target: tuple[Any, str, str]) -> None:
    session, _, database = target
    glue, catalog = session.client("glue"), Catalog(session.client("glue"), database)
    catalog.create_table(DAYS, "days", "s3://lake/days/")
    where = {"DatabaseName": database, "TableName": "days"}
    inputs = [partition_input(COLUMNS, part) for part in days("1", "2")]
    assert not glue.batch_create_partition(**where, PartitionInputList=inputs[:1]).get("Errors")
    created = glue.batch_create_partition(**where, PartitionInputList=inputs)
    assert [entry["PartitionValues"] for entry in created["Errors"]] == [["1"]]
    entries = [{"PartitionValueList": [value], "PartitionInput": inputs[0] | {"Values": [value]}} for value in "29"]
    updated = glue.batch_update_partition(**where, Entries=entries)
    assert [entry["PartitionValueList"] for entry in updated["Errors"]] == [["9"]]
    gone = glue.batch_delete_partition(**where, PartitionsToDelete=[{"Values": ["2"]}, {"Values": ["9"]}])
    assert [entry["PartitionValues"] for entry in gone["Errors"]] == [["9"]]
    assert list(catalog.partitions("days")) == ["1"]


def test_a_copied_slot_is_read_back_equal(target: tuple[Any, str, str]) -> None:
    session, _, database = target
    source, copied = (Catalog(session.client("glue"), name) for name in (database, f"{database}_copy"))
    source.create_table(DAYS, "days", "s3://lake/days/")
    source.add_partitions("days", COLUMNS, days("1", "2", "3"))
    assert copy_slot(source, copied) == ["days"]
    assert read_slot(copied) == read_slot(source) and copy_slot(source, copied) == []
