"""CTAS, INSERT INTO, UNLOAD and DDL: what they write to S3 and to the catalog, and what Athena refuses."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.mwaa.local_aws.athena.shop import BUCKET, BUILD, DATABASE, Shop


@pytest.fixture
def made(shop: Shop) -> Iterator[str]:
    """Return the name of a table that a test creates; it is dropped after the test."""
    yield "made"
    shop.run("DROP TABLE IF EXISTS made")


def _location(shop: Shop, name: str) -> str:
    return str(shop.glue.get_table(DatabaseName=DATABASE, Name=name)["Table"]["StorageDescriptor"]["Location"])


DAYS_OF_2024 = "SELECT x AS n, date_add('day', x, DATE '2024-01-01') AS day FROM UNNEST(sequence(0, {last})) AS u(x)"


def test_ctas_writes_hive_folders_below_the_enforced_location(shop: Shop, made: str) -> None:
    execution = shop.run(
        f"CREATE TABLE {made} WITH (format = 'PARQUET', write_compression = 'SNAPPY',"
        " partitioned_by = ARRAY['order_date']) AS"
        " SELECT store, sum(net) AS net, sum(lines) AS lines, max(created_at) AS last, order_date FROM sales"
        " GROUP BY store, order_date",
        workgroup=BUILD,
    )
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    prefix = f"s3://{BUCKET}/gold/tables/{execution['QueryExecutionId']}"
    assert _location(shop, made) == prefix
    partitions = shop.glue.get_partitions(DatabaseName=DATABASE, TableName=made)["Partitions"]
    assert [(p["Values"], p["StorageDescriptor"]["Location"]) for p in partitions] == [
        ([f"2024-01-0{d}"], f"{prefix}/order_date=2024-01-0{d}") for d in (1, 2, 3)
    ]
    files = sorted(shop.file(prefix).glob("*/*"))
    schema = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{files[0]}', hive_partitioning=false)").fetchall()
    assert [(c[0], c[1]) for c in schema] == [
        ("store", "VARCHAR"), ("net", "DECIMAL(38,4)"), ("lines", "BIGINT"), ("last", "TIMESTAMP"),
    ]  # fmt: skip
    codec = duckdb.sql(f"SELECT DISTINCT compression FROM parquet_metadata('{files[0]}')").fetchall()
    assert codec == [("SNAPPY",)]
    manifest = execution["Statistics"]["DataManifestLocation"]
    assert manifest == f"{prefix}-manifest.csv"
    assert shop.file(manifest).read_text().split() == ["s3://" + str(f.relative_to(shop.root)) for f in files]
    answer = shop.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert answer["UpdateCount"] == 4
    assert shop.rows(f"SELECT sum(net) FROM {made} WHERE order_date = DATE '2024-01-01'") == [["14.7500"]]


def test_more_than_a_hundred_partitions_are_refused(shop: Shop, made: str) -> None:
    ctas = f"CREATE TABLE {made} WITH (partitioned_by = ARRAY['day']) AS "
    reason = shop.failure(ctas + DAYS_OF_2024.format(last=100), workgroup=BUILD)
    assert reason.startswith("HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets")
    assert shop.run(ctas + DAYS_OF_2024.format(last=99), workgroup=BUILD)["Status"]["State"] == "SUCCEEDED"
    more = f"INSERT INTO {made} SELECT n, date_add('day', 500, day) FROM ({DAYS_OF_2024.format(last=100)})"
    assert shop.failure(more).startswith("HIVE_TOO_MANY_OPEN_PARTITIONS: ")
    target = f"'s3://{BUCKET}/u101/' WITH (format = 'PARQUET', partitioned_by = ARRAY['day'])"
    unload = f"UNLOAD ({DAYS_OF_2024.format(last=100)}) TO {target}"
    assert shop.failure(unload).startswith("HIVE_TOO_MANY_OPEN_PARTITIONS: ")


@pytest.mark.parametrize(
    ("sql", "workgroup", "reason"),
    [
        (
            f"CREATE TABLE made WITH (external_location = 's3://{BUCKET}/elsewhere/') AS SELECT 1 AS a", BUILD,
            "INVALID_TABLE_PROPERTY: The Create Table As Select query failed because it was submitted with an "
            "'external_location' property to an Athena Workgroup that enforces",
        ),
        (
            f"CREATE TABLE made WITH (external_location = 's3://{BUCKET}/silver/sales/run=a/') AS SELECT 1 AS a", None,
            "HIVE_PATH_ALREADY_EXISTS: Target directory for table 'awsdatacatalog.shop.made' already exists: "
            f"s3://{BUCKET}/silver/sales/run=a/",
        ),
        (
            "CREATE TABLE made WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b", BUILD,
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as "
            "the table properties: [a]",
        ),
        ("CREATE TABLE made AS SELECT 1", BUILD, "MISSING_COLUMN_NAME: line 1:1: Column name not specified"),
        ("CREATE TABLE made AS SELECT 1 AS a, 2 AS a", BUILD, "DUPLICATE_COLUMN_NAME: "),
        ("CREATE TABLE sales AS SELECT 1 AS a", BUILD, "TABLE_ALREADY_EXISTS: line 1:1: Destination table "),
        ("CREATE TABLE made WITH (formt = 'PARQUET') AS SELECT 1 AS a", BUILD, "INVALID_TABLE_PROPERTY: line 1:1: "),
        ("CREATE TABLE made WITH (format = 'ORC') AS SELECT 1 AS a", BUILD, "NOT_SUPPORTED: the local Athena endpoint"),
        ("CREATE TABLE made WITH (table_type = 'ICEBERG') AS SELECT 1 AS a", BUILD, "NOT_SUPPORTED: "),
        ("INSERT INTO sales SELECT 'x'", None, "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types"),
        (f"UNLOAD (SELECT 1 AS a) TO 's3://{BUCKET}/silver/' WITH (format = 'PARQUET')", None, "HIVE_PATH_ALREADY_"),
    ],
)  # fmt: skip
def test_what_athena_refuses_is_refused(shop: Shop, made: str, sql: str, workgroup: str | None, reason: str) -> None:
    assert shop.failure(sql, **({"workgroup": workgroup} if workgroup else {})).startswith(reason)
    names = {t["Name"] for t in shop.glue.get_tables(DatabaseName=DATABASE)["TableList"]}
    assert made not in names


def test_insert_adds_partitions_and_files_to_existing_ones(shop: Shop, made: str) -> None:
    shop.run(
        f"CREATE TABLE {made} WITH (partitioned_by = ARRAY['store']) AS SELECT 1 AS n, 'a' AS store", workgroup=BUILD
    )
    inserted = shop.run(f"INSERT INTO {made} (store, n) VALUES ('a', 2), ('b/c', 3), (NULL, 4)")
    assert inserted["Status"]["State"] == "SUCCEEDED", inserted["Status"]
    assert shop.athena.get_query_results(QueryExecutionId=inserted["QueryExecutionId"])["UpdateCount"] == 3
    assert shop.rows(f"SELECT store, sum(n) FROM {made} GROUP BY store ORDER BY store") == [
        ["a", "3"], ["b/c", "3"], [None, "4"],
    ]  # fmt: skip
    shown = shop.results(f"SHOW PARTITIONS {made}")["ResultSet"]["Rows"]
    assert [r["Data"][0]["VarCharValue"] for r in shown] == [
        "store=a", "store=b%2Fc", "store=__HIVE_DEFAULT_PARTITION__",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["TEXTFILE", "JSON", "PARQUET"])
def test_every_format_can_be_read_after_writing(shop: Shop, made: str, form: str) -> None:
    written = shop.run(
        f"CREATE TABLE {made} WITH (format = '{form}', write_compression = 'GZIP') AS"
        " SELECT 'a,\"b\"' AS s, CAST(NULL AS varchar) AS missing, CAST(1.5 AS decimal(10,2)) AS d,"
        " DATE '2024-01-01' AS day",
        workgroup=BUILD,
    )
    assert written["Status"]["State"] == "SUCCEEDED", written["Status"]
    assert shop.rows(f"SELECT s, missing, d, day FROM {made}") == [['a,"b"', None, "1.50", "2024-01-01"]]


def test_a_ctas_without_rows_creates_an_empty_table(shop: Shop, made: str) -> None:
    execution = shop.run(f"CREATE TABLE {made} AS SELECT store FROM sales WHERE lines > 99", workgroup=BUILD)
    assert shop.file(execution["Statistics"]["DataManifestLocation"]).read_text() == ""
    assert shop.rows(f"SELECT count(*) FROM {made}") == [["0"]]


def test_unload_writes_to_the_given_location(shop: Shop) -> None:
    execution = shop.run(
        f"UNLOAD (SELECT store, net FROM sales) TO 's3://{BUCKET}/unloaded/'"
        " WITH (format = 'PARQUET', compression = 'ZSTD')"
    )
    assert execution["SubstatementType"] == "UNLOAD"
    found = duckdb.sql(f"SELECT count(*) FROM '{shop.root}/{BUCKET}/unloaded/*.parquet'").fetchall()
    assert found == [(4,)]


def test_external_tables_of_csv_and_json(shop: Shop) -> None:
    shop.file(f"s3://{BUCKET}/raw/csv").mkdir(parents=True)
    shop.file(f"s3://{BUCKET}/raw/csv/a.csv").write_text('name,price\n"Bagel, plain",1.50\nTea,\n')
    shop.file(f"s3://{BUCKET}/raw/json").mkdir(parents=True)
    shop.file(f"s3://{BUCKET}/raw/json/a.json").write_text('{"name": "Tea", "tags": ["hot", "new"]}\n{"name": null}\n')
    for sql in (
        f"CREATE EXTERNAL TABLE raw_csv (name string, price string) ROW FORMAT SERDE"
        " 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"
        " WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '\"')"
        f" LOCATION 's3://{BUCKET}/raw/csv/' TBLPROPERTIES ('skip.header.line.count' = '1')",
        f"CREATE EXTERNAL TABLE IF NOT EXISTS raw_json (`name` string COMMENT 'what', tags array<string>)"
        f" ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://{BUCKET}/raw/json/'",
    ):
        execution = shop.run(sql)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert shop.rows("SELECT name, price FROM raw_csv ORDER BY name") == [["Bagel, plain", "1.50"], ["Tea", ""]]
    assert shop.rows("SELECT name, tags FROM raw_json ORDER BY name") == [["Tea", "[hot, new]"], [None, None]]


def test_partitions_are_added_moved_dropped_and_found(shop: Shop) -> None:
    folder = shop.file(f"s3://{BUCKET}/found/day=2024-05-01")
    folder.mkdir(parents=True)
    duckdb.sql("SELECT 1 AS n").write_parquet(str(folder / "x.parquet"))

    def steps(*statements: str) -> None:
        for sql in statements:
            execution = shop.run(sql)
            assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]

    steps(
        f"CREATE EXTERNAL TABLE found (n int) PARTITIONED BY (day date) STORED AS PARQUET LOCATION 's3://{BUCKET}/found/'",
        "MSCK REPAIR TABLE found",
    )
    assert shop.rows("SELECT n, day FROM found") == [["1", "2024-05-01"]]
    steps(
        f"ALTER TABLE found ADD IF NOT EXISTS PARTITION (day = '2024-05-02') LOCATION 's3://{BUCKET}/found/day=2024-05-01/'"
        " PARTITION (day = '2024-05-03')",
        f"ALTER TABLE found PARTITION (day = '2024-05-03') SET LOCATION 's3://{BUCKET}/found/day=2024-05-01/'",
        "ALTER TABLE found DROP PARTITION (day = '2024-05-01')",
        "ALTER TABLE found SET TBLPROPERTIES ('owner' = 'shop')",
    )
    assert shop.rows("SELECT day FROM found ORDER BY day") == [["2024-05-02"], ["2024-05-03"]]
    assert shop.glue.get_table(DatabaseName=DATABASE, Name="found")["Table"]["Parameters"]["owner"] == "shop"
    steps("DROP TABLE found")
    assert (folder / "x.parquet").exists()


def test_databases_are_created_listed_and_dropped(shop: Shop) -> None:
    assert shop.run("CREATE DATABASE IF NOT EXISTS spare COMMENT 'empty'")["Status"]["State"] == "SUCCEEDED"
    shown = [r["Data"][0]["VarCharValue"] for r in shop.results("SHOW DATABASES")["ResultSet"]["Rows"]]
    assert {"spare", DATABASE} <= set(shown)
    assert "already exists" in shop.failure("CREATE SCHEMA spare")
    assert shop.run("DROP DATABASE spare")["Status"]["State"] == "SUCCEEDED"
    assert "is not empty" in shop.failure(f"DROP DATABASE {DATABASE}")


def test_show_and_describe_list_the_catalog(shop: Shop) -> None:
    def first_column(sql: str) -> list[str]:
        rows = shop.results(sql)["ResultSet"]["Rows"]
        return [row["Data"][0].get("VarCharValue", "") for row in rows]

    assert first_column("SHOW TABLES IN shop 'sal*'") == ["sales"]
    assert first_column("SHOW COLUMNS IN sales")[-1] == "order_date"
    assert first_column("SHOW CREATE TABLE sales")[0] == "CREATE EXTERNAL TABLE `shop.sales`("
    assert [name.strip() for name in first_column("DESCRIBE sales")][:2] == ["store", "lines"]
    execution = shop.run("SHOW TABLES")
    assert shop.file(execution["ResultConfiguration"]["OutputLocation"]).suffix == ".txt"
