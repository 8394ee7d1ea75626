"""Unmodified clients: PyAthena's cursors, SQLAlchemy, awswrangler, Great Expectations and Airflow's operator."""

from __future__ import annotations

import asyncio
import functools
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from mwaa.local_aws.server.endpoint import LocalEndpoint
from tests.mwaa.local_aws.athena.shop import BUCKET, DATABASE, READ, Shop

STAGING = f"s3://{BUCKET}/athena-results/"
BY_STORE = "SELECT store, sum(net) AS net, count(*) AS days FROM sales GROUP BY store ORDER BY store"


def _connect(**arguments: Any) -> Any:
    from pyathena import connect

    return connect(
        s3_staging_dir=STAGING, region_name="us-east-1", schema_name=DATABASE, poll_interval=0.02, **arguments
    )


def test_pyathena_default_cursor_converts_every_type(shop: Shop) -> None:
    cursor = _connect().cursor()
    cursor.execute(
        "SELECT store, lines, net, is_loyalty, created_at, order_date, 1.5e0 AS d, ARRAY[1, 2] AS a, '' AS empty,"
        " 'say \"x\", y' AS quoted FROM sales WHERE order_date = DATE '2024-01-02'"
    )
    assert [column[1] for column in cursor.description] == [
        "varchar", "bigint", "decimal", "boolean", "timestamp", "date", "double", "array", "varchar", "varchar",
    ]  # fmt: skip
    assert cursor.fetchall() == [
        ("north", 3, Decimal("7.0000"), None, datetime(2024, 1, 2, 23, 59, 59, 999000), date(2024, 1, 2), 1.5, [1, 2],
         "", 'say "x", y')
    ]  # fmt: skip


def test_pyathena_parameters_are_bound(shop: Shop) -> None:
    cursor = _connect().cursor()
    cursor.execute("SELECT count(*) FROM sales WHERE store = %(store)s", {"store": "north"})
    assert cursor.fetchone() == (2,)
    cursor.execute("SELECT count(*) FROM sales WHERE store = ? AND lines > ?", ["'north'", "1"], paramstyle="qmark")
    assert cursor.fetchone() == (1,)


def test_pyathena_dict_cursor(shop: Shop) -> None:
    from pyathena.cursor import DictCursor

    cursor = _connect(cursor_class=DictCursor).cursor()
    assert cursor.execute(BY_STORE).fetchall() == [
        {"store": "north", "net": Decimal("17.5000"), "days": 2},
        {"store": "south", "net": Decimal("5.7500"), "days": 2},
    ]


def test_pyathena_async_cursor(shop: Shop) -> None:
    from pyathena.async_cursor import AsyncCursor

    cursor = _connect(cursor_class=AsyncCursor).cursor()
    _, future = cursor.execute("SELECT count(*) FROM sales")
    assert future.result(timeout=20).fetchall() == [(4,)]


def test_pyathena_asyncio_cursor(shop: Shop) -> None:
    from pyathena import aio_connect

    async def ask() -> Any:
        connection = await aio_connect(
            s3_staging_dir=STAGING, region_name="us-east-1", schema_name=DATABASE, poll_interval=0.02
        )
        async with connection.cursor() as cursor:
            await cursor.execute("SELECT count(*) FROM sales")
            return await cursor.fetchone()

    assert asyncio.run(ask()) == (4,)


@pytest.mark.parametrize("unload", [False, True])
def test_pyathena_pandas_cursor(shop: Shop, unload: bool) -> None:
    from pyathena.pandas.cursor import PandasCursor

    cursor = _connect(cursor_class=PandasCursor).cursor(unload=unload)
    frame = cursor.execute(BY_STORE).as_pandas()
    assert frame["store"].tolist() == ["north", "south"]
    assert [Decimal(str(value)) for value in frame["net"]] == [Decimal("17.5"), Decimal("5.75")]
    assert frame["days"].tolist() == [2, 2]


