"""What the columns of silver, quarantine, ledger and operations tables mean; gold says it in its SQL headers.

A test compares the names with what the jobs and the quality package declare.
"""

from __future__ import annotations

from typing import NamedTuple


class LakeColumn(NamedTuple):
    """A column's Athena type and its meaning."""

    type: str
    meaning: str


FROM_THE_DATE = ", from the date"
"""How the meaning of a calendar column ends that silver derives instead of reading it."""

_BATCH = LakeColumn("string", "export the row was last built from")

SILVER_ORDER_ITEMS = {
    "source_id": LakeColumn("bigint", "identity of the row in the source table"),
    "app_name": LakeColumn("string", "ordering channel; UNKNOWN where the source has none"),
    "restaurant_id": LakeColumn("string", "the store; UNKNOWN where the source has none"),
    "created_at": LakeColumn("timestamp", "moment of the order, UTC"),
    "order_hour": LakeColumn("int", "hour of the order, 0 to 23, in the business time zone"),
    "order_id": LakeColumn("string", "the order"),
    "lineitem_id": LakeColumn("string", "the line within the order"),
    "user_id": LakeColumn("string", "the user within the channel; null is a guest"),
    "printed_card_number": LakeColumn("string", "loyalty card; null without one"),
    "is_loyalty": LakeColumn("boolean", "loyalty flag of the line; false where the source has none"),
    "currency": LakeColumn("string", "upper case; UNKNOWN where the source has none"),
    "item_category": LakeColumn("string", "category after repair; Uncategorised where there is none or a web address"),
    "item_category_source": LakeColumn("string", "category as the source has it"),
    "item_name": LakeColumn("string", "item on one line, trimmed; Unnamed item where there is none"),
    "item_key": LakeColumn("string", "item_name in lower case: spellings of one item share it"),
    "item_price": LakeColumn("decimal(18,4)", "price as the source has it: see the setting price_basis"),
    "item_quantity": LakeColumn("bigint", "units on the line; negative on a refund, whatever the source has signed"),
    "item_amount": LakeColumn(
        "decimal(18,4)", "what the item costs: the price, or price x quantity, by price_basis; negative on a refund"
    ),
    "options_revenue": LakeColumn("decimal(18,4)", "sum of the line's positive option amounts; 0 on a refund"),
    "gross_sales": LakeColumn("decimal(18,4)", "item_amount + options_revenue; 0 on a refund"),
    "discount_amount": LakeColumn(
        "decimal(18,4)", "sum of the line's negative option amounts, as a positive amount; 0 on a refund"
    ),
    "refund_amount": LakeColumn(
        "decimal(18,4)",
        "what is refunded, as a positive amount: on a refund its item and options less their discounts, on a sale the "
        "options taken back (negative option_quantity)",
    ),
    "net_sales": LakeColumn("decimal(18,4)", "gross_sales - discount_amount - refund_amount"),
    "is_refund": LakeColumn("boolean", "the line has a negative price or quantity; see the setting negative_lines"),
    "is_test": LakeColumn("boolean", "app_name contains one of test_app_names; gold leaves the line out"),
    "batch_id": _BATCH,
    "order_date": LakeColumn("date", "partition: local calendar date of created_at in the business time zone"),
}

SILVER_ORDER_ITEM_OPTIONS = {
    "source_id": LakeColumn("bigint", "identity of the row in the source table"),
    "order_id": LakeColumn("string", "the order"),
    "lineitem_id": LakeColumn("string", "the line that the option belongs to"),
    "option_group_name": LakeColumn("string", "group of the option, on one line"),
    "option_name": LakeColumn("string", "the option, on one line"),
    "option_price": LakeColumn("decimal(18,4)", "price of one; negative is a discount"),
    "option_quantity": LakeColumn("bigint", "how many; negative is a refund of the option"),
    "option_amount": LakeColumn("decimal(18,4)", "option_price x option_quantity"),
    "batch_id": _BATCH,
    "order_date": LakeColumn("date", "partition: order_date of the line"),
}

SILVER_DATE_DIM = {
    "calendar_date": LakeColumn("date", "every day of the years with orders, and the source calendar's own dates"),
    "year": LakeColumn("int", "calendar year" + FROM_THE_DATE),
    "month": LakeColumn("int", "1 to 12" + FROM_THE_DATE),
    "week": LakeColumn("int", "ISO week" + FROM_THE_DATE),
    "day_of_week": LakeColumn("string", "English name" + FROM_THE_DATE),
    "is_weekend": LakeColumn("boolean", "Saturday or Sunday" + FROM_THE_DATE),
    "is_holiday": LakeColumn("boolean", "the source's flag, false where it has none; generated: a public holiday"),
    "holiday_name": LakeColumn("string", "the source's name of the holiday, also where it falls in generated years"),
    "is_generated": LakeColumn("boolean", "true where the source's calendar lacks the date; see the holiday settings"),
    "batch_id": _BATCH,
}

