"""`make query`, and SQL over the published tables through Athena."""

from __future__ import annotations

import csv
import os
import sys
from typing import Any

from biz_insights.aws.caching_session import CachingSession
from biz_insights.settings import Settings, resolve
from mwaa.local_runner.endpoint_process import endpoint
from mwaa.local_runner.environment import LocalRunError, State


class Reader:
    """Runs statements in the read workgroup, all through one connection."""

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
        """Return the column names and the rows of one statement.

        Raises:
            LocalRunError: the statement failed; the message is Athena's.
        """
        from pyathena.error import DatabaseError

        try:
            cursor = self._connection.cursor().execute(sql)
            return [column[0] for column in cursor.description or ()], list(cursor.fetchall())
        except DatabaseError as error:
            raise LocalRunError(" ".join(str(error).split())) from error


def settings_of(environment: dict[str, str]) -> Settings:
    """Take over the environment of an endpoint, and return the settings that it has."""
    os.environ.update(environment)
    return resolve(os.environ)


def query(state: State, sql: str) -> int:
    """Run one statement and print its result as CSV on standard output, and nothing else."""
    if not sql.strip():
        raise LocalRunError("no SQL given; try make query SQL='select count(*) from biz_insights.v_location_ranking'")
    with endpoint(state) as environment:
        names, found = Reader(settings_of(environment)).rows(sql)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(found)
    return 0
