"""The manifest of a Glue job: one JSON document beside its output that lists what it wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.builds import UNPARTITIONED, Column, PartitionBuild, TableBuild, Volume


@dataclass(frozen=True)
class Manifest:
    """The manifest of one job run, as written by `spark_jobs/manifest.py`."""

    job_run_id: str
    batch_id: str
    tables: Mapping[str, Any]

    def build(self, table: str) -> TableBuild:
        """Return the build of `table`: its new and changed partitions, and the values of the deleted ones."""
        entry = self.tables[table]
        keys = entry["partition_keys"]
        location = entry["location"]
        partitions = entry["partitions"]
        return TableBuild(
            table=table,
            columns=tuple(Column(name, kind) for name, kind in entry["columns"]),
            partition_key=Column(*keys[0]) if keys else None,
            partitions=tuple(
                PartitionBuild(
                    value=value,
                    location=location if value == UNPARTITIONED else f"{location}{keys[0][0]}={value}/",
                    fingerprint=partition["fingerprint"],
                    rows=partition["rows"],
                    amount=partition.get("amount"),
                    largest_amount=partition.get("largest_amount"),
                )
                for value, partition in sorted(partitions.items())
                if partition["change"] in ("new", "changed")
            ),
            removed=tuple(sorted(value for value, partition in partitions.items() if partition["change"] == "deleted")),
        )

    def fingerprints(self, table: str) -> dict[str, str]:
        """Return the fingerprint by partition value, of all partitions that the table has after this run."""
        return {
            value: partition["fingerprint"]
            for value, partition in self.tables[table]["partitions"].items()
            if partition["change"] != "deleted"
        }

    def volumes(self, table: str) -> dict[str, Volume]:
        """Return how much each partition holds, by value, of all partitions that the table has after this run."""
        return {
            value: Volume(
                partition["fingerprint"], partition["rows"], partition.get("amount"), partition.get("largest_amount")
            )
            for value, partition in self.tables[table]["partitions"].items()
            if partition["change"] != "deleted"
        }

    def rows(self, table: str) -> int:
        """Return the number of rows in all partitions that the table has after this run."""
        return sum(
            partition["rows"]
            for partition in self.tables[table]["partitions"].values()
            if partition["change"] != "deleted"
        )


def read_manifest(session: Any, layer_uri: str, job_run_id: str) -> Manifest:
    """Read the manifest at `<layer_uri>_manifest/run=<job_run_id>/manifest.json`.

    Raises:
        PermanentError: the job run wrote no manifest.
    """
    uri = f"{layer_uri}_manifest/run={job_run_id}/manifest.json"
    body = s3.get_bytes(session, uri)
    if body is None:
        raise PermanentError(
            f"job run {job_run_id} wrote no manifest at {uri}; read the job's log, then clear the build task"
        )
    data = json.loads(body)
    return Manifest(data["job_run_id"], data["batch_id"], data["tables"])
