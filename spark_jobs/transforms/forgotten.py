"""Forgotten customers: what names them becomes null before a row is written. Their orders stay, as those of a guest."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from biz_schema.bronze_tables import INGESTION_COLUMNS
from biz_schema.forgotten_customers import (
    APP_COLUMN,
    CARD,
    CARD_COLUMN,
    EVERY_APP,
    SEPARATOR,
    USER_COLUMN,
    ForgottenCustomers,
)
from biz_schema.placeholders import UNKNOWN
from biz_schema.source_tables import SourceTable
from spark_jobs.transforms.typed import trimmed


def without_forgotten(rows: DataFrame, table: SourceTable, forgotten: ForgottenCustomers) -> DataFrame:
    """Return bronze rows in which nothing names a forgotten customer.

    On a customer's lines the user id, the card number and every column beyond the declared ones become null: nobody
    knows what those hold. A card of the customer becomes null on every line.
    """
    if USER_COLUMN not in table.column_names or not (forgotten.users or forgotten.cards):
        return rows
    is_customer = _is_user(forgotten)
    is_card = _digest(forgotten.salt, F.lit(CARD), F.lit(CARD), _text(CARD_COLUMN)).isin(list(forgotten.cards))
    undeclared = [name for name in rows.columns if name not in {*table.column_names, *INGESTION_COLUMNS}]
    emptied = {name: F.when(~is_customer, F.col(f"`{name}`")) for name in (USER_COLUMN, *undeclared)}
    emptied[CARD_COLUMN] = F.when(~(is_customer | is_card), F.col(CARD_COLUMN))
    return rows.select(*[emptied.get(name, F.col(f"`{name}`")).alias(name) for name in rows.columns])


def _is_user(forgotten: ForgottenCustomers) -> Column:
    app = F.regexp_replace(_text(APP_COLUMN), r"[\s\u00a0]+", " ")
    app = F.when(app == "", F.lit(UNKNOWN)).otherwise(app)
    digests = [_digest(forgotten.salt, channel, _text(USER_COLUMN)) for channel in (F.lit(EVERY_APP), app)]
    found = [digest.isin(list(forgotten.users)) for digest in digests]
    return (_text(USER_COLUMN) != "") & (found[0] | found[1])


def _text(name: str) -> Column:
    return F.coalesce(trimmed(name), F.lit(""))


def _digest(salt: str, *parts: Column) -> Column:
    return F.sha2(F.concat_ws(SEPARATOR, F.lit(salt), *parts), 256)
