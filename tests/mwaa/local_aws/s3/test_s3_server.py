"""S3 on plain folders: other programs may write to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mwaa.local_aws.server.endpoint import LocalEndpoint


def test_objects_are_files_and_show_changes_by_other_programs(
    endpoint: LocalEndpoint, aws: Callable[[str], Any]
) -> None:
    s3 = aws("s3")
    target = {"Bucket": "business-insights-lake", "Key": "ops/report.json"}
    first = s3.put_object(**target, Body=b"{}")["ETag"]
    path = endpoint.layout.object_path("s3://business-insights-lake/ops/report.json")
    assert path.read_bytes() == b"{}"
    path.write_bytes(b'{"rows": 12}')
    found = s3.get_object(**target)
    assert found["Body"].read() == b'{"rows": 12}'
    assert found["ContentLength"] == 12
    assert found["ETag"] not in (first, '""')
