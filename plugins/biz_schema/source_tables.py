"""The source tables, declared once: names, columns, types, how each column's text becomes a value, what may be missing.

The load of the CSV files, bronze, silver, the row ledger and the data dictionary read these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from biz_schema.placeholders import UNCATEGORISED, UNKNOWN

DATABASE_SCHEMA = "public"
UNPARSEABLE = "unparseable_"
"""How the reason begins for a value that cannot be read; the column follows."""


class Kind(Enum):
    """How silver reads a source column's text; `transforms.typed` has one function for each."""

    TEXT = "text"  # trimmed, whitespace collapsed
    IDENTIFIER = "identifier"  # trimmed
    INTEGER = "integer"
    QUANTITY = "quantity"  # integer other than zero
    MONEY = "money"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE_KEY = "date_key"  # DD-MM-YYYY
    NOT_READ = "not_read"  # stays in bronze


@dataclass(frozen=True)
class SourceColumn:
    """One column of a source table.

    Attributes:
        name: name in the database; a CSV file names it without regard to case.
        kind: how silver reads it.
        database_type: type in PostgreSQL.
        meaning: what it holds.
        required: whether a row needs a value. A row that lacks one, or whose text cannot be read, is quarantined.
        missing_reason: quarantine reason where it is not `unparseable_<name>`.
        any_text: whether texts that stand for a missing value (`NULL`, `N/A`) are values like any other here.
        without_column: what follows when a file lacks the column; None when a file must have it.
        is_generated: whether the database fills the column, so that no file has it.
    """

    name: str
    kind: Kind = Kind.TEXT
    database_type: str = "TEXT"
    meaning: str = ""
    required: bool = False
    missing_reason: str | None = None
    any_text: bool = False
    without_column: str | None = None
    is_generated: bool = False

    @property
    def reason(self) -> str:
        """Quarantine reason of a row that lacks the required value, or whose text cannot be read."""
        return self.missing_reason or f"{UNPARSEABLE}{self.name}"


@dataclass(frozen=True)
class SourceTable:
    """One source table.

    Attributes:
        name: name in the database and of the CSV file.
        columns: columns in the order of the database.
        key: natural key. Of the rows that share it one is accepted, the others carry `duplicate_reason`. A table
            without a natural key accepts every row.
        duplicate_reason: quarantine reason of a duplicate.
        without_file: what follows when there is no CSV file, or one without rows; None when rows are needed.
    """

    name: str
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...] = ()
    duplicate_reason: str | None = None
    without_file: str | None = None

    @property
    def may_be_empty(self) -> bool:
        """Whether the source may have no rows in the table."""
        return self.without_file is not None

    @property
    def landing_folder(self) -> str:
        """Folder of the table in a snapshot export."""
        return f"{DATABASE_SCHEMA}.{self.name}"

    @property
    def bronze_name(self) -> str:
        """Name in the catalog; the folder in bronze/ is the plain name."""
        return f"bronze_{self.name}"

    @property
    def silver_name(self) -> str:
        """Name in the catalog; the folder in silver/ is the plain name."""
        return f"silver_{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """All columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def file_columns(self) -> dict[str, SourceColumn]:
        """The columns of the CSV file by name, in order: all but those that the database fills."""
        return {column.name: column for column in self.columns if not column.is_generated}

    @property
    def required_file_columns(self) -> tuple[str, ...]:
        """The columns that the CSV file must name."""
        return tuple(name for name, column in self.file_columns.items() if column.without_column is None)

    def column(self, name: str) -> SourceColumn:
        """The column of a name."""
        return next(column for column in self.columns if column.name == name)


_UNKNOWN = f"it is {UNKNOWN} in every figure"
_FROM_THE_DATE = "it is derived from the date"

SOURCE_ID = SourceColumn(
    "id", Kind.INTEGER, "BIGINT", "identity of the row, numbered by the database", required=True, is_generated=True
)

