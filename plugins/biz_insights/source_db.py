"""The source database: its tables, how to reach it, and what it holds for a day."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from biz_insights.aws import client
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings

TABLES: Mapping[str, Mapping[str, str]] = {
    "order_items": {
        "app_name": "TEXT",
        "restaurant_id": "TEXT",
        "creation_time_utc": "TIMESTAMPTZ",
        "order_id": "TEXT",
        "user_id": "TEXT",
        "printed_card_number": "TEXT",
        "is_loyalty": "BOOLEAN",
        "currency": "TEXT",
        "lineitem_id": "TEXT",
        "item_category": "TEXT",
        "item_name": "TEXT",
        "item_price": "NUMERIC",
        "item_quantity": "INTEGER",
    },
    "order_item_options": {
        "order_id": "TEXT",
        "lineitem_id": "TEXT",
        "option_group_name": "TEXT",
        "option_name": "TEXT",
        "option_price": "NUMERIC",
        "option_quantity": "INTEGER",
    },
    "date_dim": {
        "date_key": "TEXT",
        "year": "INTEGER",
        "month": "TEXT",
        "week": "INTEGER",
        "day_of_week": "TEXT",
        "is_weekend": "BOOLEAN",
        "is_holiday": "BOOLEAN",
        "holiday_name": "TEXT",
    },
}
"""Columns of each source table by name; beside them each has an identity key ``id``."""


@contextmanager
def connect(settings: Settings) -> Iterator[Any]:
    """A psycopg connection with the credentials of Secrets Manager; commits on success, rolls back on error."""
    import psycopg

    secrets = client("secretsmanager", settings)
    secret = json.loads(secrets.get_secret_value(SecretId=settings.source_secret)["SecretString"])
    with psycopg.connect(
        host=secret["host"],
        port=secret["port"],
        user=secret["username"],
        password=secret["password"],
        dbname=secret.get("dbname", settings.source_database),
        sslmode=settings.source_sslmode,
        application_name="business-insights",
    ) as connection:
        yield connection


@dataclass(frozen=True)
class SourceCount:
    """What the source holds at one moment: rows by table, and the span of local order dates (None: no orders)."""

    rows: dict[str, int]
    first_day: date | None
    last_day: date | None


def count_source(connection: Any, business_timezone: str) -> SourceCount:
    """Count the source tables in one snapshot.

    Raises:
        PermanentError: a table is missing.
    """
    rows: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table in TABLES:
            cursor.execute("SELECT to_regclass(%s)", (f"public.{table}",))
            if cursor.fetchone()[0] is None:
                raise PermanentError(
                    f"source table public.{table} does not exist; run the DAG load_source_database first"
                )
            cursor.execute(f"SELECT count(*) FROM public.{table}")
            rows[table] = cursor.fetchone()[0]
        cursor.execute(
            """
            SELECT min(creation_time_utc AT TIME ZONE %(zone)s)::date,
                   max(creation_time_utc AT TIME ZONE %(zone)s)::date
            FROM public.order_items
            WHERE lineitem_id IS NOT NULL AND item_quantity > 0
            """,
            {"zone": business_timezone},
        )
        first_day, last_day = cursor.fetchone()
    return SourceCount(rows, first_day, last_day)


def require_day(count: SourceCount, process_date: str) -> None:
    """Check that the source holds orders around ``process_date``.

    Raises:
        PermanentError: the day lies outside the span of the source's orders.
    """
    if count.first_day is None or count.last_day is None:
        raise PermanentError(
            "source table public.order_items holds no orders; load the files with load_source_database"
        )
    if not count.first_day.isoformat() <= process_date <= count.last_day.isoformat():
        raise PermanentError(
            f"process_date {process_date}: the source holds orders from {count.first_day} to {count.last_day}; "
            "load newer files with load_source_database or choose a day in that span"
        )
