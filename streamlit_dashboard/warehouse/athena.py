"""From one Athena statement to one DataFrame, through PyAthena and the standard AWS configuration."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from biz_insights.aws.caching_session import CachingSession
from biz_insights.settings import Settings, resolve

CONNECT_SECONDS = 3
READ_SECONDS = 60
NOT_THERE = ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "DATABASE_NOT_FOUND", "EntityNotFoundException")

ARROW_TYPES: dict[str, pa.DataType] = {
    "varchar": pa.string(),
    "string": pa.string(),
    "char": pa.string(),
    "tinyint": pa.int64(),
    "smallint": pa.int64(),
    "integer": pa.int64(),
    "bigint": pa.int64(),
    "float": pa.float64(),
    "real": pa.float64(),
    "double": pa.float64(),
    # Shown, never added up over more than the lake's rows: in a double, cents are exact up to 90 trillion.
    "decimal": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}


class UnreachableError(RuntimeError):
    """Athena or S3 does not answer: because of the network, the endpoint or the credentials. One line."""


class NotPublishedError(RuntimeError):
    """The table does not exist (yet)."""


class QueryError(RuntimeError):
    """Athena refused the statement; the message is Athena's."""


@cache
def settings() -> Settings:
    """Return the settings of the environment (database and workgroup names, the region)."""
    return resolve(os.environ)


@cache
def _connection() -> Any:
    from botocore.config import Config
    from pyathena import connect

    return connect(
        session=CachingSession(),
        region_name=settings().region,
        work_group=settings().read_workgroup,
        schema_name=settings().published_database,
        poll_interval=min(settings().poll_seconds, 1) / 20,
        config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 2}),
    )


@cache
def client(service: str) -> Any:
    """Return a client of S3 or Glue with the same timeouts as the queries."""
    from botocore.config import Config

    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 2})
    return _connection().session.client(service, region_name=settings().region, config=config)


def forget_connections() -> None:
    """Read the environment again at the next statement (tests use several endpoints)."""
    for cached in (settings, _connection, client):
        cached.cache_clear()


def frame(sql: str, parameters: Mapping[str, Any] | None = None, database: str | None = None) -> pd.DataFrame:
    """Return the rows of one statement.

    Args:
        sql: Athena SQL with `%(name)s` for every value (and `%%` for a per cent sign if there are any).
        parameters: the values; PyAthena quotes them.
        database: of the tables that the statement names; None means the published database.

    Returns:
        Columns by Athena's types: bigint as Int64 if it has nulls, decimal as float64, date and timestamp as
        datetime64.

    Raises:
        UnreachableError: no answer. NotPublishedError: a table is not there. QueryError: anything else.
    """
    try:
        cursor = _connection().cursor(schema_name=database or settings().published_database)
        # The rows come from the result file at once: fetching pages of a thousand takes ten times as long.
        cursor.arraysize = 1
        cursor.execute(sql, dict(parameters) if parameters else None)
        bucket, _, key = str(cursor.output_location).removeprefix("s3://").partition("/")
        body = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except Exception as error:
        raise translated(error) from error
    return _read(body, [(str(column[0]), str(column[1])) for column in cursor.description or ()])


def _read(body: bytes, columns: list[tuple[str, str]]) -> pd.DataFrame:
    """Read Athena's result file: header and values are quoted, NULL is nothing between the commas."""
    types = {name: ARROW_TYPES.get(kind.split("(")[0], pa.string()) for name, kind in columns}
    if not body.strip():
        return pa.table({name: pa.array([], kind) for name, kind in types.items()}).to_pandas()
    options = arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False)
    parsing = arrow_csv.ParseOptions(newlines_in_values=True)
    table = arrow_csv.read_csv(io.BytesIO(body), parse_options=parsing, convert_options=options)
    found = table.to_pandas(date_as_object=False)
    for name, kind in types.items():
        if kind == pa.int64() and found[name].dtype != "int64":
            found[name] = found[name].astype("Int64")
    return found


def translated(error: Exception, service: str = "Athena") -> Exception:
    """Return the error as one of the three kinds; `service` is the one that was called."""
    from botocore.exceptions import (
        BotoCoreError,
        ConnectTimeoutError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
    )

    silent = (ConnectTimeoutError, HTTPClientError, NoCredentialsError, CredentialRetrievalError)
    chain = list(_causes(error))
    message = " ".join(str(error).split())
    if any(isinstance(cause, silent) for cause in chain):
        return UnreachableError(f"{service} does not answer: {message}")
    if any(word in message for word in NOT_THERE):
        return NotPublishedError(message)
    if any(isinstance(cause, BotoCoreError) for cause in chain):
        return UnreachableError(f"the AWS configuration does not reach {service}: {message}")
    return QueryError(message)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
