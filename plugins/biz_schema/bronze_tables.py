"""Bronze: every source column as text, and where, when and with which export it came."""

from __future__ import annotations

from biz_schema.lake_tables import LakeColumn, LakeTable
from biz_schema.source_tables import SOURCE_TABLES, SourceTable

BATCH_ID = "batch_id"

INGESTION_COLUMNS = {
    "source_file": LakeColumn("string", "address of the exported file"),
    "ingested_at": LakeColumn("timestamp", "when the bronze job ran, UTC"),
}
"""What the bronze job adds to each row. Columns that the source has beyond the declared ones follow as text."""

_ABOUT = {
    "order_items": "Every order line of one export batch, as text, as the source gave it.",
    "order_item_options": "Every chosen option of one export batch, as text, as the source gave it.",
    "date_dim": "The source's calendar of one export batch, as text, as the source gave it.",
}


def _bronze(source: SourceTable) -> LakeTable:
    return LakeTable(
        name=source.bronze_name,
        about=_ABOUT[source.name],
        grain=("id", BATCH_ID),
        columns={column.name: LakeColumn("string", column.meaning) for column in source.columns}
        | INGESTION_COLUMNS
        | {BATCH_ID: LakeColumn("string", "partition: the export")},
        partition_keys=(BATCH_ID,),
    )


BRONZE_TABLES = {source.bronze_name: _bronze(source) for source in SOURCE_TABLES}
"""By name, in the order of the source tables."""
