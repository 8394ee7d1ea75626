"""Shortened responses of GetPartitions, and the versions of botocore that they were tested with."""

from __future__ import annotations

import json

import botocore
from packaging.version import Version

from biz_insights.aws.short_partition_responses import HOLDS_FOR, shorten

PARTITION = {
    "Values": ["2024-02-17"],
    "Parameters": {"fingerprint": "f"},
    "StorageDescriptor": {"Location": "s3://lake/x/", "Columns": [{"Name": "net_sales", "Type": "decimal(18,4)"}]},
    "CreationTime": 1708128000,
}


def test_the_installed_botocore_is_in_the_tested_range() -> None:
    first, outside = map(Version, HOLDS_FOR)
    assert first <= Version(botocore.__version__) < outside, (
        f"botocore {botocore.__version__} is outside {HOLDS_FOR}: check that the event before-parse.glue.GetPartitions "
        "still gives status_code and body (tests/plugins/lake/test_publish.py shows it), then widen HOLDS_FOR"
    )


def test_the_fields_of_the_catalog_and_the_token_of_the_next_page_stay() -> None:
    response = {"status_code": 200, "body": json.dumps({"Partitions": [PARTITION], "NextToken": "t"}).encode()}
    shorten(response)
    (found,) = json.loads(response["body"])["Partitions"]
    assert found == {
        "Values": ["2024-02-17"],
        "Parameters": {"fingerprint": "f"},
        "StorageDescriptor": {"Location": "s3://lake/x/"},
    }
    assert json.loads(response["body"])["NextToken"] == "t"


def test_an_error_response_is_not_changed() -> None:
    response = {"status_code": 400, "body": b"not JSON"}
    shorten(response)
    assert response["body"] == b"not JSON"
