"""SELECT through the API: types, NULLs, "$path", views, pages, errors."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from tests.mwaa.local_aws.athena.shop import BUCKET, DATABASE, READ, Shop


def test_partition_values_come_from_the_catalog_not_from_the_path(shop: Shop) -> None:
    rows = shop.rows("SELECT order_date, store FROM sales ORDER BY order_date, store")
    assert rows == [["2024-01-01", "north"], ["2024-01-01", "south"], ["2024-01-02", "north"], ["2024-01-03", "south"]]


def test_columns_missing_from_a_file_are_null(shop: Shop) -> None:
    row = shop.rows("SELECT lines, is_loyalty, created_at, net FROM sales WHERE order_date = DATE '2024-01-03'")
    assert row == [[None, None, None, "1.5000"]]


def test_an_empty_partition_has_no_rows(shop: Shop) -> None:
    assert shop.rows("SELECT count(*) FROM sales WHERE order_date = DATE '2024-01-04'") == [["0"]]


def test_path_is_a_column_only_when_it_is_named(shop: Shop) -> None:
    assert shop.rows("SELECT \"$path\" FROM sales WHERE order_date = DATE '2024-01-02'") == [
        [f"s3://{BUCKET}/build/tables/0b/order_date=2024-01-02/part-0.parquet"]
    ]
    columns = shop.results("SELECT * FROM sales LIMIT 1")["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [c["Name"] for c in columns] == ["store", "lines", "net", "is_loyalty", "created_at", "order_date"]
    both = shop.results('SELECT *, "$path" FROM sales LIMIT 1')["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [c["Name"] for c in both][-2:] == ["order_date", "$path"]


def test_column_info_has_athenas_types(shop: Shop) -> None:
    sql = (
        "SELECT sum(lines) AS a, sum(net) AS b, avg(net) AS c, count(*) AS d, CAST(1 AS real) AS e, ROW(1, 'x') AS f,"
        " MAP(ARRAY['k'], ARRAY[1]) AS g, current_timestamp AS h, NULL AS i, CAST(1 AS smallint) AS j FROM sales"
    )
    info = shop.results(sql)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(c["Type"], c["Precision"], c["Scale"]) for c in info] == [
        ("bigint", 19, 0), ("decimal", 38, 4), ("decimal", 18, 4), ("bigint", 19, 0), ("float", 17, 0), ("row", 0, 0),
        ("map", 0, 0), ("timestamp with time zone", 3, 0), ("unknown", 0, 0), ("smallint", 5, 0),
    ]  # fmt: skip


def test_results_are_in_s3_with_athenas_quotes(shop: Shop) -> None:
    execution = shop.run(
        "SELECT 'say \"x\"' AS q, NULL AS nothing, '' AS empty, 1e10 AS big, TIMESTAMP '2024-01-01 00:00:00' AS t"
    )
    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://{BUCKET}/athena-results/{execution['QueryExecutionId']}.csv"
    assert shop.file(location).read_text() == (
        '"q","nothing","empty","big","t"\n"say ""x""",,"","1.0E10","2024-01-01 00:00:00.000"\n'
    )
    assert b"timestamp" in shop.file(location + ".metadata").read_bytes()


def test_results_come_in_pages(shop: Shop) -> None:
    query_id = shop.run("SELECT x FROM UNNEST(sequence(1, 2500)) AS u(x)")["QueryExecutionId"]
    pages = list(shop.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id))
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    small = shop.athena.get_query_results(QueryExecutionId=query_id, MaxResults=2)
    assert [r["Data"][0]["VarCharValue"] for r in small["ResultSet"]["Rows"]] == ["x", "1"]


