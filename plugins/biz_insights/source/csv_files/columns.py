"""Which files and columns a load needs, and what the lack of each other column means for the figures."""

from __future__ import annotations

from collections.abc import Mapping

from biz_insights.source.database import TABLES

REQUIRED_TABLES = ("order_items",)
"""Tables that need a file with rows; without their file the others are empty."""

WITHOUT_FILE: Mapping[str, str] = {
    "order_item_options": "no line has an option",
    "date_dim": "the calendar is generated, with the public holidays of holiday_country",
}

_UNKNOWN = "it is UNKNOWN in every figure"
_DERIVED = "it is derived from the date"
WITHOUT_COLUMN: Mapping[str, Mapping[str, str]] = {
    "order_items": {
        "app_name": _UNKNOWN,
        "restaurant_id": _UNKNOWN,
        "user_id": "every order is a guest's, so there are no customer figures",
        "printed_card_number": "no card number is known",
        "is_loyalty": "no order counts as a loyalty order",
        "currency": _UNKNOWN,
        "lineitem_id": "lines are numbered within their order as the file lists them (row-1, row-2, …)",
        "item_category": "every item is Uncategorised",
    },
    "order_item_options": {"option_group_name": "options have no group"},
    "date_dim": {
        "year": _DERIVED,
        "month": _DERIVED,
        "week": _DERIVED,
        "day_of_week": _DERIVED,
        "is_weekend": _DERIVED,
        "holiday_name": "holidays have no name",
    },
}
"""Optional columns by table, each with what follows when the file lacks it. All other columns are required."""

GENERATED_LINE_ID = "'row-' || row_number() OVER (PARTITION BY btrim({order_id}) ORDER BY file_row)"
"""SQL for the ids of lines whose file has none. They depend on the rows of the same order alone, so that orders may
come and go around them; a row put before another of its order renumbers the rows behind it."""


def required_columns(table: str) -> tuple[str, ...]:
    """Columns that the table's file must name."""
    return tuple(name for name in TABLES[table] if name not in WITHOUT_COLUMN[table])


def notes_on_missing(file_name: str, table: str, present: set[str]) -> list[str]:
    """A sentence for each consequence of the optional columns that a file lacks."""
    lacking: dict[str, list[str]] = {}
    for name, consequence in WITHOUT_COLUMN[table].items():
        if name not in present:
            lacking.setdefault(consequence, []).append(name.upper())
    return [f"{file_name} has no column {', '.join(names)}: {what}" for what, names in lacking.items()]