ORDER_ITEMS = SourceTable(
    name="order_items",
    columns=(
        SOURCE_ID,
        SourceColumn("app_name", Kind.TEXT, "TEXT", "ordering channel", without_column=_UNKNOWN),
        SourceColumn("restaurant_id", Kind.IDENTIFIER, "TEXT", "the store", without_column=_UNKNOWN),
        SourceColumn("creation_time_utc", Kind.TIMESTAMP, "TIMESTAMPTZ", "moment of the order", required=True),
        SourceColumn(
            "order_id", Kind.IDENTIFIER, "TEXT", "the order", required=True, missing_reason="missing_order_id"
        ),
        SourceColumn(
            "user_id",
            Kind.IDENTIFIER,
            "TEXT",
            "the user within the channel; none for a guest",
            without_column="every order is a guest's, so there are no customer figures",
        ),
        SourceColumn(
            "printed_card_number",
            Kind.IDENTIFIER,
            "TEXT",
            "loyalty card",
            without_column="no card number is known",
        ),
        SourceColumn(
            "is_loyalty",
            Kind.BOOLEAN,
            "BOOLEAN",
            "loyalty flag of the line",
            without_column="no order counts as a loyalty order",
        ),
        SourceColumn("currency", Kind.IDENTIFIER, "TEXT", "currency of the line's amounts", without_column=_UNKNOWN),
        SourceColumn(
            "lineitem_id",
            Kind.IDENTIFIER,
            "TEXT",
            "the line within the order",
            required=True,
            missing_reason="missing_line_id",
            without_column="lines are numbered within their order as the file lists them (row-1, row-2, …)",
        ),
        SourceColumn(
            "item_category", Kind.TEXT, "TEXT", "menu category", without_column=f"every item is {UNCATEGORISED}"
        ),
        SourceColumn("item_name", Kind.TEXT, "TEXT", "name of the item on the menu"),
        SourceColumn(
            "item_price", Kind.MONEY, "NUMERIC", "price of the line or of one unit; see price_basis", required=True
        ),
        SourceColumn("item_quantity", Kind.QUANTITY, "INTEGER", "units on the line", required=True),
    ),
    key=("order_id", "lineitem_id"),
    duplicate_reason="duplicate_line",
)

ORDER_ITEM_OPTIONS = SourceTable(
    name="order_item_options",
    columns=(
        SOURCE_ID,
        SourceColumn(
            "order_id", Kind.IDENTIFIER, "TEXT", "the order", required=True, missing_reason="missing_order_id"
        ),
        SourceColumn(
            "lineitem_id",
            Kind.IDENTIFIER,
            "TEXT",
            "the line that the option belongs to",
            required=True,
            missing_reason="missing_line_id",
        ),
        # "Sauce: None" is a choice.
        SourceColumn(
            "option_group_name",
            Kind.TEXT,
            "TEXT",
            "group of the option",
            any_text=True,
            without_column="options have no group",
        ),
        SourceColumn("option_name", Kind.TEXT, "TEXT", "the option", any_text=True),
        SourceColumn("option_price", Kind.MONEY, "NUMERIC", "price of one; negative for a discount", required=True),
        SourceColumn("option_quantity", Kind.QUANTITY, "INTEGER", "how many", required=True),
    ),
    without_file="no line has an option",
)

DATE_DIM = SourceTable(
    name="date_dim",
    columns=(
        SOURCE_ID,
        SourceColumn("date_key", Kind.DATE_KEY, "TEXT", "the day, DD-MM-YYYY", required=True),
        # What follows from the date is derived from it: its text is stored in bronze only.
        SourceColumn("year", Kind.NOT_READ, "INTEGER", "calendar year", without_column=_FROM_THE_DATE),
        SourceColumn("month", Kind.NOT_READ, "TEXT", "month", without_column=_FROM_THE_DATE),
        SourceColumn("week", Kind.NOT_READ, "INTEGER", "week", without_column=_FROM_THE_DATE),
        SourceColumn("day_of_week", Kind.NOT_READ, "TEXT", "day of the week", without_column=_FROM_THE_DATE),
        SourceColumn("is_weekend", Kind.NOT_READ, "BOOLEAN", "weekend flag", without_column=_FROM_THE_DATE),
        SourceColumn("is_holiday", Kind.BOOLEAN, "BOOLEAN", "holiday flag"),
        SourceColumn("holiday_name", Kind.TEXT, "TEXT", "name of the holiday", without_column="holidays have no name"),
    ),
    key=("date_key",),
    duplicate_reason="duplicate_date",
    without_file="the calendar is generated, with the public holidays of holiday_country",
)

SOURCE_TABLES = (ORDER_ITEMS, ORDER_ITEM_OPTIONS, DATE_DIM)

SOURCE_TABLES_BY_NAME = {table.name: table for table in SOURCE_TABLES}
