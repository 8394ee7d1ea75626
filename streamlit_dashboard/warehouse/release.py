"""The release that a page shows: which database holds its tables. It costs one call to the catalog and no query.

The pipeline switches all tables of readers at once (`current_release` in the published database). A page asks for the
release once, and all its queries read the database of that release, so that no card is newer than the others.
A lake of an earlier version has no releases: its tables are in the published database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from biz_insights.gold.definition import gold_tables
from biz_schema.operations_tables import OPERATIONS_TABLES
from streamlit_dashboard.warehouse import athena

TABLE = "current_release"


@dataclass(frozen=True)
class Release:
    """A state of all tables.

    Attributes:
        number: counts from 1; a newer release has a greater number.
        database: the Glue database with its tables.
        process_date: the latest published day.
        released_at: when readers were switched to it, UTC, without a zone.
        run: the run that made it.
        batch_id: the source batch in silver; may be empty.
    """

    number: int
    database: str
    process_date: date
    released_at: datetime
    run: str
    batch_id: str = ""


def current_release() -> Release | None:
    """Return the release that readers see now; None in a lake without releases.

    Raises:
        UnreachableError: no answer. QueryError: the catalog refuses.
    """
    database = athena.settings().published_database
    glue = athena.client("glue")
    try:
        described = glue.get_table(DatabaseName=database, Name=TABLE)["Table"].get("Parameters") or {}
    except glue.exceptions.EntityNotFoundException:
        return None
    except Exception as error:
        raise athena.translated(error, "Glue") from error
    return _release(described, database)


def _release(described: Mapping[str, str], published_database: str) -> Release | None:
    """Return the release from the table's parameters; None before the first one."""
    if "number" not in described:
        return None
    return Release(
        int(described["number"]),
        f"{published_database}_{described['slot']}",
        date.fromisoformat(described["process_date"]),
        datetime.fromisoformat(described["released_at"]).astimezone(UTC).replace(tzinfo=None),
        described.get("run", ""),
        described.get("batch_id", ""),
    )


def database_of(table: str, release: Release | None) -> str:
    """Return the database that a statement about `table` runs in: operations tables are outside of the releases."""
    if release is None or table in OPERATIONS_TABLES or table == TABLE:
        return athena.settings().published_database
    return release.database


def in_release(sql: str, table: str, release: Release | None, has_parameters: bool) -> str:
    """Return a statement with a view replaced by its SELECT over the tables of the release.

    The view itself belongs to readers outside of the dashboards, and follows a newer release in the middle of a page.
    """
    view = gold_tables().get(table)
    if release is None or view is None or view.kind != "views":
        return sql
    select = view.select(database=release.database)
    if has_parameters:
        select = select.replace("%", "%%")
    return re.sub(rf"\bFROM {table}\b", lambda _: f"FROM ({select}) AS {table}", sql)
