"""Customer days as the scores see them: what is read of the published days, and the figures derived from each."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

CUSTOMER = ("app_name", "user_id", "currency")
"""The columns that name a customer in one currency."""

ORDER_DATE = "order_date"

DAY_COLUMNS = (
    "app_name string, user_id string, currency string, orders bigint, items bigint, net_sales decimal(18,4), "
    "loyalty_orders bigint, sample_bucket bigint"
)
"""What is read of a customer's day, besides ORDER_DATE."""


def customer_days(published: DataFrame, as_of: date) -> DataFrame:
    """Return the days up to the as-of date.

    A day with refunds only is not an active day, but its amount counts.

    Args:
        published: rows with DAY_COLUMNS and ORDER_DATE.
        as_of: last day that is known.

    Returns:
        One row for each day: the columns of CUSTOMER, `key` (a hash of them), `customer` (a hash without the
        currency), `day` (number), `amount` (net sales), `cents`, `orders`, `is_loyal`, `sample_bucket`, `is_active`.
    """
    return published.filter(F.col(ORDER_DATE) <= F.lit(as_of)).select(
        *CUSTOMER,
        F.xxhash64(*CUSTOMER).alias("key"),
        # The bootstrap's weights derive from it, so it must not change.
        F.xxhash64("app_name", "user_id").alias("customer"),
        day_number(ORDER_DATE).alias("day"),
        F.col("net_sales").cast("double").alias("amount"),
        # Rounded as a decimal, half away from zero, as Athena rounds it in the totals before the cutoff.
        (F.round("net_sales", 2) * 100).cast("double").alias("cents"),
        F.col("orders").cast("double").alias("orders"),
        (F.col("loyalty_orders") > 0).alias("is_loyal"),
        "sample_bucket",
        (F.col("items") > 0).alias("is_active"),
    )


def day_number(column: str) -> Column:
    """Return the days from 1970-01-01 to a date (bigint)."""
    return F.datediff(F.col(column), F.lit(date(1970, 1, 1))).cast("long")
