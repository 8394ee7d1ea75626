"""Shortened responses of GetPartitions, and the versions of botocore that they were tested with."""

from __future__ import annotations

import json

from biz_insights.aws.short_partition_responses import shorten

PARTITION = {
    "Values": ["2024-02-17"],
    "Parameters": {"fingerprint": "f"},
    "StorageDescriptor": {"Location": "s3://lake/x/", "Columns": [{"Name": "net_sales", "Type": "decimal(18,4)"}]},
    "CreationTime": 1708128000,
}


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
