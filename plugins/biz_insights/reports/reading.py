"""Run the queries of the report. A table or column that is not published gives an answer that says so, not an error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from biz_insights.reports.queries import QUERIES, Query

Row = Mapping[str, Any]
RunQuery = Callable[[str, Mapping[str, Any]], list[dict[str, Any]]]
ColumnsOf = Callable[[str], Collection[str]]

WEEK = 7
PARALLEL_QUERIES = 4


@dataclass(frozen=True)
class Answer:
    """The rows of one query. When it could not run there are none, and `absent` is a sentence that says why."""

    rows: tuple[Row, ...] = ()
    absent: str = ""


Answers = Mapping[str, Answer]


def read(as_of: date, batch: str | None, query: RunQuery, columns_of: ColumnsOf) -> dict[str, Answer]:
    """Return the answers of all queries, by their names in `QUERIES`.

    Args:
        as_of: the day of the report.
        batch: the published batch of the ledger; None when there is none yet.
        query: sends one statement with its bound values; called from several threads.
        columns_of: returns the columns of a published table, partition keys included; empty without it.

    Raises:
        Exception: whatever `query` raises. After a lost connection Airflow retries the task.
    """
    values = {
        "as_of": as_of,
        "week_from": as_of - timedelta(days=WEEK - 1),
        "week_before": as_of - timedelta(days=WEEK),
        "fortnight_from": as_of - timedelta(days=2 * WEEK - 1),
        "batch": batch or "",
    }
    tables = sorted({asked.table for asked in QUERIES.values()})
    columns = {table: frozenset(columns_of(table)) for table in tables}
    with ThreadPoolExecutor(max_workers=PARALLEL_QUERIES) as pool:
        answers = pool.map(lambda asked: _answer(asked, columns[asked.table], values, query), QUERIES.values())
        return dict(zip(QUERIES, answers, strict=True))


def _answer(asked: Query, columns: frozenset[str], values: Mapping[str, Any], query: RunQuery) -> Answer:
    if not columns:
        return Answer(absent=f"{asked.table} is not published yet.")
    missing = [name for name in asked.needs if name not in columns]
    if missing:
        names = ", ".join(missing)
        return Answer(absent=f"{asked.table} as published has no {names}: the next run of the newer version adds it.")
    bound = {name: value for name, value in values.items() if f"%({name})s" in asked.sql}
    return Answer(tuple(query(asked.sql, bound)))
