"""A small published lake for the dashboards: sales of a year and a half through the real gold SQL, on the endpoint.

No pipeline runs: the gold harness builds the tables in memory, and they are written and entered in the catalog here,
with the operations tables that a run leaves behind.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from biz_insights.gold.definition import gold_tables
from biz_insights.lake import operations_tables
from biz_insights.lake.builds import Column
from biz_insights.lake.catalog import storage_descriptor
from biz_insights.quality.results_store import RESULTS_TABLE, results_schema
from biz_schema.score_tables import SCORE_TABLES
from tests.dags.gold.harness import DATABASE, Lake, Row, calendar_day, line, loyalty_effect, prediction

LAST_DAY = date(2024, 2, 18)
DAYS = 480
BUCKET = "business-insights-lake"
STORES = ("63bc98a7519adc105105a990", "5f3214a8cc0a5e0017ab77e1", "60aa33fe12cd9d0022bb10c4")
MENU = (("Bagel", "Breakfast", "4.25"), ("Turkey Club", "Sandwiches", "9.75"), ("Mango Smoothie", "Smoothies", "6.10"))
RUN = "manual-2024-02-19t08-00-00-00-00"
PUBLISHED_AT = datetime(2024, 2, 19, 8, 30)
BATCH = "bi-20240218-abcdef01-t1"


def lines() -> list[Row]:
    """Nine hundred order lines: three stores, thirty customers of different rhythm, guests, a loyalty programme."""
    found = []
    for n in range(900):
        day = LAST_DAY - timedelta(days=DAYS - 1 - (n * 7919) % DAYS)
        customer = (n * n + 3 * n) % 37
        name, category, price = MENU[n % 3]
        found.append(
            line(
                f"o{n}",
                Decimal(price) + Decimal(n % 5) / 4,
                day.isoformat(),
                source_id=n,
                hour=7 + n % 12,
                restaurant_id=STORES[(n * n) % 7 % 3],
                user_id=None if customer > 29 else f"user-{customer:02d}",
                is_loyalty=customer % 4 == 0,
                item_name=name,
                item_category=category,
                item_category_source=category,
                options=Decimal("0.75") if n % 4 == 0 else 0,
                order_date=day,
            )
        )
    refunded = LAST_DAY.isoformat()
    found.append(line("refund", "-3.25", refunded, restaurant_id=STORES[0], user_id="user-01", item_name="Bagel"))
    return found


def built(more_lines: Iterable[Row] = ()) -> dict[str, pa.Table]:
    """Every fact and mart as of the last day, and what the scores' job publishes."""
    as_of = LAST_DAY.isoformat()
    holidays = [calendar_day(date(year, 1, 1).isoformat(), "New Year's Day") for year in (2023, 2024)]
    lake = Lake([*lines(), *more_lines], holidays)
    customers = sorted({row["user_id"] for row in lake_lines(lake)})
    lake.insert(
        "gold_customer_predictions",
        [
            prediction(
                as_of,
                user_id=user,
                ltv_decile=1 + n % 10,
                expected_value_365=20.0 + n,
                value_365_p10=5.0,
                value_365_p90=60.0 + n,
                p_order_90=n % 40 / 40,
                overdue_p=n % 31 / 31,
            )
            for n, user in enumerate(customers)
        ],
    )
    lake.insert("gold_loyalty_effects", [loyalty_effect(metric, as_of) for metric in ("orders", "net_sales")])
    tables = {name: score_rows(name) for name in ("model_registry", "model_backtests", "churn_backtests")}
    for table in gold_tables().values():
        if table.kind != "views":
            lake.build(table.name, as_of)
            tables[table.name] = lake.connection.sql(f"SELECT * FROM {DATABASE}.{table.name}").to_arrow_table()
    return tables


def lake_lines(lake: Lake) -> list[Row]:
    """The lines of known customers."""
    return lake.query(f"SELECT user_id FROM {DATABASE}.silver_order_items WHERE user_id IS NOT NULL")


def score_rows(name: str) -> pa.Table:
    """Return two rows of one of the tables that say how reliable predictions are."""
    values: dict[str, Any] = {"string": "all", "double": 0.25, "int": 90, "bigint": 30, "boolean": False}
    values["date"] = LAST_DAY
    columns = SCORE_TABLES[name].columns
    row = {column: values[kind.type] for column, kind in columns.items()} | {"currency": "USD", "as_of_date": LAST_DAY}
    methods = ("rule_45_days", "model_at_threshold")
    rows = [{key: value for key, value in (row | {"method": method}).items() if key in columns} for method in methods]
    return pa.Table.from_pylist(rows)


@cache
def _client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


