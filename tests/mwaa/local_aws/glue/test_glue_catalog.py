"""The Data Catalog through boto3: batches of partitions, filters, pages, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

DATABASE = "catalog_tests"
COLUMNS = [{"Name": "net_sales", "Type": "decimal(18,4)"}]
DAYS = [str(date(2020, 1, 1) + timedelta(days=n)) for n in range(1500)]


def table_input(name: str, **extra: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "StorageDescriptor": {"Columns": COLUMNS, "Location": f"s3://lake/{name}/"},
        "PartitionKeys": [{"Name": "order_date", "Type": "date"}],
        **extra,
    }


def partition(day: str, location: str = "old") -> dict[str, Any]:
    storage = {"Columns": COLUMNS, "Location": f"s3://lake/{location}/order_date={day}/"}
    return {"Values": [day], "StorageDescriptor": storage, "Parameters": {"fingerprint": f"1-{day}"}}


@pytest.fixture(scope="module")
def glue(aws: Callable[[str], Any]) -> Iterator[Any]:
    client = aws("glue")
    client.create_database(DatabaseInput={"Name": DATABASE})
    client.create_table(DatabaseName=DATABASE, TableInput=table_input("daily"))
    for start in range(0, len(DAYS), 100):
        answer = client.batch_create_partition(
            DatabaseName=DATABASE,
            TableName="daily",
            PartitionInputList=[partition(day) for day in DAYS[start : start + 100]],
        )
        assert not answer.get("Errors")
    yield client
    client.delete_database(Name=DATABASE)


def listed(glue: Any, **wanted: Any) -> list[dict[str, Any]]:
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=DATABASE, TableName="daily", **wanted)
    return [found for page in pages for found in page["Partitions"]]


def test_partitions_come_in_pages_of_a_thousand(glue: Any) -> None:
    first = glue.get_partitions(DatabaseName=DATABASE, TableName="daily")
    assert len(first["Partitions"]) == 1000
    assert "NextToken" in first
    everything = listed(glue)
    assert [found["Values"] for found in everything] == [[day] for day in DAYS]
    assert everything[7]["StorageDescriptor"]["Columns"] == COLUMNS
    assert everything[7]["Parameters"] == {"fingerprint": f"1-{DAYS[7]}"}
    assert everything[7]["CreationTime"].tzinfo is not None
    assert "Columns" not in listed(glue, ExcludeColumnSchema=True)[0]["StorageDescriptor"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("order_date = '2020-01-05'", ["2020-01-05"]),
        ("order_date >= '2020-01-30' AND order_date < '2020-02-02'", ["2020-01-30", "2020-01-31", "2020-02-01"]),
        ("order_date IN ('2020-03-01', '1999-01-01')", ["2020-03-01"]),
        ("order_date BETWEEN '2020-02-28' AND '2020-03-01'", ["2020-02-28", "2020-02-29", "2020-03-01"]),
    ],
)
def test_expressions_select_partitions(glue: Any, expression: str, expected: list[str]) -> None:
    assert [found["Values"][0] for found in listed(glue, Expression=expression)] == expected


def test_batch_calls_report_each_failure_and_do_the_rest(glue: Any) -> None:
    names = {"DatabaseName": DATABASE, "TableName": "daily"}
    created = glue.batch_create_partition(
        **names, PartitionInputList=[partition("2020-01-01"), partition("2030-01-01")]
    )
    assert [error["ErrorDetail"]["ErrorCode"] for error in created["Errors"]] == ["AlreadyExistsException"]
    updated = glue.batch_update_partition(
        **names,
        Entries=[
            {"PartitionValueList": [day], "PartitionInput": partition(day, "new")}
            for day in ("2030-01-01", "2031-01-01")
        ],
    )
    assert [error["PartitionValueList"] for error in updated["Errors"]] == [["2031-01-01"]]
    moved = glue.get_partition(**names, PartitionValues=["2030-01-01"])["Partition"]
    assert moved["StorageDescriptor"]["Location"] == "s3://lake/new/order_date=2030-01-01/"
    removed = glue.batch_delete_partition(
        **names, PartitionsToDelete=[{"Values": ["2030-01-01"]}, {"Values": ["2031-01-01"]}]
    )
    assert [error["PartitionValues"] for error in removed["Errors"]] == [["2031-01-01"]]
    assert len(listed(glue)) == len(DAYS)


def test_a_filtered_list_follows_changes(glue: Any) -> None:
    names = {"DatabaseName": DATABASE, "TableName": "daily"}
    expression = "order_date > '2029-01-01'"
    assert listed(glue, Expression=expression) == []
    glue.create_partition(**names, PartitionInput=partition("2029-06-01"))
    assert len(listed(glue, Expression=expression)) == 1
    glue.delete_partition(**names, PartitionValues=["2029-06-01"])
    assert listed(glue, Expression=expression) == []


def test_a_batch_over_glues_limit_is_refused(glue: Any) -> None:
    # The client itself refuses more than 100; for a deletion Glue allows 25.
    with pytest.raises(ClientError, match="at most 25"):
        glue.batch_delete_partition(
            DatabaseName=DATABASE, TableName="daily", PartitionsToDelete=[{"Values": [day]} for day in DAYS[:26]]
        )


def test_a_partition_with_the_wrong_number_of_values_is_refused(glue: Any) -> None:
    with pytest.raises(ClientError, match="number of partition keys"):
        glue.create_partition(
            DatabaseName=DATABASE, TableName="daily", PartitionInput={**partition("2040-01-01"), "Values": ["a", "b"]}
        )


def test_update_table_does_not_change_partitions(glue: Any) -> None:
    glue.update_table(DatabaseName=DATABASE, TableInput=table_input("daily", Parameters={"batch": "b1"}))
    table = glue.get_table(DatabaseName=DATABASE, Name="daily")["Table"]
    assert table["Parameters"] == {"batch": "b1"}
    assert len(listed(glue, ExcludeColumnSchema=True)) == len(DAYS)
    assert len(glue.get_table_versions(DatabaseName=DATABASE, TableName="daily")["TableVersions"]) >= 2


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("get_table", {"DatabaseName": DATABASE, "Name": "nothing"}),
        ("get_table", {"DatabaseName": "nothing", "Name": "daily"}),
        ("get_partition", {"DatabaseName": DATABASE, "TableName": "daily", "PartitionValues": ["1999-01-01"]}),
        ("update_table", {"DatabaseName": DATABASE, "TableInput": table_input("nothing")}),
        ("get_job", {"JobName": "nothing"}),
    ],
)
def test_missing_entities_are_entity_not_found(glue: Any, call: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        getattr(glue, call)(**arguments)
