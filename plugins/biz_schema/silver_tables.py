"""Silver: typed rows by day, the calendar, the quarantine and the row ledger; what the silver job writes."""

from __future__ import annotations

from biz_schema.bronze_tables import BATCH_ID
from biz_schema.lake_tables import MONEY_TYPE, TOTAL_TYPE, LakeColumn, LakeTable
from biz_schema.placeholders import UNCATEGORISED, UNKNOWN, UNNAMED_ITEM
from biz_schema.source_tables import DATE_DIM, ORDER_ITEM_OPTIONS, ORDER_ITEMS, SOURCE_TABLES

ORDER_DATE = "order_date"
_BATCH = LakeColumn("string", "export the row was last built from")
_SOURCE_NAMES = [table.name for table in SOURCE_TABLES]

SILVER_ORDER_ITEMS = LakeTable(
    name=ORDER_ITEMS.silver_name,
    about="One row per accepted order line, typed, with its money, by local calendar day.",
    grain=("order_id", "lineitem_id"),
    columns={
        "source_id": LakeColumn("bigint", "identity of the row in the source table"),
        "app_name": LakeColumn("string", f"ordering channel; {UNKNOWN} where the source has none"),
        "restaurant_id": LakeColumn("string", f"the store; {UNKNOWN} where the source has none"),
        "created_at": LakeColumn("timestamp", "moment of the order, UTC"),
        "order_hour": LakeColumn("int", "hour of the order, 0 to 23, in the business time zone"),
        "order_id": LakeColumn("string", "the order"),
        "lineitem_id": LakeColumn("string", "the line within the order"),
        "user_id": LakeColumn("string", "the user within the channel; null is a guest"),
        "printed_card_number": LakeColumn("string", "loyalty card; null without one"),
        "is_loyalty": LakeColumn("boolean", "loyalty flag of the line; false where the source has none"),
        "currency": LakeColumn("string", f"upper case; {UNKNOWN} where the source has none"),
        "item_category": LakeColumn(
            "string", f"category after repair; {UNCATEGORISED} where there is none or a web address"
        ),
        "item_category_source": LakeColumn("string", "category as the source has it"),
        "item_name": LakeColumn("string", f"item on one line, trimmed; {UNNAMED_ITEM} where there is none"),
        "item_key": LakeColumn("string", "item_name in lower case: spellings of one item share it"),
        "item_price": LakeColumn(MONEY_TYPE, "price as the source has it: see the setting price_basis"),
        "item_quantity": LakeColumn(
            "bigint", "units on the line; negative on a refund, whatever the source has signed"
        ),
        "item_amount": LakeColumn(
            MONEY_TYPE, "what the item costs: the price, or price x quantity, by price_basis; negative on a refund"
        ),
        "options_revenue": LakeColumn(MONEY_TYPE, "sum of the line's positive option amounts; 0 on a refund"),
        "gross_sales": LakeColumn(MONEY_TYPE, "item_amount + options_revenue; 0 on a refund"),
        "discount_amount": LakeColumn(
            MONEY_TYPE, "sum of the line's negative option amounts, as a positive amount; 0 on a refund"
        ),
        "refund_amount": LakeColumn(
            MONEY_TYPE,
            "what is refunded, as a positive amount: on a refund its item and options less their discounts, on a sale "
            "the options taken back (negative option_quantity)",
        ),
        "net_sales": LakeColumn(MONEY_TYPE, "gross_sales - discount_amount - refund_amount"),
        "is_refund": LakeColumn("boolean", "the line has a negative price or quantity; see the setting negative_lines"),
        "is_test": LakeColumn("boolean", "app_name contains one of test_app_names; gold leaves the line out"),
        BATCH_ID: _BATCH,
        ORDER_DATE: LakeColumn("date", "partition: local calendar date of created_at in the business time zone"),
    },
    partition_keys=(ORDER_DATE,),
)

SILVER_ORDER_ITEM_OPTIONS = LakeTable(
    name=ORDER_ITEM_OPTIONS.silver_name,
    about="One row per accepted option of a line, on the day of the line.",
    grain=("source_id",),
    columns={
        "source_id": LakeColumn("bigint", "identity of the row in the source table"),
        "order_id": LakeColumn("string", "the order"),
        "lineitem_id": LakeColumn("string", "the line that the option belongs to"),
        "option_group_name": LakeColumn("string", "group of the option, on one line"),
        "option_name": LakeColumn("string", "the option, on one line"),
        "option_price": LakeColumn(MONEY_TYPE, "price of one; negative is a discount"),
        "option_quantity": LakeColumn("bigint", "how many; negative is a refund of the option"),
        "option_amount": LakeColumn(MONEY_TYPE, "option_price x option_quantity"),
        BATCH_ID: _BATCH,
        ORDER_DATE: LakeColumn("date", "partition: order_date of the line"),
    },
    partition_keys=(ORDER_DATE,),
)

