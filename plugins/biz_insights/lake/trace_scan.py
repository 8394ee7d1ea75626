"""Look through every object of a lake for one customer: the dry run, the purge and the proof of an erasure."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from biz_insights.aws.s3 import get_bytes, split_uri
from biz_insights.lake.objects import StoredObject, old_versions
from biz_insights.lake.traces import Customer, UnreadableFileError, names_customer

READS_AT_ONCE = 8


@dataclass
class Traces:
    """What a scan found.

    Attributes:
        objects, size: objects that were read, and their bytes.
        found: addresses of the objects that name the customer.
        unreadable: addresses of Parquet files that cannot be opened, each with the reason.
    """

    objects: int = 0
    size: int = 0
    found: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def scan(session: Any, objects: Iterable[StoredObject], customer: Customer) -> Traces:
    """Read every object, several at once. An object that is deleted meanwhile holds nothing."""
    traces = Traces()

    def look(stored: StoredObject) -> tuple[StoredObject, bool, str]:
        try:
            return stored, names_customer(get_bytes(session, stored.uri) or b"", customer), ""
        except UnreadableFileError as error:
            return stored, False, str(error)

    session.client("s3")
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        for stored, is_found, reason in pool.map(look, objects):
            traces.objects += 1
            traces.size += stored.size
            if is_found:
                traces.found.append(stored.uri)
            if reason:
                traces.unreadable[stored.uri] = reason
    return traces


def versions_that_name(session: Any, lake_uri: str, customer: Customer) -> list[dict[str, str]]:
    """Return key and id of each earlier version that names the customer; nothing in a bucket without versions."""
    client, bucket = session.client("s3"), split_uri(lake_uri)[0]
    found = []
    for version in old_versions(client, bucket):
        where = {"Key": version["Key"], "VersionId": version["VersionId"]}
        body = client.get_object(Bucket=bucket, **where)["Body"].read()
        try:
            is_found = names_customer(body, customer)
        except UnreadableFileError:
            is_found = True  # nobody can say, and nothing needs it
        if is_found:
            found.append(where)
    return found


def by_top_folder(uris: Iterable[str]) -> dict[str, int]:
    """Return the number of objects by the first folder of the lake."""
    counts: dict[str, int] = {}
    for uri in sorted(uris):
        top = split_uri(uri)[1].partition("/")[0]
        counts[top] = counts.get(top, 0) + 1
    return counts
