"""Objects: deleted in batches, and with their versions where the bucket stores versions."""

from __future__ import annotations

from typing import Any

import boto3
from moto import mock_aws

from biz_insights.lake.objects import delete_objects, listed_objects, old_versions


def test_objects_are_listed_with_size_and_time_and_deleted(session: Any, lake_bucket: str) -> None:
    s3 = session.client("s3")
    for name in ("a/1", "a/_hidden", "b/1"):
        s3.put_object(Bucket=lake_bucket, Key=name, Body=b"12345")
    found = list(listed_objects(session, f"s3://{lake_bucket}/a/"))
    assert [(each.uri.rpartition("/")[2], each.size, each.folder) for each in found] == [
        ("1", 5, f"s3://{lake_bucket}/a/"),
        ("_hidden", 5, f"s3://{lake_bucket}/a/"),
    ]
    assert delete_objects(session, [each.uri for each in found], all_versions=True) == 2
    assert [each.uri for each in listed_objects(session, f"s3://{lake_bucket}/")] == [f"s3://{lake_bucket}/b/1"]


def test_a_deleted_object_leaves_no_version(monkeypatch: Any) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    # The endpoint of the session uses moto's backends too: a reset would empty it.
    mocked = mock_aws()
    mocked.start(reset=False)
    try:
        session = boto3.session.Session(region_name="us-east-1")
        s3 = session.client("s3")
        s3.create_bucket(Bucket="versioned")
        s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
        for body in (b"one", b"two"):
            s3.put_object(Bucket="versioned", Key="a", Body=body)
            s3.put_object(Bucket="versioned", Key="ab", Body=body)
        assert len(list(old_versions(s3, "versioned"))) == 2
        delete_objects(session, ["s3://versioned/a"], all_versions=True)
        left = s3.list_object_versions(Bucket="versioned")
        assert {version["Key"] for version in left["Versions"]} == {"ab"}
        assert "DeleteMarkers" not in left
    finally:
        mocked.stop(remove_data=False)
        # The other object, whose key begins the same, has both of its versions.
        assert len(left["Versions"]) == 2
