"""The files of partitions: how many there are and their bytes, from listings of S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from biz_insights.aws import s3
from biz_insights.lake.builds import PartitionBuild, TableBuild

LISTINGS_AT_ONCE = 8
"""Threads that list. botocore keeps ten connections to S3 by default."""


@dataclass(frozen=True)
class StoredFile:
    """One file of the lake: its address and its bytes."""

    uri: str
    size: int


def measured(session: Any, build: TableBuild) -> TableBuild:
    """Return the build with the number and the bytes of the files of each partition.

    A folder that a job's run or a query has written its partitions to is listed once, not each partition.
    """
    locations = [partition.location for partition in build.partitions]
    files = by_location(listed(session, {build_folder(build, p) for p in build.partitions}), locations)
    return replace(build, partitions=tuple(with_files(p, files[p.location]) for p in build.partitions))


def build_folder(build: TableBuild, partition: PartitionBuild) -> str:
    """Return the folder that the run or query of a partition wrote to: the location without `<key>=<value>/`."""
    if build.partition_key is None:
        return partition.location
    folder, _, last = partition.location.rstrip("/").rpartition("/")
    return f"{folder}/" if last.startswith(f"{build.partition_key.name}=") else partition.location


def with_files(partition: PartitionBuild, files: list[StoredFile]) -> PartitionBuild:
    """Return the partition with the number and the bytes of its files."""
    return replace(partition, files=len(files), size=total(files))


def total(files: Iterable[StoredFile]) -> int:
    """Return the bytes of the files."""
    return sum(file.size for file in files)


def listed(session: Any, prefixes: Iterable[str]) -> Iterator[StoredFile]:
    """Yield the data files below the prefixes, which are listed in parallel, 1,000 keys a call.

    Prefixes below another one are not listed twice.
    """
    client = session.client("s3")
    with ThreadPoolExecutor(LISTINGS_AT_ONCE) as pool:
        for files in pool.map(lambda prefix: list(_files(client, prefix)), outermost(prefixes)):
            yield from files


def outermost(prefixes: Iterable[str]) -> list[str]:
    """Return the prefixes that are below no other, sorted."""
    found: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not found or not prefix.startswith(found[-1]):
            found.append(prefix)
    return found


def by_location(files: Iterable[StoredFile], locations: Iterable[str]) -> dict[str, list[StoredFile]]:
    """Return the files by the location that they are below. Files below no location are left out."""
    found: dict[str, list[StoredFile]] = {location: [] for location in locations}
    of_folder = {location.rstrip("/"): files for location, files in found.items()}
    for file in files:
        folder = file.uri
        while folder and folder not in of_folder:
            folder = folder.rpartition("/")[0]
        if folder:
            of_folder[folder].append(file)
    return found


def _files(client: Any, prefix_uri: str) -> Iterator[StoredFile]:
    """Yield the files that a reader sees below a prefix: not those whose name begins with `_` or `.`."""
    bucket, prefix = s3.split_uri(prefix_uri)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            key: str = entry["Key"]
            name = key.rpartition("/")[2]
            if name and name[0] not in "._":
                yield StoredFile(f"s3://{bucket}/{key}", int(entry["Size"]))