def test_a_view_is_stored_as_athena_stores_it_and_follows_its_table(shop: Shop) -> None:
    assert shop.run("CREATE OR REPLACE VIEW big AS SELECT store, net, order_date FROM sales WHERE net > 2")["Status"][
        "State"
    ]
    stored = shop.glue.get_table(DatabaseName=DATABASE, Name="big")["Table"]
    assert stored["TableType"] == "VIRTUAL_VIEW"
    assert stored["ViewOriginalText"].startswith("/* Presto View: ")
    assert stored["StorageDescriptor"]["Columns"][1] == {"Name": "net", "Type": "decimal(18,4)"}
    assert shop.rows("SELECT b.store FROM big b WHERE b.order_date = DATE '2024-01-02'") == [["north"]]
    assert shop.rows(f"SELECT count(*) FROM {DATABASE}.big WHERE {DATABASE}.big.net > 5") == [["2"]]
    assert "SELECT store, net" in str(shop.results('SHOW CREATE VIEW "shop"."big"')["ResultSet"]["Rows"])
    assert shop.failure("CREATE VIEW big AS SELECT 1 AS x").startswith("TABLE_ALREADY_EXISTS: ")
    assert shop.run("DROP VIEW big")["Status"]["State"] == "SUCCEEDED"
    assert shop.failure("SELECT * FROM big").startswith("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.big'")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT nett FROM sales", "COLUMN_NOT_FOUND: line 1:8: Column 'nett' cannot be resolved or requester is not"),
        ("SELECT 1 FROM nowhere", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.nowhere' does not exist"),
        ("SELECT 1 FROM no.thing", "SCHEMA_NOT_FOUND: line 1:15: Schema 'no' does not exist"),
        (
            "SELECT store, net FROM sales GROUP BY store",
            "EXPRESSION_NOT_AGGREGATE: line 1:15: 'net' must be an aggregate",
        ),
        ("SELECT net / 0 FROM sales", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT CAST(store AS bigint) FROM sales", "INVALID_CAST_ARGUMENT: "),
        (
            "SELECT 1 FROM sales WHERE order_date = '2024-01-01'",
            "TYPE_MISMATCH: line 1:27: Cannot apply operator: date = varchar(10)",
        ),
        ("SELECT 1 FROM sales WHERE order_date IN ('2024-01-01')", "TYPE_MISMATCH: line 1:27: IN value and list items"),
        (
            "SELECT 1 FROM sales WHERE lines > '2'",
            "TYPE_MISMATCH: line 1:27: Cannot apply operator: bigint > varchar(1)",
        ),
        ("SELECT store AS s FROM sales GROUP BY s", "COLUMN_NOT_FOUND: line 1:39: Column 's' cannot be resolved"),
        ("SELECT net AS n FROM sales WHERE n > 1", "COLUMN_NOT_FOUND: line 1:34: Column 'n' cannot be resolved"),
        ("SELECT net AS n, n + 1 AS m FROM sales", "COLUMN_NOT_FOUND: line 1:18: Column 'n' cannot be resolved"),
        (
            "DELETE FROM sales WHERE true",
            "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional",
        ),
        ("UPDATE sales SET net = 1", "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional"),
        ("MERGE INTO sales USING sales s ON true WHEN MATCHED THEN DELETE", "NOT_SUPPORTED: Modifying Hive table rows"),
    ],
)
def test_a_failed_query_has_athenas_reason(shop: Shop, sql: str, reason: str) -> None:
    assert shop.failure(sql).startswith(reason)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sql": "SELEC 1"}, "line 1:1: mismatched input 'SELEC'"),
        ({"sql": "SELECT (1"}, "line 1:"),
        ({"sql": "INSERT OVERWRITE sales SELECT 1"}, "line 1:8: mismatched input 'OVERWRITE'. Expecting: 'INTO'"),
        ({"sql": "SELECT 1", "workgroup": "nobody"}, "WorkGroup nobody is not found."),
        ({"sql": "SELECT 1", "workgroup": "primary"}, "No output location provided."),
    ],
)
def test_a_wrong_call_starts_no_query(shop: Shop, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError) as raised:
        shop.start(**arguments)
    assert raised.value.response["Error"]["Code"] == "InvalidRequestException"
    assert raised.value.response["Error"]["Message"].startswith(message)


def test_a_missing_output_bucket_fails_the_query(shop: Shop) -> None:
    reason = shop.failure("SELECT 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket/x/"})
    assert "NoSuchBucket" in reason


