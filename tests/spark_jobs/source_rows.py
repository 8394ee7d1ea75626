"""Rows of the source's tables for tests: a good row of each, of which a test changes what it is about."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from biz_schema.source_tables import DATE_DIM, ORDER_ITEM_OPTIONS, ORDER_ITEMS, SOURCE_TABLES, SourceTable

GOOD_ROWS: dict[str, dict[str, Any]] = {
    "order_items": {
        "app_name": "Alltown Fresh",
        "restaurant_id": "63bc98a7519adc105105a990",
        "creation_time_utc": "2023-03-08 15:03:32.223+00",
        "order_id": "order-1",
        "user_id": "user-1",
        "printed_card_number": None,
        "is_loyalty": False,
        "currency": "USD",
        "lineitem_id": "line-1",
        "item_category": "Breakfast",
        "item_name": "Bacon Egg & Cheese*",
        "item_price": "5.99",
        "item_quantity": 1,
    },
    "order_item_options": {
        "order_id": "order-1",
        "lineitem_id": "line-1",
        "option_group_name": "Extras",
        "option_name": "Avocado",
        "option_price": "1.50",
        "option_quantity": 1,
    },
    "date_dim": {
        "date_key": "08-03-2023",
        "year": 2023,
        "month": "March",
        "week": 10,
        "day_of_week": "Wednesday",
        "is_weekend": False,
        "is_holiday": False,
        "holiday_name": None,
    },
}
INGESTED_AT = datetime(2024, 2, 18, 9, tzinfo=UTC)
# As RDS exports them; columns of every other type are text.
EXPORTED_AS = {"BIGINT": pa.int64(), "INTEGER": pa.int32(), "BOOLEAN": pa.bool_()}
EXPORT_TYPES = {
    column.name: EXPORTED_AS[column.database_type]
    for table in SOURCE_TABLES
    for column in table.columns
    if column.database_type in EXPORTED_AS
}


def source_rows(table: SourceTable, changes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each set of changes to the table's good row; ids count from 1."""
    rows = [{"id": number, **GOOD_ROWS[table.name], **change} for number, change in enumerate(changes, start=1)]
    unknown = {name for row in rows for name in row} - set(table.column_names)
    assert not unknown, f"{table.name} has no column {unknown}"
    return rows


def bronze_rows(spark: SparkSession, table: SourceTable, *changes: dict[str, Any]) -> DataFrame:
    """The rows as bronze has them: every column text, with the columns of the ingestion."""

    def text(value: Any) -> str | None:
        return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)

    rows = [tuple(text(row[name]) for name in table.column_names) for row in source_rows(table, changes)]
    columns = ", ".join(f"{name} string" for name in table.column_names)
    ingestion = ("file", INGESTED_AT)
    return spark.createDataFrame(
        [(*row, *ingestion) for row in rows], f"{columns}, source_file string, ingested_at timestamp"
    )


def bronze_lines(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    return bronze_rows(spark, ORDER_ITEMS, *changes)


def bronze_options(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    return bronze_rows(spark, ORDER_ITEM_OPTIONS, *changes)


def bronze_dates(spark: SparkSession, *changes: dict[str, Any]) -> DataFrame:
    return bronze_rows(spark, DATE_DIM, *changes)


def write_export(folder: Path, tables: dict[SourceTable, list[dict[str, Any]]]) -> None:
    """Write rows as RDS exports a database: `<schema>.<table>/<batch>/part-….gz.parquet`, two batches a table when
    there are rows for two."""
    for table, rows in tables.items():
        columns = list(rows[0]) if rows else list(table.column_names)
        schema = pa.schema([(name, EXPORT_TYPES.get(name, pa.string())) for name in columns])
        halves = [rows[: len(rows) // 2], rows[len(rows) // 2 :]] if len(rows) > 1 else [rows]
        for number, part in enumerate(halves, start=1):
            batch = folder / table.landing_folder / str(number)
            batch.mkdir(parents=True)
            name = f"part-00000-{uuid.uuid4()}.gz.parquet"
            pq.write_table(pa.Table.from_pylist(part, schema), batch / name, compression="gzip")


def values(rows: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The named columns of all rows, in no particular order made definite by sorting on their text."""
    return sorted((tuple(row) for row in rows.select(*columns).collect()), key=str)
