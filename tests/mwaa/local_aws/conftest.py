"""What the endpoint's tests share: the source database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest


@pytest.fixture
def database(aws: Callable[[str], Any]) -> Iterator[psycopg.Connection]:
    """A connection as the secret describes it, to an empty schema; what a test creates is dropped afterwards."""
    found = aws("secretsmanager").get_secret_value(SecretId="business-insights/source-database")
    secret = json.loads(found["SecretString"])
    with psycopg.connect(
        host=secret["host"],
        port=secret["port"],
        user=secret["username"],
        password=secret["password"],
        dbname=secret["dbname"],
        autocommit=True,
    ) as connection:
        before = _tables(connection)
        yield connection
        for table in _tables(connection) - before:
            connection.execute(f'DROP TABLE "{table}"')


def _tables(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}
