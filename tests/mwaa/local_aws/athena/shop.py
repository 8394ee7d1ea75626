"""The lake for the Athena tests: one partitioned table, with its partitions below different prefixes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

DATABASE = "shop"
BUCKET = "business-insights-lake"
READ = "business-insights-read"
BUILD = "business-insights-build"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"

# order_date → (prefix of its partition, the day's file as a SELECT). Each build of a table has a prefix of its own.
# The path of 2024-01-03 has another date in it, and 2024-01-04 has no file.
DAYS: dict[str, tuple[str, str | None]] = {
    "2024-01-01": (
        "silver/sales/run=a/order_date=2024-01-01",
        "SELECT * FROM (VALUES ('north', 1::BIGINT, 10.5::DECIMAL(18,4), true, TIMESTAMP '2024-01-01 10:00:00'),"
        " ('south', 2, 4.25, false, NULL)) AS t(store, lines, net, is_loyalty, created_at)",
    ),
    "2024-01-02": (
        "build/tables/0b/order_date=2024-01-02",
        "SELECT 'north' AS store, 3::BIGINT AS lines, 7::DECIMAL(18,4) AS net, NULL::BOOLEAN AS is_loyalty,"
        " TIMESTAMP '2024-01-02 23:59:59.999' AS created_at",
    ),
    "2024-01-03": (
        "silver/sales/run=b/order_date=1999-09-09",
        "SELECT 'south' AS store, 1.5::DECIMAL(18,4) AS net",  # columns missing from the file
    ),
    "2024-01-04": ("silver/sales/run=c/order_date=2024-01-04", None),
}


@dataclass
class Shop:
    """Clients of an endpoint that has the table `shop.sales` in its catalog."""

    root: Path
    athena: Any
    glue: Any

    def run(self, sql: str, workgroup: str = READ, **arguments: Any) -> dict[str, Any]:
        """Run a statement to its end and return its QueryExecution."""
        query_id = self.start(sql, workgroup, **arguments)
        for _ in range(200):
            execution = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return dict(execution)
            time.sleep(0.05)
        raise AssertionError(f"still running: {sql}")

    def start(self, sql: str, workgroup: str = READ, **arguments: Any) -> str:
        answer = self.athena.start_query_execution(
            QueryString=sql, WorkGroup=workgroup, QueryExecutionContext={"Database": DATABASE}, **arguments
        )
        return str(answer["QueryExecutionId"])

    def results(self, sql: str, **arguments: Any) -> dict[str, Any]:
        """Return GetQueryResults of a statement that must succeed."""
        execution = self.run(sql, **arguments)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return dict(self.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"]))

    def rows(self, sql: str, **arguments: Any) -> list[list[str | None]]:
        """Return the rows without the header."""
        found = [
            [c.get("VarCharValue") for c in r["Data"]] for r in self.results(sql, **arguments)["ResultSet"]["Rows"]
        ]
        return found[1:]

    def failure(self, sql: str, **arguments: Any) -> str:
        """Return StateChangeReason of a statement that must fail."""
        execution = self.run(sql, **arguments)
        assert execution["Status"]["State"] == "FAILED", f"it should have failed: {sql}"
        assert execution["Status"]["AthenaError"]["ErrorMessage"] == execution["Status"]["StateChangeReason"]
        return str(execution["Status"]["StateChangeReason"])

    def file(self, uri: str) -> Path:
        return self.root / uri.removeprefix("s3://")


def write_lake(shop: Shop) -> None:
    """Create the database, the table, its partitions and their files."""
    shop.glue.create_database(DatabaseInput={"Name": DATABASE})
    storage = {
        "Columns": [
            {"Name": "store", "Type": "string"}, {"Name": "lines", "Type": "bigint"},
            {"Name": "net", "Type": "decimal(18,4)"}, {"Name": "is_loyalty", "Type": "boolean"},
            {"Name": "created_at", "Type": "timestamp"},
        ],
        "Location": f"s3://{BUCKET}/silver/sales/", "SerdeInfo": {"SerializationLibrary": PARQUET},
    }  # fmt: skip
    shop.glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": "sales", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": "order_date", "Type": "date"}],
        },
    )  # fmt: skip
    for day, (prefix, sql) in DAYS.items():
        folder = shop.root / BUCKET / prefix
        if sql is not None:
            folder.mkdir(parents=True)
            duckdb.sql(sql).write_parquet(str(folder / "part-0.parquet"))
        shop.glue.create_partition(
            DatabaseName=DATABASE,
            TableName="sales",
            PartitionInput={"Values": [day], "StorageDescriptor": {**storage, "Location": f"s3://{BUCKET}/{prefix}/"}},
        )