@dataclass(frozen=True)
class PublishedLake:
    """A database of the endpoint's catalog that holds a published state."""

    database: str

    def client(self, service: str) -> Any:
        """A client of the endpoint, made once: making one reads AWS's description of the service."""
        return _client(service)

    def publish(self, tables: dict[str, pa.Table], at: datetime = PUBLISHED_AT, run: str = RUN) -> None:
        """Write the tables and enter them, with the operations tables of the run that did it."""
        for name, rows in {**tables, **operations()}.items():
            self.put(name, rows)
        self.put("publish_history", history(tables, at, run))

    def put(self, name: str, rows: pa.Table) -> None:
        """One unpartitioned table, in place of what it was."""
        prefix = f"dashboards/{self.database}/{name}/{uuid.uuid4().hex}/"
        buffer = io.BytesIO()
        pq.write_table(rows, buffer)
        self.client("s3").put_object(Bucket=BUCKET, Key=f"{prefix}rows.parquet", Body=buffer.getvalue())
        columns = [Column(field.name, operations_tables.athena_type(field.type)) for field in rows.schema]
        wanted = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": storage_descriptor(columns, f"s3://{BUCKET}/{prefix}"),
        }
        glue = self.client("glue")
        try:
            glue.create_table(DatabaseName=self.database, TableInput=wanted)
        except glue.exceptions.AlreadyExistsException:
            glue.update_table(DatabaseName=self.database, TableInput=wanted)

    def views(self) -> None:
        """The views over the tables."""
        from pyathena import connect

        connection = connect(region_name="us-east-1", work_group="business-insights-read", poll_interval=0.02)
        for table in gold_tables().values():
            if table.kind == "views":
                select = table.select(database=self.database)
                connection.cursor().execute(f"CREATE OR REPLACE VIEW {self.database}.{table.name} AS {select}")


def operations(run: str = RUN) -> dict[str, pa.Table]:
    """Ledger, quarantine, and the results of one checkpoint."""
    counts = {"order_items": (903, 900, 3), "order_item_options": (226, 225, 1), "date_dim": (1, 1, 0)}
    ledger = [
        {
            "source_table": name,
            "database_rows_min": rows,
            "database_rows_max": rows,
            "source_rows": rows,
            "accepted_rows": accepted,
            "quarantined_rows": quarantined,
            "test_rows": 0,
            "source_amount": None if name == "date_dim" else Decimal("1234.50"),
            "accepted_amount": None if name == "date_dim" else Decimal("1230.25"),
            "quarantined_amount": None if name == "date_dim" else Decimal("4.25"),
            "negative_lines": 2 if name == "order_items" else None,
            "negative_lines_explained": 2 if name == "order_items" else None,
            "negative_lines_rule": "refund" if name == "order_items" else None,
            "batch_id": BATCH,
        }
        for name, (rows, accepted, quarantined) in counts.items()
    ]
    quarantine = {
        "source_id": pa.array([1, 2, 3, 4], pa.int64()),
        "order_id": ["a", "b", "c", "d"],
        "lineitem_id": pa.array([None, "b-1", "c-1", "d-1"], pa.string()),
        "reasons": [["missing_line_id"], ["duplicate_line"], ["duplicate_line", "parse"], ["orphan_option"]],
        "raw": ["{}"] * 4,
        "batch_id": [BATCH] * 4,
        "source_table": ["order_items", "order_items", "order_items", "order_item_options"],
    }
    keys = [("run", pa.string()), ("checkpoint", pa.string())]
    schema = pa.schema([*results_schema(), *(pa.field(*key) for key in keys)])
    results = [result(True, run=run), result(True, run=run), result(False, "warning", run=run)]
    return {
        "row_ledger": pa.Table.from_pylist(ledger),
        "quarantine": pa.table(quarantine),
        RESULTS_TABLE: pa.Table.from_pylist(results, schema),
    }


def history(tables: Iterable[str], at: datetime, run: str) -> pa.Table:
    """What publish_history says after one run has published these tables and the ledger."""
    batches = ("row_ledger", "quarantine")
    rows = [
        {
            "partition": BATCH if name in batches else LAST_DAY.isoformat(),
            "change": "added",
            "process_date": LAST_DAY.isoformat(),
            "published_at": at,
            "run": run,
            "table_name": name,
        }
        for name in (*tables, *batches)
    ]
    texts = ("partition", "change", "old_location", "new_location", "fingerprint", "process_date", "run", "table_name")
    columns = [*((name, pa.string()) for name in texts), ("published_at", pa.timestamp("us"))]
    return pa.Table.from_pylist(rows, pa.schema(columns))


def result(success: bool, severity: str = "critical", run: str = RUN) -> dict[str, Any]:
    """One row of data_quality_results."""
    return {
        "process_date": LAST_DAY,
        "checked_at": PUBLISHED_AT - timedelta(minutes=1),
        "table_name": "mart_sales_trends",
        "run": run,
        "checkpoint": "mart_sales_trends",
        "rule_name": "net sales are not negative" if success else "every store sold lately",
        "expectation": "expect_column_values_to_be_between",
        "column_name": "net_sales",
        "severity": severity,
        "success": success,
        "samples": [],
        "why": "a store without sales may be closed",
        "fix": "ask the store",
        "checkpoint_score": 85.7,
        "checkpoint_blocked": False,
    }


def new_lake(name: str) -> PublishedLake:
    """An empty database."""
    lake = PublishedLake(name)
    lake.client("glue").create_database(DatabaseInput={"Name": name})
    return lake


def use(lake: PublishedLake, monkeypatch: Any) -> None:
    """Make the dashboards read this lake; what they keep of another is forgotten."""
    import streamlit as st

    from streamlit_dashboard.warehouse import athena

    monkeypatch.setenv("BIZ_INSIGHTS_PUBLISHED_DATABASE", lake.database)
    monkeypatch.setenv("BIZ_INSIGHTS_POLL_SECONDS", "1")
    if athena.settings().published_database != lake.database or athena.settings().poll_seconds != 1:
        athena.forget_connections()
        st.cache_resource.clear()
