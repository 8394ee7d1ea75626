"""The source tables, declared once: names, columns, how each column's text becomes a value, what it may lack.

Bronze takes the column list from here, silver the parsing and the quarantine reasons, and the ledger the tables.
"""

from dataclasses import dataclass
from enum import Enum

DATABASE_SCHEMA = "public"


class Kind(Enum):
    """What a source column's text stands for; `transforms.typed` has one reading for each."""

    TEXT = "text"  # trimmed, whitespace collapsed
    IDENTIFIER = "identifier"  # trimmed
    INTEGER = "integer"
    QUANTITY = "quantity"  # integer other than zero
    MONEY = "money"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE_KEY = "date_key"  # DD-MM-YYYY


@dataclass(frozen=True)
class SourceColumn:
    """One column of a source table. A row that lacks a required value, or whose text has no reading, is
    quarantined for `reason`. A text that stands for a missing value (`NULL`, `N/A`) is one, unless `any_text`:
    then it may be a name like any other."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    missing_reason: str | None = None
    any_text: bool = False

    @property
    def reason(self) -> str:
        return self.missing_reason or f"unparseable_{self.name}"


@dataclass(frozen=True)
class SourceTable:
    """One source table. `key` is its natural key: of rows that share it one is kept, the others carry
    `duplicate_reason`. A table without a natural key keeps every row. A source may do without rows in a table that
    `may_be_empty`."""

    name: str
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...] = ()
    duplicate_reason: str | None = None
    may_be_empty: bool = False

    @property
    def landing_folder(self) -> str:
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
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> SourceColumn:
        return next(column for column in self.columns if column.name == name)


SOURCE_ID = SourceColumn("id", Kind.INTEGER, required=True)
ORDER_ID = SourceColumn("order_id", Kind.IDENTIFIER, required=True, missing_reason="missing_order_id")
LINE_ID = SourceColumn("lineitem_id", Kind.IDENTIFIER, required=True, missing_reason="missing_line_id")

ORDER_ITEMS = SourceTable(
    name="order_items",
    columns=(
        SOURCE_ID,
        SourceColumn("app_name"),
        SourceColumn("restaurant_id", Kind.IDENTIFIER),
        SourceColumn("creation_time_utc", Kind.TIMESTAMP, required=True),
        ORDER_ID,
        SourceColumn("user_id", Kind.IDENTIFIER),
        SourceColumn("printed_card_number", Kind.IDENTIFIER),
        SourceColumn("is_loyalty", Kind.BOOLEAN),
        SourceColumn("currency", Kind.IDENTIFIER),
        LINE_ID,
        SourceColumn("item_category"),
        SourceColumn("item_name"),
        SourceColumn("item_price", Kind.MONEY, required=True),
        SourceColumn("item_quantity", Kind.QUANTITY, required=True),
    ),
    key=("order_id", "lineitem_id"),
    duplicate_reason="duplicate_line",
)

ORDER_ITEM_OPTIONS = SourceTable(
    name="order_item_options",
    columns=(
        SOURCE_ID,
        ORDER_ID,
        LINE_ID,
        # "Sauce: None" is a choice.
        SourceColumn("option_group_name", any_text=True),
        SourceColumn("option_name", any_text=True),
        SourceColumn("option_price", Kind.MONEY, required=True),
        SourceColumn("option_quantity", Kind.QUANTITY, required=True),
    ),
    may_be_empty=True,
)

DATE_DIM = SourceTable(
    name="date_dim",
    columns=(
        SOURCE_ID,
        SourceColumn("date_key", Kind.DATE_KEY, required=True),
        # Year, month, week and day of week are derived from the date: their text is kept in bronze only.
        SourceColumn("year"),
        SourceColumn("month"),
        SourceColumn("week"),
        SourceColumn("day_of_week"),
        SourceColumn("is_weekend"),
        SourceColumn("is_holiday", Kind.BOOLEAN),
        SourceColumn("holiday_name"),
    ),
    key=("date_key",),
    duplicate_reason="duplicate_date",
    may_be_empty=True,
)

SOURCE_TABLES = (ORDER_ITEMS, ORDER_ITEM_OPTIONS, DATE_DIM)
