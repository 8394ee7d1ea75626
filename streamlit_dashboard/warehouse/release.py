"""The release that a page shows: which database holds its tables. It costs one call to the catalog and no query.

The pipeline switches all tables of readers at once (`current_release` in the published database). A page asks for the
release once, and all its queries read the database of that release, so that no card is newer than the others.
A lake of an earlier version has no releases: its tables are in the published database.
"""

from __future__ import annotations

import re

from biz_insights.gold.definition import gold_tables
from biz_insights.lake.current_release import Release, slot_database
from biz_insights.lake.current_release import current_release as current
from biz_schema.operations_tables import OPERATIONS_TABLES
from streamlit_dashboard.warehouse import athena

TABLE = "current_release"


def current_release() -> Release | None:
    """Return the release that readers see now; None in a lake without releases.

    Raises:
        UnreachableError: no answer. QueryError: the catalog refuses.
    """
    try:
        return current(athena.client("glue"), athena.settings().published_database)
    except Exception as error:
        raise athena.translated(error, "Glue") from error


def slot_of(release: Release) -> str:
    """Return the Glue database with the tables of a release."""
    return slot_database(athena.settings().published_database, release.slot)


def database_of(table: str, release: Release | None) -> str:
    """Return the database that a statement about `table` runs in: operations tables are outside of the releases."""
    if release is None or table in OPERATIONS_TABLES or table == TABLE:
        return athena.settings().published_database
    return slot_of(release)


def in_release(sql: str, table: str, release: Release | None, has_parameters: bool) -> str:
    """Return a statement with a view replaced by its SELECT over the tables of the release.

    The view itself belongs to readers outside of the dashboards, and follows a newer release in the middle of a page.
    """
    view = gold_tables().get(table)
    if release is None or view is None or view.kind != "views":
        return sql
    select = view.select(database=slot_of(release))
    if has_parameters:
        select = select.replace("%", "%%")
    return re.sub(rf"\bFROM {table}\b", lambda _: f"FROM ({select}) AS {table}", sql)
