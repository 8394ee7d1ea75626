"""Candidates: tables of the build database that are built and not published yet.

A publish drops its own. A try that died, or a build whose audit never passed, leaves its candidates. A build drops
those of its earlier tries, and a release all that are left.
"""

from __future__ import annotations

import re
from typing import Any

from biz_insights.identity import candidate_name

CANDIDATE = re.compile(r".+__[0-9a-f]{8}_t\d+(_p\d+)?")
"""Names of `identity.candidate_name`. Other tables of the build database are somebody's own."""

DROPS_A_CALL = 100
"""Tables that BatchDeleteTable takes."""


def drop_earlier_tries(glue: Any, database: str, table: str, run_id: str, attempt: int) -> list[str]:
    """Drop the part tables that earlier tries of a table's build left. Return their names.

    Their files stay: an earlier try may have been published, and readers then use its files.
    """
    name = re.compile(re.escape(_before_try(table, run_id)) + r"(\d+)_p\d+")
    found = [(name.fullmatch(candidate), candidate) for candidate in _names(glue, database, f"{table}__.*")]
    return _drop(glue, database, [candidate for match, candidate in found if match and int(match[1]) < attempt])


def drop_candidates(glue: Any, database: str) -> list[str]:
    """Drop all candidates, also those of runs that were killed. Return their names. Their files stay.

    Only the holder of the lease may call it, when it has published: no other run is building then. One that failed
    before and is cleared builds again what it had not published. Its audit says so.
    """
    return _drop(glue, database, [name for name in _names(glue, database, ".*__.*") if CANDIDATE.fullmatch(name)])


def _before_try(table: str, run_id: str) -> str:
    """Return the part of a candidate's name before the number of the try: `mart_sales_trends__1a2b3c4d_t`."""
    return candidate_name(table, run_id, 0).removesuffix("0")


def _names(glue: Any, database: str, pattern: str) -> list[str]:
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database, Expression=pattern)
    return [entry["Name"] for page in pages for entry in page["TableList"]]


def _drop(glue: Any, database: str, names: list[str]) -> list[str]:
    for first in range(0, len(names), DROPS_A_CALL):
        glue.batch_delete_table(DatabaseName=database, TablesToDelete=names[first : first + DROPS_A_CALL])
    return names
