"""From bronze text to values: one function for each kind of column; null if the text cannot be read.

Every cast is a `try_cast`: under ANSI mode a plain cast would end the job at the first bad row.
"""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from biz_schema.bronze_tables import INGESTION_COLUMNS
from biz_schema.forgotten_customers import BLANKS
from biz_schema.lake_tables import MONEY_TYPE
from biz_schema.quarantine_reasons import NON_POSITIVE_QUANTITY
from biz_schema.source_tables import Kind, SourceColumn, SourceTable

# A full date and time of the years 1900 to 2199: Spark alone would also read '11:03', as a time of today.
TIMESTAMP_PATTERN = (
    r"^(19|2[01])\d{2}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?\s?(Z|[+-]\d{2}(:?\d{2}(:?\d{2})?)?)?$"
)
# Any text that is not blank is a value of these kinds.
ALWAYS_READ = (Kind.TEXT, Kind.IDENTIFIER)
DATE_KEY_PATTERN = r"^(\d{2})-(\d{2})-(\d{4})$"


def read_rows(bronze: DataFrame, table: SourceTable, *carried: str, missing_marks: Collection[str] = ()) -> DataFrame:
    """Return bronze rows as values, and `source`, a struct of the texts that they were read from.

    `source` also has the columns that the source has beyond the declared ones.

    Args:
        bronze: rows as text.
        table: declaration of the columns.
        carried: ingestion columns to take along.
        missing_marks: texts that stand for a missing value, in any case (`null`, `n/a`).
    """
    source = [F.col(f"`{name}`") for name in bronze.columns if name not in INGESTION_COLUMNS]
    # Two projections, so that each text is trimmed once, however often its value is used.
    texts = bronze.select(
        *[stated_text(column, missing_marks).alias(column.name) for column in _read_columns(table)],
        *carried,
        F.struct(*source).alias("source"),
    )
    return texts.select(*[parsed(column) for column in _read_columns(table)], *carried, "source")


def row_reasons(table: SourceTable, *further: Column) -> Column:
    """Return why a row of `read_rows` cannot be accepted (array<string>), in column order; empty if it can.

    `further` are the reasons of the table's own rules, each a string or null.
    """
    found: list[Column] = []
    for column in _read_columns(table):
        unread = F.col(column.name).isNull()
        if column.required:
            found.append(F.when(unread, F.lit(column.reason)))
        elif column.kind not in ALWAYS_READ:
            found.append(F.when(unread & (trimmed(f"source.{column.name}") != ""), F.lit(column.reason)))
        if column.kind is Kind.QUANTITY:
            found.append(F.when(F.col(column.name) == 0, F.lit(NON_POSITIVE_QUANTITY)))
    # array_compact would do the same, but it is a lambda and is interpreted row by row.
    return F.array_remove(F.array(*[F.coalesce(reason, F.lit("")) for reason in (*found, *further)]), "")


def _read_columns(table: SourceTable) -> list[SourceColumn]:
    return [column for column in table.columns if column.kind is not Kind.NOT_READ]


def stated_text(column: SourceColumn, missing_marks: Collection[str]) -> Column:
    """Return the text of a column without blanks around it; null if it stands for a missing value.

    Only names and ids have such marks: a user id `0` may mean nobody, but a price of 0 is a price. In a required column
    a mark with a digit does not count: a line may have the id `0`.
    """
    text = trimmed(column.name)
    if column.any_text or column.kind not in ALWAYS_READ:
        return text
    marks = {mark.strip().lower() for mark in missing_marks}
    if column.required:
        marks = {mark for mark in marks if not any(letter.isdigit() for letter in mark)}
    return F.when(~F.lower(text).isin(sorted(marks)), text) if marks else text


def trimmed(name: str) -> Column:
    """Return the column's text without blanks around it."""
    return F.btrim(F.col(name), F.lit(BLANKS))


def parsed(column: SourceColumn) -> Column:
    """Return the value of a column of trimmed texts, under its name; null if missing or not readable."""
    readings = {
        Kind.TEXT: _one_line,
        Kind.IDENTIFIER: _not_empty,
        Kind.INTEGER: _integer,
        Kind.QUANTITY: _integer,
        Kind.MONEY: _money,
        Kind.BOOLEAN: _boolean,
        Kind.TIMESTAMP: _timestamp,
        Kind.DATE_KEY: _date_key,
    }
    return readings[column.kind](column.name).alias(column.name)


def _not_empty(name: str) -> Column:
    return F.when(F.col(name) != "", F.col(name))


def _one_line(name: str) -> Column:
    return F.regexp_replace(_not_empty(name), r"[\s\u00a0]+", " ")


def _integer(name: str) -> Column:
    return F.expr(f"try_cast(`{name}` as bigint)")


def _money(name: str) -> Column:
    return F.expr(f"try_cast(`{name}` as {MONEY_TYPE})")


def _boolean(name: str) -> Column:
    return F.expr(f"try_cast(`{name}` as boolean)")


def _timestamp(name: str) -> Column:
    """Read PostgreSQL's text (`2023-03-08 11:03:32.223+00`) and ISO 8601 (`2023-03-08T11:03:32Z`); UTC if no offset."""
    return F.when(F.col(name).rlike(TIMESTAMP_PATTERN), F.expr(f"try_cast(`{name}` as timestamp)"))


def _date_key(name: str) -> Column:
    iso = f"regexp_replace(`{name}`, r'{DATE_KEY_PATTERN}', '$3-$2-$1')"
    return F.when(F.col(name).rlike(DATE_KEY_PATTERN), F.expr(f"try_cast({iso} as date)"))
