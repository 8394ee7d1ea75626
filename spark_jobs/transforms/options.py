"""Options of order lines: from bronze rows of order_item_options to the rows of silver_order_item_options."""

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.tables import ORDER_ITEM_OPTIONS
from spark_jobs.transforms import money
from spark_jobs.transforms.negatives import QUARANTINE, REFUND
from spark_jobs.transforms.quarantine import is_accepted, raw_text, with_reason
from spark_jobs.transforms.typed import read_rows, row_reasons

ORPHAN = "orphan_option"

SILVER_COLUMNS = (
    "source_id", "order_id", "lineitem_id", "option_group_name", "option_name", "option_price", "option_quantity",
    "option_amount", "batch_id", "order_date",
)  # fmt: skip


def options_with_reasons(bronze: DataFrame, negatives: str = REFUND, missing_marks: Collection[str] = ()) -> DataFrame:
    """Bronze rows of order_item_options as values, judged, plus option_amount. They have no natural key: equal
    rows are all kept. A negative price is a discount; a negative quantity is a refund of the option, or quarantined,
    by the rule `negatives`."""
    price, quantity = F.col("option_price"), F.col("option_quantity")
    further = [money.amount_reason("option_amount", price, quantity, money.UNIT_PRICE)]
    if negatives == QUARANTINE:
        further.append(F.when(quantity < 0, F.lit("non_positive_quantity")))
    return (
        read_rows(bronze, ORDER_ITEM_OPTIONS, missing_marks=missing_marks)
        .withColumn("reasons", row_reasons(ORDER_ITEM_OPTIONS, *further))
        .withColumn("option_amount", money.amount(price, quantity, money.UNIT_PRICE))
    )


def dated_options(judged: DataFrame, line_days: DataFrame) -> DataFrame:
    """Judged options in silver's columns but for the batch, plus is_test of their line, reasons and raw. An option
    without an accepted line is an orphan. `line_days` has one row per accepted line."""
    found = judged.join(line_days, money.LINE_KEY, "left")
    known = with_reason(found, F.col("order_date").isNull(), ORPHAN)
    return known.withColumn("raw", raw_text()).withColumnRenamed("id", "source_id").drop("source")


def silver_options(options: DataFrame, batch_id: str) -> DataFrame:
    """The accepted options in the columns of silver_order_item_options."""
    return options.filter(is_accepted()).withColumn("batch_id", F.lit(batch_id)).select(*SILVER_COLUMNS)
