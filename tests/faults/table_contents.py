"""The contents of all published tables, as a digest for each: two runs that published the same rows have the same.

What names a run, a batch, a file or a moment differs between any two runs, and is left out.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from typing import Any

IDENTITY = frozenset(
    {
        "batch_id", "source_id", "job_run_id", "ingested_at", "exported_at", "source_file", "landing_uri", "run",
        "candidate", "checked_at", "published_at", "released_at", "snapshot_at", "fitted_at", "trained_at", "built_at",
        "observed", "order_item_option_id", "samples", "release", "old_location", "new_location", "month", "slot",
    }
)  # fmt: skip
"""Columns that name a run, a batch, a file or a moment."""

LEFT_OUT = frozenset({"publish_history", "current_release"})
"""Tables about runs, which are compared by their own tests."""

ReadCsv = Callable[[str], bytes]
"""Runs a statement and returns Athena's result file."""


def contents(glue: Any, database: str, read_csv: ReadCsv) -> dict[str, str]:
    """Return a digest of each table and view that readers see, by name: its rows in an order of their own.

    A table that keeps one partition for each batch counts with its newest batch only.
    """
    found = {}
    for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
        for table in page["TableList"]:
            if table["Name"] in LEFT_OUT:
                continue
            described = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", ())]
            columns = [column["Name"] for column in described if column["Name"] not in IDENTITY]
            found[table["Name"]] = _digest(read_csv(_statement(table["Name"], columns, described)))
    return found


def _statement(table: str, columns: list[str], described: list[dict[str, str]]) -> str:
    selected = ", ".join(f'"{name}"' for name in columns)
    if table.startswith("bronze_") or table == "row_ledger":
        newest = "(SELECT batch_id FROM current_release)"
        return f"SELECT {selected} FROM {table} WHERE batch_id = {newest}"
    if table == "data_quality_results":
        # A repeated audit of a run replaces its rows, so each rule of each checkpoint has one row of the newest run.
        return (
            f"SELECT {selected} FROM (SELECT *, rank() OVER (PARTITION BY checkpoint ORDER BY checked_at DESC) AS age "
            f"FROM {table}) AS aged WHERE age = 1"
        )
    return f"SELECT {selected} FROM {table}"


def _digest(result: bytes) -> str:
    header, *rows = csv.reader(io.StringIO(result.decode()))
    digest = hashlib.sha256(repr(header).encode())
    for row in sorted(rows):
        digest.update(repr(row).encode())
    return f"{len(rows)} rows, {digest.hexdigest()[:16]}"
