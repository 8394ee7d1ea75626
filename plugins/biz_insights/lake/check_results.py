"""The partitions of `data_quality_results`: one for each run and checkpoint, found by age and removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from biz_insights.lake.catalog import Catalog, batches, raise_on_errors
from biz_insights.lake.file_sizes import listed
from biz_insights.lake.objects import listed_objects
from biz_insights.lake.publish import REMOVALS_PER_CALL
from biz_schema.operations_tables import DATA_QUALITY_RESULTS


@dataclass(frozen=True)
class ResultPartition:
    """The results of one checkpoint of one run, and where they are."""

    values: tuple[str, ...]
    location: str


def result_partitions(published: Catalog) -> list[ResultPartition]:
    """Return all partitions; none before the first checkpoint."""
    if published.table(DATA_QUALITY_RESULTS.name) is None:
        return []
    pages = published.glue.get_paginator("get_partitions").paginate(
        DatabaseName=published.database, TableName=DATA_QUALITY_RESULTS.name, ExcludeColumnSchema=True
    )
    return [
        ResultPartition(tuple(found["Values"]), found["StorageDescriptor"]["Location"])
        for page in pages
        for found in page["Partitions"]
    ]


def expired_results(session: Any, published: Catalog, ops_uri: str, before: datetime) -> list[ResultPartition]:
    """Return the partitions whose files were written before a moment. One listing serves for all of them."""
    written: dict[str, datetime] = {}
    for stored in listed_objects(session, f"{ops_uri}{DATA_QUALITY_RESULTS.name}/"):
        written[stored.folder] = max(stored.modified, written.get(stored.folder, datetime.min.replace(tzinfo=UTC)))
    return [
        part for part in result_partitions(published) if part.location in written and written[part.location] < before
    ]


def remove_results(published: Catalog, parts: list[ResultPartition]) -> None:
    """Remove partitions from the catalog. Maintenance deletes their files afterwards, because nothing names them."""
    for batch in batches(parts, REMOVALS_PER_CALL):
        response = published.glue.batch_delete_partition(
            DatabaseName=published.database,
            TableName=DATA_QUALITY_RESULTS.name,
            PartitionsToDelete=[{"Values": list(part.values)} for part in batch],
        )
        raise_on_errors(f"removing partitions of {DATA_QUALITY_RESULTS.name}", response)


def files_of(session: Any, part: ResultPartition) -> list[str]:
    """Return the addresses of the files of a partition."""
    return [file.uri for file in listed(session, [part.location])]
