"""The manifest: a task reads what the job wrote, and reports a missing manifest."""

import pytest
from pyspark.sql.types import DateType, DoubleType, StructType

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.builds import Column, PartitionBuild, Volume
from biz_insights.lake.manifest import read_manifest
from spark_jobs.manifest import BuiltTable, manifest_text
from spark_jobs.partitions import Partition

LAYER = "s3://manifests/silver/"


class Session:
    """A session of the laptop endpoint."""

    def __init__(self, client):
        self.client = client


@pytest.fixture(scope="module")
def session(aws):
    """A session with the bucket of the layer."""
    aws("s3").create_bucket(Bucket="manifests")
    return Session(aws)


def test_a_task_reads_what_the_job_wrote(session):
    schema = StructType().add("net_sales", DoubleType()).add("order_date", DateType())
    partitions = {"2024-01-01": Partition(2, "f1", "new", "12.5000", "10.0000"),
                  "2024-01-02": Partition(3, "f2", "unchanged", "7.0000", "4.0000"),
                  "2024-01-03": Partition(0, "f3", "deleted")}  # fmt: skip
    built = BuiltTable("sales", schema, "order_date", f"{LAYER}sales/run=jr-1/", partitions)
    text = manifest_text("jr-1", "batch-1", [built])
    s3.put_bytes(session, f"{LAYER}_manifest/run=jr-1/manifest.json", text.encode(), "application/json")
    manifest = read_manifest(session, LAYER, "jr-1")
    build = manifest.build("sales")
    assert (build.columns, build.partition_key) == ((Column("net_sales", "double"),), Column("order_date", "date"))
    location = f"{LAYER}sales/run=jr-1/order_date=2024-01-01/"
    assert build.partitions == (PartitionBuild("2024-01-01", location, "f1", 2, "12.5000", "10.0000"),)
    assert build.removed == ("2024-01-03",)
    assert manifest.rows("sales") == 5
    assert manifest.volumes("sales") == {
        "2024-01-01": Volume("f1", 2, "12.5000", "10.0000"), "2024-01-02": Volume("f2", 3, "7.0000", "4.0000"),
    }  # fmt: skip


def test_a_manifest_of_an_older_job_has_no_amounts(session):
    text = """{"job_run_id": "jr-0", "batch_id": "b", "tables": {"sales": {"columns": [], "partition_keys": [],
        "location": "s3://x/", "partitions": {"": {"rows": 2, "fingerprint": "f", "change": "new"}}}}}"""
    s3.put_bytes(session, f"{LAYER}_manifest/run=jr-0/manifest.json", text.encode(), "application/json")
    (part,) = read_manifest(session, LAYER, "jr-0").build("sales").partitions
    assert (part.rows, part.amount, part.largest_amount) == (2, None, None)


def test_a_missing_manifest_is_reported_with_the_next_step(session):
    message = r"job run jr-2 wrote no manifest at s3://manifests/.*clear the build task"
    with pytest.raises(PermanentError, match=message):
        read_manifest(session, LAYER, "jr-2")
