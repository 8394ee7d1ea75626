"""The views that readers use: one for each table, over its two copies in the slots.

A view selects from the slot that `current_release` names. Within one query Athena resolves `current_release` once, so
that every table of the query comes from the same release. A slot that lacks a column of the newer one gives null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from biz_insights.lake.current_release import SLOTS, slot_database
from biz_schema.operations_tables import CURRENT_RELEASE

Columns = Mapping[str, str]
"""Columns by name, partition keys last, with Glue's types."""


def table_columns(definition: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns of a Glue table, the partition keys last."""
    described = [*definition["StorageDescriptor"]["Columns"], *definition.get("PartitionKeys", ())]
    return {column["Name"]: column["Type"] for column in described}


def reader_view(table: str, published_database: str, copies: Mapping[str, Columns], newest: str) -> str:
    """Return the statement that creates the view of a table.

    Args:
        table: its name.
        published_database: the database of the view.
        copies: the columns of the table in each slot that has it.
        newest: the slot whose columns the view shows; the other slot gives null for columns that it lacks.
    """
    columns = copies[newest]
    selects = [
        f"SELECT {', '.join(_column(name, kind, copies[slot]) for name, kind in columns.items())}\n"
        f"FROM {slot_database(published_database, slot)}.{table}\n"
        f"WHERE (SELECT slot FROM {published_database}.{CURRENT_RELEASE.name}) = '{slot}'"
        for slot in SLOTS
        if slot in copies
    ]
    return f"CREATE OR REPLACE VIEW {published_database}.{table} AS\n" + "\nUNION ALL\n".join(selects)


def _column(name: str, kind: str, copy: Columns) -> str:
    quoted = f'"{name}"'
    return quoted if name in copy else f"CAST(NULL AS {trino_type(kind)}) AS {quoted}"


def trino_type(glue_type: str) -> str:
    """Return the type of a Glue column in queries: `string` → `varchar`, `array<string>` → `array(varchar)`."""
    names = {"string": "varchar", "int": "integer", "float": "real", "binary": "varbinary", "timestamp": "timestamp(3)"}
    if glue_type in names:
        return names[glue_type]
    if glue_type.startswith("array<"):
        return f"array({trino_type(glue_type[len('array<') : -1])})"
    return glue_type
