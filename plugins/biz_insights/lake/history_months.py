"""The files of `publish_history`: read as rows, and compacted to one file a month.

A release adds one small file to the partition of its month. When the month is over and the current release is of a
later one, nothing is added to it any more. Its rows are then written to one file below a new prefix, and one call
points the partition to it. The rows stay the same; a reader sees the old files or the new one.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable
from typing import Any

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.catalog import Catalog
from biz_insights.lake.file_sizes import listed
from biz_insights.lake.operations_tables import arrow_schema
from biz_schema.operations_tables import PUBLISH_HISTORY

FILES_AT_LEAST = 8
"""A month with fewer files stays as it is: writing them again would cost more than it saves."""


def history_rows(session: Any, published: Catalog, months: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of `publish_history` of some months (`YYYY-MM`), or of all."""
    wanted = None if months is None else set(months)
    return [
        row
        for month, partition in published.partitions(PUBLISH_HISTORY.name).items()
        if wanted is None or month in wanted
        for row in _table(session, [file.uri for file in listed(session, [partition.location])]).to_pylist()
    ]


def months_to_compact(session: Any, published: Catalog, before: str) -> dict[str, int]:
    """Return the months before a month (`YYYY-MM`) whose rows are in many files, with the number of files."""
    counts = {
        month: len(list(listed(session, [partition.location])))
        for month, partition in published.partitions(PUBLISH_HISTORY.name).items()
        if month < before
    }
    return {month: count for month, count in sorted(counts.items()) if count >= FILES_AT_LEAST}


def compact_month(session: Any, published: Catalog, month: str, ops_uri: str) -> int:
    """Write the rows of one month to one file, and point the month to it. Return the number of files before.

    Raises:
        PermanentError: the new file does not hold the same rows.
    """
    import pyarrow.parquet as pq

    partition = published.partitions(PUBLISH_HISTORY.name)[month]
    uris = [file.uri for file in listed(session, [partition.location])]
    rows = _table(session, uris)
    content = io.BytesIO()
    pq.write_table(rows, content)
    location = f"{ops_uri}{PUBLISH_HISTORY.name}/compacted/month={month}/{uuid.uuid4().hex}/"
    s3.put_bytes(session, f"{location}rows.parquet", content.getvalue())
    if _table(session, [f"{location}rows.parquet"]) != rows:
        raise PermanentError(
            f"{location} does not hold the rows of {partition.location}, so publish_history still reads the earlier "
            "files; clear this task"
        )
    repoint(published, PUBLISH_HISTORY.name, [month], location)
    return len(uris)


def repoint(published: Catalog, table: str, values: list[str], location: str) -> None:
    """Point one partition to another location, in one call; everything else of it stays."""
    where = {"DatabaseName": published.database, "TableName": table}
    stored = published.glue.get_partition(**where, PartitionValues=values)["Partition"]
    wanted = {
        "Values": values,
        "StorageDescriptor": {**stored["StorageDescriptor"], "Location": location},
        "Parameters": stored.get("Parameters") or {},
    }
    published.glue.update_partition(**where, PartitionValueList=values, PartitionInput=wanted)


def _table(session: Any, uris: Iterable[str]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(PUBLISH_HISTORY)
    tables = [schema.empty_table()]
    for uri in sorted(uris):
        found = pq.read_table(io.BytesIO(s3.get_bytes(session, uri) or b""))
        tables.append(found.select([name for name in schema.names if name in found.column_names]))
    return pa.concat_tables(tables, promote_options="default").select(schema.names)
