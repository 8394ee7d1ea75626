"""The quarantine reasons, derived from the declarations of the source tables."""

from __future__ import annotations

from spark_jobs.tables import ORDER_ITEM_OPTIONS, ORDER_ITEMS, SOURCE_TABLES, Kind
from spark_jobs.transforms.lines import CLOCK_SLACK_HOURS, FUTURE
from spark_jobs.transforms.money import AMOUNT_LIMIT
from spark_jobs.transforms.options import ORPHAN

_NOUNS = {
    Kind.INTEGER: "whole number",
    Kind.QUANTITY: "whole number",
    Kind.MONEY: "decimal number",
    Kind.BOOLEAN: "true or false",
    Kind.TIMESTAMP: "date and time",
    Kind.DATE_KEY: "date written DD-MM-YYYY",
}


def quarantine_reasons() -> dict[str, str]:
    """What is wrong with a row, by reason; reasons of one name in several tables are one entry."""
    unread: dict[str, list[str]] = {}
    special: dict[str, str] = {}
    for table in SOURCE_TABLES:
        for column in table.columns:
            if column.missing_reason:
                special[column.missing_reason] = f"has no {column.name}"
            elif column.required or column.kind not in (Kind.TEXT, Kind.IDENTIFIER):
                lacks = "has no value or one that is" if column.required else "has a value that is"
                unread.setdefault(column.reason, []).append(f"{table.name}: {lacks} no {_NOUNS[column.kind]}")
            if column.kind is Kind.QUANTITY:
                special["non_positive_quantity"] = (
                    "has a quantity of zero; or below zero at the price zero, or under the rule `quarantine` of the "
                    "setting negative_lines at any price"
                )
        if table.duplicate_reason:
            special[table.duplicate_reason] = (
                f"shares {', '.join(table.key)} with another row; the row with the highest id among those without "
                "any other reason is kept"
            )
    special["negative_price"] = (
        f"{ORDER_ITEMS.name}: has a price below zero, under the rule `quarantine` of the setting negative_lines"
    )
    special[ORPHAN] = f"an option ({ORDER_ITEM_OPTIONS.name}) whose line is not accepted"
    special[FUTURE] = f"{ORDER_ITEMS.name}: dated more than {CLOCK_SLACK_HOURS} hours after it was read"
    special["unparseable_item_amount"] = f"{ORDER_ITEMS.name}: the amount is {AMOUNT_LIMIT:,} or more"
    special["unparseable_option_amount"] = f"{ORDER_ITEM_OPTIONS.name}: the amount is {AMOUNT_LIMIT:,} or more"
    return special | {reason: "; ".join(found) for reason, found in unread.items()}
