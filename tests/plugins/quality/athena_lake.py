"""Tables of every layer in the laptop endpoint's catalog, small and sound, for audits through Athena."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from biz_insights.aws import s3
from biz_insights.lake import operations_tables
from biz_insights.lake.builds import Column
from biz_insights.lake.catalog import storage_descriptor
from biz_schema.score_tables import SCORE_TABLES
from tests.dags.gold.harness import DATABASE, Lake
from tests.plugins.quality.samples import GOLD

MONEY = pa.decimal128(18, 4)
BRONZE = {
    "bronze_order_items": {
        "id": ["1", "2"],
        "app_name": "Cafe",
        "restaurant_id": "store-a",
        "creation_time_utc": "2024-01-10 18:00:00.5+00",
        "order_id": "o1",
        "user_id": None,
        "printed_card_number": None,
        "is_loyalty": "false",
        "currency": "USD",
        "lineitem_id": "o1-1",
        "item_category": "Breakfast",
        "item_name": "Bagel",
        "item_price": "10.12",
        "item_quantity": "1",
    },
    "bronze_order_item_options": {
        "id": ["1", "2"],
        "order_id": "o1",
        "lineitem_id": "o1-1",
        "option_group_name": "Spread",
        "option_name": "Butter",
        "option_price": "1.50",
        "option_quantity": "1",
    },
    "bronze_date_dim": {
        "id": ["1", "2"],
        "date_key": "10-01-2024",
        "year": "2024",
        "month": "January",
        "week": "2",
        "day_of_week": "Wednesday",
        "is_weekend": "false",
        "is_holiday": "false",
        "holiday_name": None,
    },
}


def source_tables() -> dict[str, pa.Table]:
    """Bronze, and what silver holds besides the tables of the gold harness."""
    tables = {name: _bronze(columns) for name, columns in BRONZE.items()}
    tables["silver_order_item_options"] = pa.table(
        {
            "source_id": pa.array([1], pa.int64()),
            "order_id": ["o1"],
            "lineitem_id": ["o1-1"],
            "option_group_name": ["Spread"],
            "option_name": ["Butter"],
            "option_price": pa.array([Decimal("1.50")], MONEY),
            "option_quantity": pa.array([1], pa.int64()),
            "option_amount": pa.array([Decimal("1.50")], MONEY),
            "batch_id": ["b1"],
            "order_date": [date(2024, 1, 10)],
        }
    )
    tables["quarantine"] = pa.table(
        {
            "source_id": pa.array([9], pa.int64()),
            "order_id": ["o9"],
            "lineitem_id": pa.array([None], pa.string()),
            "reasons": [["missing_line_id", "unparseable_item_price"]],
            "raw": ['{"order_id": "o9"}'],
            "batch_id": ["b1"],
            "source_table": ["order_items"],
        }
    )
    counts = {"database_rows_min": 7, "database_rows_max": 7, "source_rows": 7, "accepted_rows": 7}
    amounts = {"source": 10, "accepted": 9, "quarantined": 1, "source_absolute": 1000, "quarantined_absolute": 1}
    money = {f"{name}_amount": Decimal(amount) for name, amount in amounts.items()}
    negatives = {"negative_lines_rule": "refund", "negative_lines": 2, "negative_lines_explained": 1}
    ledger = counts | money | negatives | {"quarantined_rows": 0, "test_rows": 0, "batch_id": "b1"}
    names = ("order_items", "order_item_options", "date_dim")
    tables["row_ledger"] = pa.Table.from_pylist([{"source_table": name} | ledger for name in names])
    return tables


def _bronze(columns: dict[str, Any]) -> pa.Table:
    values = {
        name: pa.array(value if isinstance(value, list) else [value] * 2, pa.string())
        for name, value in columns.items()
    }
    at = pa.array([datetime(2024, 1, 13)] * 2, pa.timestamp("us"))
    return pa.table(values | {"source_file": ["f"] * 2, "ingested_at": at, "batch_id": ["b1"] * 2})


def all_tables(lake: Lake) -> dict[str, pa.Table]:
    """Every table that has a suite."""
    names = ("silver_order_items", "silver_date_dim", *GOLD, *SCORE_TABLES)
    gold = {name: lake.connection.execute(f"SELECT * FROM {DATABASE}.{name}").to_arrow_table() for name in names}
    return source_tables() | gold


def register(session: Any, database: str, name: str, rows: pa.Table, root: str) -> None:
    """Writes rows as Parquet and enters them in the catalog, partitioned by order_date where there is one."""
    keys = ["order_date"] if "order_date" in rows.column_names else []
    columns = [
        {"Name": field.name, "Type": operations_tables.athena_type(field.type)}
        for field in rows.schema
        if field.name not in keys
    ]
    glue = session.client("glue")
    table_input = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet"},
        "PartitionKeys": [{"Name": key, "Type": "date"} for key in keys],
        "StorageDescriptor": _storage(columns, f"{root}{name}/"),
    }
    glue.create_table(DatabaseName=database, TableInput=table_input)
    if not keys:
        _put(session, f"{root}{name}/rows.parquet", rows)
        return
    for day in sorted(set(rows["order_date"].to_pylist())):
        prefix = f"{root}{name}/order_date={day}/"
        part = rows.filter(pc.equal(rows["order_date"], day)).drop_columns(keys)
        _put(session, f"{prefix}rows.parquet", part)
        partition = {"Values": [str(day)], "StorageDescriptor": _storage(columns, prefix)}
        glue.create_partition(DatabaseName=database, TableName=name, PartitionInput=partition)


def _storage(columns: list[dict[str, str]], location: str) -> dict[str, Any]:
    return storage_descriptor([Column(column["Name"], column["Type"]) for column in columns], location)


def _put(session: Any, uri: str, rows: pa.Table) -> None:
    buffer = io.BytesIO()
    pq.write_table(rows, buffer)
    s3.put_bytes(session, uri, buffer.getvalue())