SILVER_DATE_DIM = LakeTable(
    name=DATE_DIM.silver_name,
    about="Every day of the years that hold orders: the source's row where its calendar has one, else a generated one.",
    grain=("calendar_date",),
    columns={
        "calendar_date": LakeColumn("date", "every day of the years with orders, and the source calendar's own dates"),
        "year": LakeColumn("int", "calendar year, from the date"),
        "month": LakeColumn("int", "1 to 12, from the date"),
        "week": LakeColumn("int", "ISO week, from the date"),
        "day_of_week": LakeColumn("string", "English name, from the date"),
        "is_weekend": LakeColumn("boolean", "Saturday or Sunday, from the date"),
        "is_holiday": LakeColumn("boolean", "the source's flag, false where it has none; generated: a public holiday"),
        "holiday_name": LakeColumn(
            "string", "the source's name of the holiday, also where it falls in generated years"
        ),
        "is_generated": LakeColumn(
            "boolean", "true where the source's calendar lacks the date; see the holiday settings"
        ),
        BATCH_ID: _BATCH,
    },
)

QUARANTINE = LakeTable(
    name="quarantine",
    about="Source rows that were not accepted, with their text and the reasons.",
    grain=("source_table", "source_id"),
    columns={
        "source_id": LakeColumn("bigint", "identity of the row in the source table"),
        "order_id": LakeColumn("string", "the order, where the row has one"),
        "lineitem_id": LakeColumn("string", "the line, where the row has one"),
        "reasons": LakeColumn("array<string>", "every reason that applies, see the table below"),
        "raw": LakeColumn("string", "the source columns as one JSON object of texts"),
        BATCH_ID: _BATCH,
        "source_table": LakeColumn("string", "partition: the table that the row came from"),
    },
    partition_keys=("source_table",),
)

ROW_LEDGER = LakeTable(
    name="row_ledger",
    about="Per source table and batch: how many rows and how much money came, were accepted, were quarantined.",
    grain=("source_table", BATCH_ID),
    columns={
        "source_table": LakeColumn("string", f"{', '.join(_SOURCE_NAMES[:-1])} or {_SOURCE_NAMES[-1]}"),
        "database_rows_min": LakeColumn("bigint", "fewest rows the database counted around the snapshot"),
        "database_rows_max": LakeColumn("bigint", "most rows the database counted around the snapshot"),
        "source_rows": LakeColumn("bigint", "rows in bronze"),
        "accepted_rows": LakeColumn("bigint", "rows in silver"),
        "quarantined_rows": LakeColumn("bigint", "rows in quarantine"),
        "test_rows": LakeColumn("bigint", "accepted rows of test channels"),
        "source_amount": LakeColumn(
            TOTAL_TYPE, "what the rows in bronze cost, negative ones taken off, whatever the currency; null: no money"
        ),
        "accepted_amount": LakeColumn(TOTAL_TYPE, "the same of the rows in silver"),
        "quarantined_amount": LakeColumn(TOTAL_TYPE, "the same of the rows in quarantine"),
        "source_absolute_amount": LakeColumn(TOTAL_TYPE, "source_amount with every row counted as positive"),
        "quarantined_absolute_amount": LakeColumn(TOTAL_TYPE, "quarantined_amount with every row counted as positive"),
        "quarantined_rows_without_amount": LakeColumn("bigint", "rows in quarantine whose amount cannot be read"),
        "negative_lines_rule": LakeColumn(
            "string",
            "order_items: how negative lines were treated, refund or quarantine; see the setting negative_lines",
        ),
        "negative_lines": LakeColumn(
            "bigint", "order_items: lines with a negative price or quantity and money in them"
        ),
        "negative_lines_explained": LakeColumn(
            "bigint", "order_items: those of them of an item, or in an order, that was sold as well"
        ),
        BATCH_ID: LakeColumn("string", "partition: the export"),
    },
    partition_keys=(BATCH_ID,),
)

SILVER_TABLES = {
    table.name: table
    for table in (SILVER_ORDER_ITEMS, SILVER_ORDER_ITEM_OPTIONS, SILVER_DATE_DIM, QUARANTINE, ROW_LEDGER)
}
"""By name."""

SILVER_PUBLISH_ORDER = tuple(
    table.name for table in (QUARANTINE, SILVER_DATE_DIM, SILVER_ORDER_ITEM_OPTIONS, SILVER_ORDER_ITEMS, ROW_LEDGER)
)
"""Names in the order in which they are published: what explains the lines before the lines, the ledger last."""