QUARANTINE = {
    "source_id": LakeColumn("bigint", "identity of the row in the source table"),
    "order_id": LakeColumn("string", "the order, where the row has one"),
    "lineitem_id": LakeColumn("string", "the line, where the row has one"),
    "reasons": LakeColumn("array<string>", "every reason that applies, see the table below"),
    "raw": LakeColumn("string", "the source columns as one JSON object of texts"),
    "batch_id": _BATCH,
    "source_table": LakeColumn("string", "partition: the table that the row came from"),
}

ROW_LEDGER = {
    "source_table": LakeColumn("string", "order_items, order_item_options or date_dim"),
    "database_rows_min": LakeColumn("bigint", "fewest rows the database counted around the snapshot"),
    "database_rows_max": LakeColumn("bigint", "most rows the database counted around the snapshot"),
    "source_rows": LakeColumn("bigint", "rows in bronze"),
    "accepted_rows": LakeColumn("bigint", "rows in silver"),
    "quarantined_rows": LakeColumn("bigint", "rows in quarantine"),
    "test_rows": LakeColumn("bigint", "accepted rows of test channels"),
    "source_amount": LakeColumn(
        "decimal(28,4)", "what the rows in bronze cost, negative ones taken off, whatever the currency; null: no money"
    ),
    "accepted_amount": LakeColumn("decimal(28,4)", "the same of the rows in silver"),
    "quarantined_amount": LakeColumn("decimal(28,4)", "the same of the rows in quarantine"),
    "source_absolute_amount": LakeColumn("decimal(28,4)", "source_amount with every row counted as positive"),
    "quarantined_absolute_amount": LakeColumn("decimal(28,4)", "quarantined_amount with every row counted as positive"),
    "quarantined_rows_without_amount": LakeColumn("bigint", "rows in quarantine whose amount cannot be read"),
    "negative_lines_rule": LakeColumn(
        "string", "order_items: how negative lines were treated, refund or quarantine; see the setting negative_lines"
    ),
    "negative_lines": LakeColumn("bigint", "order_items: lines with a negative price or quantity and money in them"),
    "negative_lines_explained": LakeColumn(
        "bigint", "order_items: those of them of an item, or in an order, that was sold as well"
    ),
    "batch_id": LakeColumn("string", "partition: the export"),
}

DATA_QUALITY_RESULTS = {
    "process_date": LakeColumn("date", "the day the run was for"),
    "checked_at": LakeColumn("timestamp", "when the checkpoint ran, UTC"),
    "table_name": LakeColumn("string", "table (and suite) that was audited"),
    "candidate": LakeColumn("string", "name of the build in the build database"),
    "rule_name": LakeColumn("string", "name of the expectation in its suite"),
    "expectation": LakeColumn("string", "Great Expectations type"),
    "column_name": LakeColumn("string", "column or columns it looks at"),
    "severity": LakeColumn("string", "critical, warning or info"),
    "success": LakeColumn("boolean", "whether it held"),
    "observed": LakeColumn("string", "observed value, as JSON"),
    "unexpected_count": LakeColumn("bigint", "rows that break it"),
    "unexpected_percent": LakeColumn("double", "the same in per cent"),
    "samples": LakeColumn("array<string>", "up to five offending rows or values, as JSON"),
    "error": LakeColumn("string", "why it could not be evaluated; counts as a critical failure"),
    "why": LakeColumn("string", "why the expectation is there"),
    "fix": LakeColumn("string", "who mends a failure, and how"),
    "checkpoint_score": LakeColumn("double", "score of the whole checkpoint, 0 to 100"),
    "checkpoint_blocked": LakeColumn("boolean", "whether the publish was blocked"),
    "run": LakeColumn("string", "partition: the DAG run"),
    "checkpoint": LakeColumn("string", "partition: bronze, silver or the gold table"),
}

PUBLISH_HISTORY = {
    "partition": LakeColumn("string", "partition value; empty for a table without partitions"),
    "change": LakeColumn("string", "added, replaced or removed"),
    "old_location": LakeColumn("string", "prefix it pointed to before; empty when added"),
    "new_location": LakeColumn("string", "prefix it points to since; empty when removed"),
    "fingerprint": LakeColumn("string", "fingerprint of what was published (of what was removed)"),
    "process_date": LakeColumn("string", "the day the run was for"),
    "published_at": LakeColumn("timestamp", "when, UTC"),
    "run": LakeColumn("string", "partition: the DAG run"),
    "table_name": LakeColumn("string", "partition: the table"),
}
