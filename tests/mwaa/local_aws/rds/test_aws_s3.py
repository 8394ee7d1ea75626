"""aws_s3.table_import_from_s3: what it loads and answers; a wrong file loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

BUCKET = "business-insights-source"
OPTIONS = "(FORMAT csv, HEADER MATCH, ENCODING 'UTF8')"
COLUMNS = "at,price,name"


@pytest.fixture
def lines(database: psycopg.Connection) -> psycopg.Connection:
    database.execute(
        "CREATE TABLE lines ("
        "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, price numeric, name text)"
    )
    return database


@pytest.fixture
def upload(aws: Callable[[str], Any]) -> Callable[[str, bytes], None]:
    return lambda key, body: aws("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def import_file(connection: psycopg.Connection, key: str) -> str:
    row = connection.execute(
        "SELECT aws_s3.table_import_from_s3('lines', %s, %s, aws_commons.create_s3_uri(%s, %s, 'us-east-1'))",
        (COLUMNS, OPTIONS, BUCKET, key),
    ).fetchone()
    assert row is not None
    return row[0]


def test_a_csv_is_imported_and_the_answer_is_that_of_rds(
    lines: psycopg.Connection, upload: Callable[..., None]
) -> None:
    body = "at,price,name\n2023-03-08T11:03:32.223Z,1.50,Crème brûlée\n2023-03-08 05:00:00-06,,\n".encode()
    upload("incoming/good.csv", body)
    answer = import_file(lines, "incoming/good.csv")
    assert answer == f'2 rows imported into relation "lines" from file incoming/good.csv of {len(body)} bytes'
    assert lines.execute("SELECT at, price, name FROM lines ORDER BY id").fetchall() == [
        (datetime(2023, 3, 8, 11, 3, 32, 223000, UTC), Decimal("1.50"), "Crème brûlée"),
        (datetime(2023, 3, 8, 11, 0, tzinfo=UTC), None, None),
    ]


def test_the_location_can_be_given_as_texts(lines: psycopg.Connection, upload: Callable[..., None]) -> None:
    upload("incoming/texts.csv", b"at,price,name\n2023-03-08,1,a\n")
    row = lines.execute(
        "SELECT aws_s3.table_import_from_s3('lines', %s, %s, %s, %s, 'us-east-1')",
        (COLUMNS, OPTIONS, BUCKET, "incoming/texts.csv"),
    ).fetchone()
    assert row is not None
    assert row[0].startswith("1 rows imported")


@pytest.mark.parametrize(
    ("body", "reason", "where"),
    [
        (b"at,price,name\n2023-03-08,1,a\n2023-03-08,abc,b\n", 'numeric: "abc"', "line 3, column price"),
        (b"at,price,name\n2023-03-08,1,a\n2023-03-08,2\n", "missing data for column", "line 3"),
        (b"at,cost,name\n2023-03-08,1,a\n", "column name mismatch in header line", "line 1"),
        (b"at,price,name\n2023-03-08,1,caf\xe9\n", "invalid byte sequence", "line 2"),
    ],
)
def test_a_malformed_file_loads_no_row(
    lines: psycopg.Connection, upload: Callable[..., None], body: bytes, reason: str, where: str
) -> None:
    upload("incoming/bad.csv", body)
    with pytest.raises(psycopg.Error) as refused:
        import_file(lines, "incoming/bad.csv")
    assert reason in str(refused.value)
    assert where in (refused.value.diag.context or "")
    assert lines.execute("SELECT count(*) FROM lines").fetchone() == (0,)


def test_a_missing_object_is_named(lines: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match=f"HTTP 404.*s3://{BUCKET}/incoming/nothing.csv"):
        import_file(lines, "incoming/nothing.csv")


def test_a_key_cannot_leave_its_bucket(lines: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="invalid S3 location"):
        import_file(lines, "../business-insights-lake/x.csv")


def test_an_unknown_table_is_named(database: psycopg.Connection, upload: Callable[..., None]) -> None:
    upload("incoming/good.csv", b"at,price,name\n")
    with pytest.raises(psycopg.Error, match='relation "lines" does not exist'):
        import_file(database, "incoming/good.csv")
