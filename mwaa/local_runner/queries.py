"""SQL over the published lake, as any Athena client would send it; and `make query`."""

from __future__ import annotations

import csv
import os
import sys
from typing import Any

from biz_insights.aws.caching_session import CachingSession
from biz_insights.settings import Settings, resolve
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import LaptopError, State


class Reader:
    """Asks the read workgroup; one connection, with the clients it needs, for all its statements."""

    def __init__(self, settings: Settings) -> None:
        from pyathena import connect

        self._connection = connect(
            session=CachingSession(),
            region_name=settings.region,
            work_group=settings.read_workgroup,
            schema_name=settings.published_database,
            poll_interval=0.05,
        )

    def rows(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows of one statement.

        Raises:
            LaptopError: Athena refuses it; the message is Athena's.
        """
        from pyathena.error import DatabaseError

        try:
            cursor = self._connection.cursor().execute(sql)
            return [column[0] for column in cursor.description or ()], list(cursor.fetchall())
        except DatabaseError as error:
            raise LaptopError(" ".join(str(error).split())) from error


def query(state: State, sql: str) -> int:
    """Print one statement's result as CSV, and nothing else, on standard output."""
    if not sql.strip():
        raise LaptopError("no SQL given; try make query SQL='select count(*) from biz_insights.v_location_ranking'")
    with endpoint(state) as environment:
        os.environ.update(environment)
        names, found = Reader(resolve(os.environ)).rows(sql)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(found)
    return 0
