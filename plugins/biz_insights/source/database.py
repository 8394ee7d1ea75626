"""The source database: how to connect to it, and what it contains for a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from biz_insights.aws.session import client
from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.source.certificates import certificate_error, tls_options
from biz_insights.source.order_days import IS_ORDER, OrderDays, last_day, order_days
from biz_schema.quarantine_reasons import FUTURE_CREATION_TIME
from biz_schema.source_tables import ORDER_ITEMS, SOURCE_TABLES_BY_NAME
from biz_schema.value_limits import CLOCK_SLACK_HOURS, FIRST_YEAR, LAST_YEAR


@contextmanager
def connect(settings: Settings) -> Iterator[Any]:
    """Open a psycopg connection with the credentials of Secrets Manager; it commits on success, rolls back on error.

    A time without an offset means UTC in it, whatever the database's own time zone is.

    Raises:
        PermanentError: the server's certificate is refused, or there is none to compare it with.
    """
    secrets = client("secretsmanager", settings)
    secret = json.loads(secrets.get_secret_value(SecretId=settings.source_secret)["SecretString"])
    with _opened(settings, secret) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        yield connection


def _opened(settings: Settings, secret: dict[str, Any]) -> Any:
    import psycopg

    with tls_options(settings, secret["host"]) as tls:
        try:
            return psycopg.connect(
                host=secret["host"],
                port=secret["port"],
                user=secret["username"],
                password=secret["password"],
                dbname=secret.get("dbname", settings.source_database),
                application_name="business-insights",
                **tls,
            )
        except psycopg.OperationalError as error:
            raise certificate_error(error, settings, secret["host"]) or error from error


READABLE_FROM = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
READABLE_BEFORE = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
"""Times that silver reads. PostgreSQL also stores `infinity`, years before Christ and years beyond 9999, for which
Python has no value."""

CLOCK_SLACK = timedelta(hours=CLOCK_SLACK_HOURS)
CREATION_TIME = ORDER_ITEMS.column("creation_time_utc")


@dataclass(frozen=True)
class SourceCount:
    """What the source contains at one moment.

    Attributes:
        rows: rows by table.
        first_day, last_day: first and last local order date up to that moment; None without such orders.
        day_before_last: last local order date before `last_day`; None without such a day.
        unreadable_rows: rows of order_items with a time that is missing, infinite or outside the readable years.
        future_rows: rows of order_items dated more than CLOCK_SLACK after that moment.
    """

    rows: dict[str, int]
    first_day: date | None
    last_day: date | None
    unreadable_rows: int = 0
    future_rows: int = 0
    day_before_last: date | None = None

    @property
    def findings(self) -> list[str]:
        """One line for each kind of row that silver quarantines for its time."""
        found = []
        if self.unreadable_rows:
            found.append(
                f"order_items has {self.unreadable_rows:,} row(s) without a time in {FIRST_YEAR} to "
                f"{LAST_YEAR}, quarantined as {CREATION_TIME.reason}"
            )
        if self.future_rows:
            found.append(
                f"order_items has {self.future_rows:,} row(s) dated more than a day in the future, "
                f"quarantined as {FUTURE_CREATION_TIME}"
            )
        return found


def count_source(connection: Any, business_timezone: str) -> SourceCount:
    """Count the source tables in one snapshot.

    The database filters and returns moments in UTC. The time zone's rules are applied here, so that the database and
    Airflow cannot disagree about them. Orders dated in the future do not count for the first and last day.

    Raises:
        PermanentError: a table is missing.
    """
    rows: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table in SOURCE_TABLES_BY_NAME:
            cursor.execute("SELECT to_regclass(%s)", (f"public.{table}",))
            if cursor.fetchone()[0] is None:
                raise PermanentError(
                    f"source table public.{table} does not exist; run the DAG load_source_database first"
                )
            cursor.execute(f"SELECT count(*) FROM public.{table}")
            rows[table] = cursor.fetchone()[0]
        cursor.execute(
            f"""
            WITH lines AS (
                SELECT
                    creation_time_utc AS at,
                    coalesce(creation_time_utc >= %(readable_from)s AND creation_time_utc < %(readable_before)s, false)
                        AS is_readable,
                    {IS_ORDER} AS is_order
                FROM public.order_items
            )
            SELECT
                min(at) FILTER (WHERE is_readable AND is_order AND at <= now()),
                max(at) FILTER (WHERE is_readable AND is_order AND at <= now()),
                count(*) FILTER (WHERE NOT is_readable),
                count(*) FILTER (WHERE is_readable AND at > now() + %(slack)s)
            FROM lines
            """,
            {"readable_from": READABLE_FROM, "readable_before": READABLE_BEFORE, "slack": CLOCK_SLACK},
        )
        first, last, unreadable_rows, future_rows = cursor.fetchone()
    zone = ZoneInfo(business_timezone)
    first_day, newest_day = (at and at.astimezone(zone).date() for at in (first, last))
    before = newest_day and last_day(connection, newest_day - timedelta(days=1), zone)
    return SourceCount(rows, first_day, newest_day, unreadable_rows, future_rows, before)


def days_with_orders(connection: Any, count: SourceCount, process_date: str, business_timezone: str) -> OrderDays:
    """Return the days with orders up to the process date, in the snapshot of `count_source`."""
    return order_days(connection, count.first_day, date.fromisoformat(process_date), business_timezone)


def require_day(count: SourceCount, process_date: str) -> None:
    """Check that the source has orders, and some of them on or before `process_date`; see also `freshness`.

    Raises:
        PermanentError: the source has no orders, or none up to that day.
    """
    ignored = "".join(f" ({finding})" for finding in count.findings)
    if count.first_day is None or count.last_day is None:
        raise PermanentError(
            f"source table public.order_items holds no orders up to now{ignored}; "
            "load the files with load_source_database"
        )
    if process_date < count.first_day.isoformat():
        raise PermanentError(
            f"process_date {process_date}: the source holds orders from {count.first_day} to {count.last_day}"
            f"{ignored}; load older files with load_source_database or choose a day in that span"
        )
