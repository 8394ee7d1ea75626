"""Quarantine reasons: why a source row is not accepted. One list, by the name that the quarantine table holds."""

from __future__ import annotations

from dataclasses import dataclass

from biz_schema.setting_values import QUARANTINE_RULE, REFUND_RULE
from biz_schema.source_tables import (
    ORDER_ITEM_OPTIONS,
    ORDER_ITEMS,
    SOURCE_TABLES,
    UNPARSEABLE,
    Kind,
    SourceColumn,
    SourceTable,
)
from biz_schema.value_limits import AMOUNT_LIMIT, CLOCK_SLACK_HOURS

NON_POSITIVE_QUANTITY = "non_positive_quantity"
NEGATIVE_PRICE = "negative_price"
ORPHAN_OPTION = "orphan_option"
FUTURE_CREATION_TIME = "future_creation_time"
UNPARSEABLE_ITEM_AMOUNT = f"{UNPARSEABLE}item_amount"
UNPARSEABLE_OPTION_AMOUNT = f"{UNPARSEABLE}option_amount"

_VALUES = {
    Kind.INTEGER: "a whole number",
    Kind.QUANTITY: "a whole number",
    Kind.MONEY: "a decimal number",
    Kind.BOOLEAN: "true or false",
    Kind.TIMESTAMP: "a date and time",
    Kind.DATE_KEY: "a date written DD-MM-YYYY",
}


@dataclass(frozen=True)
class QuarantineReason:
    """Why a row is not accepted.

    Attributes:
        name: value in the column `reasons` of the quarantine table.
        tables: source tables whose rows can have it.
        meaning: what is wrong with the row; the sentence's subject is the row.
        what_to_do: what a person can do about it, in full sentences.
    """

    name: str
    tables: tuple[str, ...]
    meaning: str
    what_to_do: str


def _of_rules() -> list[QuarantineReason]:
    """Reasons of rules that look at more than the text of one column."""
    lines, options = ORDER_ITEMS.name, ORDER_ITEM_OPTIONS.name
    under_the_rule = f"under the rule `{QUARANTINE_RULE}` of the setting negative_lines"
    too_large = f"its amount is {AMOUNT_LIMIT:,} or more"
    as_refunds = (
        f"If such rows are refunds, set negative_lines to {REFUND_RULE} and run make replay. Otherwise correct the"
    )
    negative_price = f"{as_refunds} price at the source and load the file again."
    smaller = "Correct the price or the quantity at the source and load the file again."
    return [
        QuarantineReason(
            NON_POSITIVE_QUANTITY,
            (lines, options),
            f"its quantity is zero; or below zero at the price zero, or {under_the_rule} at any price",
            f"{as_refunds} quantity at the source and load the file again.",
        ),
        QuarantineReason(NEGATIVE_PRICE, (lines,), f"its price is below zero, {under_the_rule}", negative_price),
        QuarantineReason(
            ORPHAN_OPTION,
            (options,),
            "it is an option whose line is not accepted",
            "Look for its line in the quarantine and fix that: the option is accepted together with its line. If the "
            "source has no such line, load the line or delete the option there.",
        ),
        QuarantineReason(
            FUTURE_CREATION_TIME,
            (lines,),
            f"it is dated more than {CLOCK_SLACK_HOURS} hours after it was read",
            "Correct the time at the source, and the clock of the till. Once the time has passed, the first run of a "
            "changed source accepts the row, whether the time is right or wrong.",
        ),
        QuarantineReason(UNPARSEABLE_ITEM_AMOUNT, (lines,), too_large, smaller),
        QuarantineReason(UNPARSEABLE_OPTION_AMOUNT, (options,), too_large, smaller),
    ]


def _of_columns() -> list[QuarantineReason]:
    """Reasons of columns without a value, or with a text that cannot be read; one for each name."""
    found: dict[str, QuarantineReason] = {}
    for table in SOURCE_TABLES:
        for column in table.columns:
            if column.required or column.kind in _VALUES:
                earlier = found.get(column.reason)
                tables = (*(earlier.tables if earlier else ()), table.name)
                found[column.reason] = QuarantineReason(column.reason, tables, _meaning(column), _what_to_do(column))
    return list(found.values())


def _meaning(column: SourceColumn) -> str:
    if column.missing_reason:
        return f"it has no {column.name}"
    unread = f"its {column.name} is not {_VALUES[column.kind]}"
    return f"it has no {column.name}, or {unread}" if column.required else unread


def _what_to_do(column: SourceColumn) -> str:
    if column.missing_reason:
        return f"Fill in {column.name} at the source and load the file again."
    return (
        f"Write {column.name} as {_VALUES[column.kind]} at the source and load the file again. If the source is right, "
        "change how such a text is read in spark_jobs/transforms/typed.py, and run make replay."
    )


def _of_keys() -> list[QuarantineReason]:
    """Reasons of rows that share their key with an accepted row."""
    return [
        QuarantineReason(
            table.duplicate_reason,
            (table.name,),
            f"it shares {', '.join(table.key)} with another row. The row with the highest id among those without any "
            "other reason is accepted",
            "Nothing, if the accepted row is the right one. Otherwise delete the wrong row at the source, or give the "
            "rows different keys, and load the file again.",
        )
        for table in SOURCE_TABLES
        if table.duplicate_reason
    ]


QUARANTINE_REASONS = {reason.name: reason for reason in (*_of_rules(), *_of_keys(), *_of_columns())}
"""By name."""


def reasons_of(table: SourceTable) -> tuple[str, ...]:
    """Names of the reasons that a source table's rows can have."""
    return tuple(name for name, reason in QUARANTINE_REASONS.items() if table.name in reason.tables)