def test_a_request_token_starts_one_query(shop: Shop) -> None:
    token = "a-token-of-at-least-thirty-two-characters"
    first = shop.start("SELECT 1", ClientRequestToken=token)
    assert shop.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        shop.start("SELECT 2", ClientRequestToken=token)


def test_a_long_query_can_be_stopped(shop: Shop) -> None:
    query_id = shop.start(
        "SELECT count(*) FROM UNNEST(sequence(1, 200000)) a(x) CROSS JOIN UNNEST(sequence(1, 200000)) b(y)"
        " WHERE x * y % 7 = 3"
    )
    state = shop.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"]
    assert state == "RUNNING"
    with pytest.raises(ClientError, match="Query has not yet finished"):
        shop.athena.get_query_results(QueryExecutionId=query_id)
    shop.athena.stop_query_execution(QueryExecutionId=query_id)
    waiter = shop.run("SELECT 1")  # the worker is free again
    assert waiter["Status"]["State"] == "SUCCEEDED"
    for _ in range(100):
        state = shop.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]["State"]
        if state != "RUNNING":
            break
        time.sleep(0.05)
    assert state == "CANCELLED"


def test_parameters_and_prepared_statements(shop: Shop) -> None:
    sql = "SELECT count(*) FROM sales WHERE store = ? AND order_date >= DATE '2024-01-02'"
    assert shop.rows(sql, ExecutionParameters=["'north'"]) == [["1"]]
    shop.run("PREPARE by_store FROM SELECT count(*) FROM sales WHERE store = ? AND net > ?")
    assert shop.rows("EXECUTE by_store USING 'north', 8") == [["1"]]
    assert shop.failure(sql, ExecutionParameters=["1", "2"]).startswith("INVALID_PARAMETER_USAGE: ")
    assert shop.run("DEALLOCATE PREPARE by_store")["Status"]["State"] == "SUCCEEDED"


def test_executions_are_listed_newest_first_and_fetched_together(shop: Shop) -> None:
    older, newer = shop.start("SELECT 1"), shop.start("SELECT 2")
    assert shop.athena.list_query_executions(WorkGroup=READ)["QueryExecutionIds"][:2] == [newer, older]
    answer = shop.athena.batch_get_query_execution(QueryExecutionIds=[older, "missing"])
    assert [e["Query"] for e in answer["QueryExecutions"]] == ["SELECT 1"]
    assert answer["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "missing"
    assert (
        shop.athena.get_query_runtime_statistics(QueryExecutionId=older)["QueryRuntimeStatistics"]["Rows"]["OutputRows"]
        == 1
    )


def test_catalog_calls_answer_from_glue(shop: Shop) -> None:
    assert shop.athena.list_data_catalogs()["DataCatalogsSummary"][0]["CatalogName"] == "AwsDataCatalog"
    names = [d["Name"] for d in shop.athena.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]
    assert DATABASE in names
    table = shop.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE, TableName="sales")
    assert table["TableMetadata"]["PartitionKeys"] == [{"Name": "order_date", "Type": "date"}]
    listed = shop.athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE, Expression="sal.*")
    assert [t["Name"] for t in listed["TableMetadataList"]] == ["sales"]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        shop.athena.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName=DATABASE, TableName="nothing")


def test_information_schema_lists_columns(shop: Shop) -> None:
    rows = shop.rows(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'shop'"
        " AND table_name = 'sales' ORDER BY ordinal_position"
    )
    assert rows[2:4] == [["net", "decimal(18,4)"], ["is_loyalty", "boolean"]]


def test_explain_checks_names_and_reads_no_data(shop: Shop) -> None:
    execution = shop.run("EXPLAIN SELECT count(*) FROM sales")
    assert execution["Statistics"]["DataScannedInBytes"] == 0
    assert shop.failure("EXPLAIN SELECT nett FROM sales").startswith("COLUMN_NOT_FOUND")


def test_an_unknown_call_is_refused(shop: Shop) -> None:
    with pytest.raises(ClientError) as raised:
        shop.athena.list_engine_versions()
    assert raised.value.response["Error"]["Code"] == "UnknownOperationException"
