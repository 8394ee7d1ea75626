"""Which columns a file lacks, and what that means for the figures."""

from __future__ import annotations

from biz_schema.source_tables import SOURCE_TABLES_BY_NAME

GENERATED_LINE_ID = "'row-' || row_number() OVER (PARTITION BY btrim({order_id}) ORDER BY file_row)"
"""SQL for the ids of lines whose file has none. They depend only on the rows of the same order, so other orders may be
added or removed. A row that is inserted into an order changes the numbers of the rows after it."""


def notes_on_missing(file_name: str, table: str, present: set[str]) -> list[str]:
    """Return a sentence for each consequence of the optional columns that a file lacks."""
    lacking: dict[str, list[str]] = {}
    for name, column in SOURCE_TABLES_BY_NAME[table].file_columns.items():
        if name not in present and column.without_column is not None:
            lacking.setdefault(column.without_column, []).append(name.upper())
    return [f"{file_name} has no column {', '.join(names)}: {what}" for what, names in lacking.items()]
