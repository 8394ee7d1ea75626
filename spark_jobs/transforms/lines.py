"""Order lines: from bronze rows of order_items to rows of silver_order_items, accepted or not."""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from biz_schema.bronze_tables import BATCH_ID
from biz_schema.placeholders import UNKNOWN
from biz_schema.quarantine_reasons import FUTURE_CREATION_TIME, UNPARSEABLE_ITEM_AMOUNT
from biz_schema.setting_values import REFUND_RULE
from biz_schema.silver_tables import SILVER_ORDER_ITEMS
from biz_schema.source_tables import ORDER_ITEMS
from biz_schema.value_limits import CLOCK_SLACK_HOURS
from spark_jobs.transforms import days, menu, money
from spark_jobs.transforms.negatives import is_negative, negative_reasons
from spark_jobs.transforms.quarantine import is_accepted, raw_text, with_duplicates
from spark_jobs.transforms.typed import read_rows, row_reasons


def lines_with_reasons(
    bronze: DataFrame, price_basis: str, negatives: str = REFUND_RULE, missing_marks: Collection[str] = ()
) -> DataFrame:
    """Return bronze rows of order_items as values with `reasons`, duplicates included, plus `ingested_at`.

    Args:
        bronze: rows as text.
        price_basis: what ITEM_PRICE is; see `setting_values`.
        negatives: rule for negative lines, `refund` or `quarantine`.
        missing_marks: texts that stand for a missing value.
    """
    price, quantity = F.col("item_price"), F.col("item_quantity")
    further = [
        money.amount_reason(UNPARSEABLE_ITEM_AMOUNT, price, quantity, price_basis),
        *negative_reasons(price, quantity, negatives),
        future(),
    ]
    rows = read_rows(bronze, ORDER_ITEMS, "ingested_at", missing_marks=missing_marks)
    reasons = row_reasons(ORDER_ITEMS, *further)
    return with_duplicates(rows.withColumn("reasons", reasons), ORDER_ITEMS)


def future() -> Column:
    """Return the quarantine reason (string) of a line dated after it was read from the source, else null."""
    latest = F.col("ingested_at") + F.make_dt_interval(hours=F.lit(CLOCK_SLACK_HOURS))
    return F.when(F.col("creation_time_utc") > latest, F.lit(FUTURE_CREATION_TIME))


def typed_lines(
    rows_with_reasons: DataFrame, business_timezone: str, price_basis: str, test_app_names: Collection[str]
) -> DataFrame:
    """Return lines in silver's columns, without the money of options and the batch, plus `reasons` and `raw`.

    Values that are missing but not required: app, store and currency become UNKNOWN, a loyalty flag becomes false; user
    and card stay null (a guest). A refund's quantity is negative, whether the source has a minus in the price or in the
    quantity.
    """
    created_at = F.col("creation_time_utc")
    price, quantity = F.col("item_price"), F.col("item_quantity")
    name = menu.item_name(F.col("item_name"))
    derived = {
        "source_id": F.col("id"),
        "created_at": created_at,
        "order_date": days.order_date(created_at, business_timezone),
        "order_hour": days.order_hour(created_at, business_timezone),
        "is_test": is_test_channel(F.col("app_name"), test_app_names),
        "app_name": F.coalesce("app_name", F.lit(UNKNOWN)),
        "restaurant_id": F.coalesce("restaurant_id", F.lit(UNKNOWN)),
        "currency": F.coalesce(F.upper("currency"), F.lit(UNKNOWN)),
        "is_loyalty": F.coalesce("is_loyalty", F.lit(False)),
        "item_category": menu.repaired_category(F.col("item_category")),
        "item_category_source": F.col("source.item_category"),
        "item_name": name,
        "item_key": menu.item_key(name),
        "item_amount": money.line_amount(price, quantity, price_basis),
        "is_refund": is_negative(price, quantity),
        "item_quantity": F.when(is_negative(price, quantity), -F.abs(quantity)).otherwise(quantity),
        "raw": raw_text(),
    }
    return rows_with_reasons.withColumns(derived).drop("id", "creation_time_utc", "ingested_at", "source")


def is_test_channel(app_name: Column, test_app_names: Collection[str]) -> Column:
    """Return whether the app's name contains one of the test names (boolean, never null), without regard to case."""
    found = F.lit(False)
    for test_name in test_app_names:
        found = found | F.contains(F.lower(app_name), F.lit(test_name.lower()))
    return F.coalesce(found, F.lit(False))


def line_days(lines: DataFrame) -> DataFrame:
    """Return what an option takes from its accepted line: order_id, lineitem_id, order_date, is_test."""
    return lines.filter(is_accepted()).select("order_id", "lineitem_id", "order_date", "is_test")


def silver_lines(lines: DataFrame, batch_id: str) -> DataFrame:
    """Return the accepted lines in the columns of silver_order_items."""
    return lines.filter(is_accepted()).withColumn(BATCH_ID, F.lit(batch_id)).select(*SILVER_ORDER_ITEMS.columns)
