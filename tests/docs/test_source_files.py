"""The page on source files names the columns that the load requires, and those that a file may lack."""

from __future__ import annotations

import re

import pytest

from biz_schema.source_tables import SOURCE_TABLES, SourceTable
from docs.build import DOCS

EVERY_OTHER = "all others"


def cells_of(table: SourceTable) -> list[str]:
    """Return the cells of a file's row in the table of files."""
    text = (DOCS / "source-files.md").read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{table.name}.csv` |")]
    return row.strip("| ").split("|")


def columns_in(cell: str) -> list[str]:
    return [name.lower() for name in re.findall(r"`(\w+)`", cell)]


@pytest.mark.parametrize("table", SOURCE_TABLES, ids=lambda table: table.name)
def test_required_and_optional_columns_are_those_of_the_load(table: SourceTable) -> None:
    _, presence, required, optional = cells_of(table)
    assert sorted(columns_in(required)) == sorted(table.required_file_columns)
    others = sorted(set(table.file_columns) - set(table.required_file_columns))
    assert sorted(columns_in(optional)) == ([] if optional.strip() == EVERY_OTHER else others)
    assert ("may be missing" in presence) == table.may_be_empty
