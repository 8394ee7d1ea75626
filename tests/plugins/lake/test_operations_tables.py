"""Operations tables: a partition is replaced by pointing it to a new prefix."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biz_insights.aws import s3
from biz_insights.lake import operations_tables

SCHEMA = pa.schema([("table_name", pa.string()), ("rows", pa.int64()), ("at", pa.timestamp("us"))])
ROW = {"table_name": "orders", "rows": 3, "at": datetime(2024, 1, 31, 5)}


@pytest.fixture
def record(session, lake_bucket, published):
    def run(rows, run="run-1", schema=SCHEMA, keys=("run",)):
        partition = dict.fromkeys(keys, run)
        target = {"database": published, "ops_uri": f"s3://{lake_bucket}/ops/", "session": session}
        return operations_tables.record("history", rows, schema, partition, **target)

    return run


@pytest.fixture
def location(session, published):
    """A function that returns the location of a partition in the catalog: `location("run-1")`."""

    def look_up(run: str) -> str:
        glue = session.client("glue")
        found = glue.get_partition(DatabaseName=published, TableName="history", PartitionValues=[run])
        return found["Partition"]["StorageDescriptor"]["Location"]

    return look_up


def read(session, prefix: str) -> list[dict]:
    rows = []
    for uri in s3.list_uris(session, prefix):
        bucket, key = s3.split_uri(uri)
        body = session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        rows += pq.read_table(io.BytesIO(body)).to_pylist()
    return rows


def test_rows_are_written_and_the_table_is_created(record, session, location, published, lake_bucket):
    prefix = record([ROW])
    assert prefix.startswith(f"s3://{lake_bucket}/ops/history/run=run-1/") and prefix.endswith("/")
    assert read(session, location("run-1")) == [ROW]
    table = session.client("glue").get_table(DatabaseName=published, Name="history")["Table"]
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("table_name", "string"),
        ("rows", "bigint"),
        ("at", "timestamp"),
    ]
    assert table["PartitionKeys"] == [{"Name": "run", "Type": "string"}]


def test_a_repeated_partition_points_to_the_new_rows_only(record, session, location):
    first = record([ROW, ROW])
    second = record([ROW | {"rows": 4}])
    assert first != second == location("run-1")
    assert [row["rows"] for row in read(session, second)] == [4]
    assert len(read(session, first)) == 2, "nothing is deleted in place"


def test_other_partitions_stay(record, location):
    first = record([ROW])
    record([ROW], run="run-2")
    assert location("run-1") == first


def test_a_missing_value_is_null_and_no_rows_are_an_empty_partition(record, session, location):
    record([{"table_name": "orders"}])
    assert read(session, location("run-1")) == [{"table_name": "orders", "rows": None, "at": None}]
    record([])
    assert read(session, location("run-1")) == []


def test_a_new_column_is_added_to_the_table(record, session, published):
    record([ROW])
    record([ROW | {"note": "x"}], run="run-2", schema=SCHEMA.append(pa.field("note", pa.string())))
    table = session.client("glue").get_table(DatabaseName=published, Name="history")["Table"]
    assert [c["Name"] for c in table["StorageDescriptor"]["Columns"]][-1] == "note"


def test_other_partition_keys_are_refused(record, published):
    record([ROW])
    with pytest.raises(ValueError, match=rf"{published}\.history is partitioned by run, not by day"):
        record([ROW], keys=("day",))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (pa.string(), "string"),
        (pa.list_(pa.string()), "array<string>"),
        (pa.decimal128(18, 4), "decimal(18,4)"),
        (pa.date32(), "date"),
        (pa.bool_(), "boolean"),
        (pa.float64(), "double"),
        (pa.map_(pa.string(), pa.int32()), "map<string,int>"),
    ],
)
def test_a_type_gets_its_name_in_athena(kind, name):
    assert operations_tables.athena_type(kind) == name


def test_a_type_that_athena_reads_differently_is_refused():
    with pytest.raises(TypeError, match=r"timestamp\[ns\] has no Athena type"):
        operations_tables.athena_type(pa.timestamp("ns"))


def test_values_keep_their_type(record, session, location):
    schema = pa.schema([("amount", pa.decimal128(18, 4)), ("notes", pa.list_(pa.string()))])
    row = {"amount": Decimal("1.2500"), "notes": ["a", "b"]}
    record([row], schema=schema)
    assert read(session, location("run-1")) == [row]
