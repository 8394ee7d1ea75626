"""Options of order lines: from bronze rows of order_item_options to rows of silver_order_item_options."""

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from biz_schema.bronze_tables import BATCH_ID
from biz_schema.quarantine_reasons import NON_POSITIVE_QUANTITY, ORPHAN_OPTION, UNPARSEABLE_OPTION_AMOUNT
from biz_schema.setting_values import QUARANTINE_RULE, REFUND_RULE, UNIT_PRICE
from biz_schema.silver_tables import SILVER_ORDER_ITEM_OPTIONS
from biz_schema.source_tables import ORDER_ITEM_OPTIONS
from spark_jobs.transforms import money
from spark_jobs.transforms.quarantine import is_accepted, raw_text, with_reason
from spark_jobs.transforms.typed import read_rows, row_reasons


def options_with_reasons(
    bronze: DataFrame, negatives: str = REFUND_RULE, missing_marks: Collection[str] = ()
) -> DataFrame:
    """Return bronze rows of order_item_options as values with `reasons`, plus `option_amount`.

    Options have no natural key: equal rows are all accepted. A negative price is a discount. A negative quantity is a
    refund of the option, or quarantined, by the rule `negatives`.
    """
    price, quantity = F.col("option_price"), F.col("option_quantity")
    further = [money.amount_reason(UNPARSEABLE_OPTION_AMOUNT, price, quantity, UNIT_PRICE)]
    if negatives == QUARANTINE_RULE:
        further.append(F.when(quantity < 0, F.lit(NON_POSITIVE_QUANTITY)))
    return (
        read_rows(bronze, ORDER_ITEM_OPTIONS, missing_marks=missing_marks)
        .withColumn("reasons", row_reasons(ORDER_ITEM_OPTIONS, *further))
        .withColumn("option_amount", money.amount(price, quantity, UNIT_PRICE))
    )


def dated_options(rows_with_reasons: DataFrame, line_days: DataFrame) -> DataFrame:
    """Return options in silver's columns without the batch, plus `is_test` of their line, `reasons` and `raw`.

    An option without an accepted line is an orphan. `line_days` has one row for each accepted line.
    """
    found = rows_with_reasons.join(line_days, money.LINE_KEY, "left")
    known = with_reason(found, F.col("order_date").isNull(), ORPHAN_OPTION)
    return known.withColumn("raw", raw_text()).withColumnRenamed("id", "source_id").drop("source")


def silver_options(options: DataFrame, batch_id: str) -> DataFrame:
    """Return the accepted options in the columns of silver_order_item_options."""
    return (
        options.filter(is_accepted()).withColumn(BATCH_ID, F.lit(batch_id)).select(*SILVER_ORDER_ITEM_OPTIONS.columns)
    )
