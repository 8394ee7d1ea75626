"""What passed audits recorded of partitions that were published earlier: how much they held, and their columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from biz_insights.aws import s3
from biz_insights.lake.audits import builds_of
from biz_insights.lake.builds import Column, PartitionBuild


@dataclass(frozen=True)
class AuditedPartition:
    """A partition as an audit passed it, and the columns of its files."""

    partition: PartitionBuild
    columns: tuple[Column, ...]


def audited_partitions(
    session: Any, ops_uri: str, table: str, checkpoint: str, locations: Collection[str], runs: Collection[str]
) -> dict[str, AuditedPartition]:
    """Return what the passed audits say of these locations, by location. A location without a record is left out.

    Args:
        session: boto3 session.
        ops_uri: `s3://…/ops/`.
        table: the table.
        checkpoint: the checkpoint that audits it.
        locations: locations of partitions of the table.
        runs: the runs that published them, as far as known: their records are read first.
    """
    found: dict[str, AuditedPartition] = {}
    missing = set(locations)
    for uri in _records(session, ops_uri, checkpoint, runs):
        if not missing:
            break
        for build in builds_of(s3.get_json(session, uri)):
            if build.table == table:
                for partition in build.partitions:
                    if partition.location in missing:
                        missing.discard(partition.location)
                        found[partition.location] = AuditedPartition(partition, build.columns)
    return found


def _records(session: Any, ops_uri: str, checkpoint: str, runs: Collection[str]) -> Iterator[str]:
    """Yield the addresses of the records of a checkpoint: those of the runs first."""
    first = [f"{ops_uri}audits/{run}/{checkpoint}/" for run in sorted(set(runs), reverse=True)]
    for prefix in first:
        yield from s3.list_uris(session, prefix)
    for uri in s3.list_uris(session, f"{ops_uri}audits/"):
        if f"/{checkpoint}/" in uri and not uri.startswith(tuple(first)):
            yield uri
