"""The manifest that a job writes last: what it built, where, and which partitions differ from the published ones."""

import json
from dataclasses import asdict, dataclass

from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from spark_jobs.partitions import Partition
from spark_jobs.storage import write_text


@dataclass(frozen=True)
class BuiltTable:
    """One table of a build.

    `schema` includes the partition key (last), `location` ends with `run=<id>/`. Partitions have their value as name;
    the only partition of an unpartitioned table has the name ''.
    """

    name: str
    schema: StructType
    partition_key: str | None
    location: str
    partitions: dict[str, Partition]

    def entry(self) -> dict[str, object]:
        columns = [[field.name, field.dataType.simpleString()] for field in self.schema.fields]
        return {
            "columns": [column for column in columns if column[0] != self.partition_key],
            "partition_keys": [column for column in columns if column[0] == self.partition_key],
            "location": self.location,
            "partitions": {value: asdict(part) for value, part in sorted(self.partitions.items())},
        }


def manifest_text(job_run_id: str, batch_id: str, tables: list[BuiltTable]) -> str:
    """Return the manifest as one line of JSON; types have Hive's and Athena's names."""
    built = {table.name: table.entry() for table in tables}
    return json.dumps({"job_run_id": job_run_id, "batch_id": batch_id, "tables": built})


def write_manifest(
    spark: SparkSession, layer_uri: str, job_run_id: str, batch_id: str, tables: list[BuiltTable]
) -> None:
    """Write the manifest to `<layer>/_manifest/run=<job_run_id>/manifest.json`."""
    text = manifest_text(job_run_id, batch_id, tables)
    write_text(spark, text, f"{layer_uri}_manifest/run={job_run_id}/manifest.json")