@pytest.fixture
def arrow_on_loopback(endpoint: LocalEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pyarrow's S3 client, which PyAthena's Arrow cursor uses, find the endpoint: it ignores AWS_ENDPOINT_URL."""
    from pyarrow import fs

    address = endpoint.environment["AWS_ENDPOINT_URL_S3"]
    monkeypatch.setattr(fs, "S3FileSystem", functools.partial(fs.S3FileSystem, endpoint_override=address))


@pytest.mark.parametrize("unload", [False, True])
@pytest.mark.usefixtures("arrow_on_loopback")
def test_pyathena_arrow_cursor(shop: Shop, unload: bool) -> None:
    from pyathena.arrow.cursor import ArrowCursor

    cursor = _connect(cursor_class=ArrowCursor).cursor(unload=unload)
    table = cursor.execute(BY_STORE).as_arrow()
    assert table.column("store").to_pylist() == ["north", "south"]
    assert table.column("days").to_pylist() == [2, 2]


@pytest.mark.usefixtures("arrow_on_loopback")
def test_pyathena_arrow_cursor_without_rows(shop: Shop) -> None:
    from pyathena.arrow.cursor import ArrowCursor

    cursor = _connect(cursor_class=ArrowCursor).cursor()
    assert cursor.execute("SELECT store FROM sales WHERE lines > 99").as_arrow().num_rows == 0


def test_pyathena_raises_athenas_reason(shop: Shop) -> None:
    from pyathena.error import OperationalError

    with pytest.raises(OperationalError, match="COLUMN_NOT_FOUND: line 1:8: Column 'nett' cannot be resolved"):
        _connect().cursor().execute("SELECT nett FROM sales")


def test_sqlalchemy_reflects_and_reads(shop: Shop) -> None:
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(
        f"awsathena+rest://@athena.us-east-1.amazonaws.com:443/{DATABASE}?s3_staging_dir={STAGING}&poll_interval=0.02"
    )
    with engine.connect() as connection:
        assert connection.execute(text(BY_STORE)).fetchall()[0] == ("north", Decimal("17.5000"), 2)
        inspector = inspect(connection)
        assert "sales" in inspector.get_table_names(schema=DATABASE)
        types = {c["name"]: str(c["type"]) for c in inspector.get_columns("sales", schema=DATABASE)}
        assert types["net"] == "DECIMAL(18, 4)"
        assert types["order_date"] == "DATE"


@pytest.mark.parametrize(
    "arguments",
    [{"ctas_approach": True}, {"ctas_approach": False}, {"ctas_approach": False, "unload_approach": True}],
    ids=["ctas", "csv", "unload"],
)
def test_awswrangler_read_sql_query(shop: Shop, arguments: dict[str, bool]) -> None:
    import awswrangler as wr

    where = {"s3_output": f"{STAGING}unload-wr/"} if "unload_approach" in arguments else {}
    frame = wr.athena.read_sql_query(BY_STORE, database=DATABASE, workgroup=READ, **arguments, **where)
    assert frame["store"].tolist() == ["north", "south"]
    assert [Decimal(str(value)) for value in frame["net"]] == [Decimal("17.5"), Decimal("5.75")]
    assert frame["days"].tolist() == [2, 2]


def test_awswrangler_ctas_without_rows_has_the_columns(shop: Shop) -> None:
    import awswrangler as wr

    frame = wr.athena.read_sql_query(
        "SELECT store, lines FROM sales WHERE lines > 99", database=DATABASE, workgroup=READ, ctas_approach=True
    )
    assert frame.empty
    assert frame.columns.tolist() == ["store", "lines"]


def test_awswrangler_starts_describes_and_lists(shop: Shop) -> None:
    import awswrangler as wr

    query_id = wr.athena.start_query_execution("SELECT 1", database=DATABASE, workgroup=READ, wait=False)
    assert wr.athena.wait_query(query_id)["Status"]["State"] == "SUCCEEDED"
    assert wr.catalog.get_table_types(database=DATABASE, table="sales")["order_date"] == "date"
    assert wr.athena.describe_table(database=DATABASE, table="sales")["Type"].tolist()[-1] == "date"
    assert "2024-01-04" in str(wr.catalog.get_partitions(database=DATABASE, table="sales"))


def test_great_expectations_passes_and_fails_as_expected(shop: Shop) -> None:
    import logging

    import great_expectations as gx
    from great_expectations import expectations as gxe

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    source = context.data_sources.add_sql(
        "athena",
        connection_string=f"awsathena+rest://@athena.us-east-1.amazonaws.com:443/{DATABASE}"
        f"?s3_staging_dir={STAGING}&poll_interval=0.02",
        create_temp_table=False,
    )
    batch = source.add_table_asset("sales", table_name="sales").add_batch_definition_whole_table("all").get_batch()
    checks = [
        (gxe.ExpectTableRowCountToEqual(value=4), True),
        (gxe.ExpectColumnValuesToNotBeNull(column="store"), True),
        (gxe.ExpectColumnValuesToNotBeNull(column="lines"), False),
        (gxe.ExpectColumnSumToBeBetween(column="net", min_value=23.25, max_value=23.25), True),
        (gxe.ExpectColumnValuesToBeBetween(column="net", min_value=5), False),
        (gxe.ExpectColumnValuesToBeInSet(column="store", value_set=["north", "south"]), True),
        (gxe.ExpectCompoundColumnsToBeUnique(column_list=["store", "order_date"]), True),
        (gxe.ExpectColumnValuesToBeOfType(column="net", type_="DECIMAL"), True),
        (gxe.ExpectColumnValuesToMatchRegex(column="store", regex="^n"), False),
        (gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT * FROM {batch} WHERE net < 0"), True),
    ]
    for expectation, expected in checks:
        result = batch.validate(expectation)
        assert not result.exception_info.get("raised_exception", False), result
        assert result.success is expected, result


def test_airflow_operator_runs_and_fails(shop: Shop) -> None:
    from airflow.providers.amazon.aws.hooks.athena import AthenaHook

    hook = AthenaHook(aws_conn_id=None, region_name="us-east-1")
    for sql, state in (("SELECT 1", "SUCCEEDED"), ("SELECT nett FROM sales", "FAILED")):
        query_id = hook.run_query(sql, {"Database": DATABASE}, {"OutputLocation": STAGING}, workgroup=READ)
        assert hook.poll_query_status(query_id, max_polling_attempts=3, sleep_time=1) == state
    assert "COLUMN_NOT_FOUND" in str(hook.get_state_change_reason(query_id))
