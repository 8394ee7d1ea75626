"""What a lake needs now: the references of both slots, the operations tables, the candidates and the history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from biz_insights.lake.catalog import Catalog
from biz_insights.lake.current_release import SLOTS, slot_database
from biz_insights.lake.history_months import history_rows
from biz_insights.lake.objects import listed_objects
from biz_insights.lake.references import (
    References,
    catalog_locations,
    held_partitions,
    history_locations,
    references,
)
from biz_insights.lake.releases import RELEASES_PREFIX
from biz_insights.lake.slots import StoredTable, read_slot
from biz_insights.steps.run_context import RunContext


def slot_tables(run: RunContext) -> dict[str, dict[str, StoredTable]]:
    """Return the tables of both slots, by slot."""
    return {slot: read_slot(run.catalog(slot_database(run.settings.published_database, slot))) for slot in SLOTS}


def read_references(run: RunContext, now: datetime) -> References:
    """Return everything that may not be deleted at this moment, read from the catalogs and from S3."""
    published = run.catalog(run.settings.published_database)
    below: set[str] = set()
    roots: set[str] = set()
    held: set[tuple[str, str]] = set()
    seen = read_slot(published)
    once = {name: table for name, table in seen.items() if len(table.definition.get("PartitionKeys", ())) < 2}
    databases = [*slot_tables(run).values(), once, read_slot(run.candidates)]
    for tables in databases:
        locations, of_tables = catalog_locations(tables)
        below |= locations
        roots |= of_tables
        held |= held_partitions(tables)
    # A `StoredTable` holds one value of each partition, so the partitions of tables with two keys are read here.
    below |= {location for name in seen.keys() - once.keys() for location in _partition_locations(published, name)}
    since = (now - timedelta(days=run.settings.retention_days)).astimezone(UTC).replace(tzinfo=None)
    # Old months are read only where an operator has pinned a partition: its whole history stays then.
    months = (
        None if held else {f"{since + timedelta(days=step):%Y-%m}" for step in range(run.settings.retention_days + 2)}
    )
    below |= history_locations(history_rows(run.session, published, months), since, held)
    below |= _intended_locations(run, now)
    return references(below, roots)


def running_exports(run: RunContext) -> set[str]:
    """Return the names of the exports that RDS has not ended."""
    pages = run.session.client("rds").get_paginator("describe_export_tasks").paginate()
    ended = ("COMPLETE", "FAILED", "CANCELED")
    return {
        task["ExportTaskIdentifier"] for page in pages for task in page["ExportTasks"] if task["Status"] not in ended
    }


def _partition_locations(catalog: Catalog, table: str) -> Iterator[str]:
    pages = catalog.glue.get_paginator("get_partitions").paginate(
        DatabaseName=catalog.database, TableName=table, ExcludeColumnSchema=True
    )
    for page in pages:
        yield from (partition["StorageDescriptor"]["Location"] for partition in page["Partitions"])


def _intended_locations(run: RunContext, now: datetime) -> set[str]:
    """Return the locations that the intents of recent releases name, whether readers were switched to them or not."""
    import io

    import pyarrow.parquet as pq

    since = now - timedelta(days=run.settings.retention_days)
    found: set[str] = set()
    client: Any = run.session.client("s3")
    for stored in listed_objects(run.session, run.settings.lake_uri(RELEASES_PREFIX)):
        if not stored.uri.endswith("/changes.parquet") or stored.modified < since:
            continue
        bucket, _, key = stored.uri.removeprefix("s3://").partition("/")
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        columns = pq.read_table(io.BytesIO(body), columns=["old_location", "new_location"]).to_pydict()
        found |= {location for column in columns.values() for location in column if location}
    return found
