"""The objects of a lake: listed with size and time, and deleted in batches, with their versions where there are any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from biz_insights.aws.s3 import split_uri
from biz_insights.lake.catalog import batches

OBJECTS_PER_CALL = 1000
"""The most keys that one call of DeleteObjects accepts."""


@dataclass(frozen=True)
class StoredObject:
    """One object: its address, its bytes and when it was written (UTC)."""

    uri: str
    size: int
    modified: datetime

    @property
    def folder(self) -> str:
        """Return the address of the folder that holds the object, with a slash at its end."""
        return self.uri.rpartition("/")[0] + "/"


def listed_objects(session: Any, prefix_uri: str) -> Iterator[StoredObject]:
    """Yield every object below a prefix, hidden ones too, in the order of the keys."""
    bucket, prefix = split_uri(prefix_uri)
    for page in session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            modified = entry["LastModified"].astimezone(UTC)
            yield StoredObject(f"s3://{bucket}/{entry['Key']}", int(entry["Size"]), modified)


def delete_objects(session: Any, uris: Iterable[str], *, all_versions: bool = False) -> int:
    """Delete objects of one bucket, 1,000 a call. Return how many were named.

    Args:
        all_versions: delete the earlier versions too, where the bucket stores versions. Without it such a bucket
            can bring the object back.

    Raises:
        RuntimeError: S3 refused some; a retry may succeed.
    """
    client, count = session.client("s3"), 0
    for batch in batches(uris, OBJECTS_PER_CALL):
        bucket = split_uri(batch[0])[0]
        keys = [split_uri(uri)[1] for uri in batch]
        entries: list[dict[str, str]] = [{"Key": key} for key in keys]
        if all_versions and has_versions(client, bucket):
            entries = [entry for key in keys for entry in _versions(client, bucket, key)]
        for few in batches(entries, OBJECTS_PER_CALL):
            errors = client.delete_objects(Bucket=bucket, Delete={"Objects": few, "Quiet": True}).get("Errors")
            if errors:
                raise RuntimeError(
                    f"deleting {len(errors)} of {len(few)} objects of {bucket} was refused, first {errors[0]['Key']}: "
                    f"{errors[0].get('Code')} {errors[0].get('Message')}; clear this task to complete it"
                )
        count += len(batch)
    return count


def has_versions(client: Any, bucket: str) -> bool:
    """Return whether the bucket stores, or has stored, versions of its objects."""
    return bool(client.get_bucket_versioning(Bucket=bucket).get("Status"))


def old_versions(client: Any, bucket: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    """Yield the versions that are not the current one, as S3 lists them; nothing where there are no versions."""
    if not has_versions(client, bucket):
        return
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        yield from (version for version in page.get("Versions", []) if not version["IsLatest"])


def _versions(client: Any, bucket: str, key: str) -> Iterator[dict[str, str]]:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            if version["Key"] == key:
                yield {"Key": key, "VersionId": version["VersionId"]}
