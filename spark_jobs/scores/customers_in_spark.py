"""Customers of a large chain: Spark reduces their balances and the days since to one row each, and scores the rows
where they lie.

Amounts enter as whole cents in doubles: sums of whole numbers are exact below 2^53 and so do not depend on the order
in which Spark adds them. Of a small chain the driver has all rows at once and needs none of this, see
spark_jobs.scores.customers_in_pandas, which says the same in pandas.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from biz_schema.score_tables import PREDICTIONS
from spark_jobs.scores.customers_in_pandas import CUSTOMER, Programme, scored_columns
from spark_jobs.scores.scoring import Scorer

DAY_COLUMNS = (
    "app_name string, user_id string, currency string, orders bigint, items bigint, net_sales decimal(18,4), "
    "loyalty_orders bigint, sample_bucket bigint"
)
"""What is read of a customer's day, besides ORDER_DATE."""
TOTALS_COLUMNS = (
    "app_name string, user_id string, currency string, first_order_date date, last_order_date date, "
    "active_days bigint, first_loyalty_date date, cents bigint, cents_squared double"
)
"""What is read of a customer's balance: all days before those that are read one by one."""
ORDER_DATE = "order_date"


class CustomersInTasks:
    """Customers by their balances and the days since: counted, sampled and scored by Spark's tasks."""

    def __init__(self, balances: DataFrame, days: DataFrame, sampled_before: DataFrame, as_of: date) -> None:
        """`balances` are those of `totals_before_cutoff`; `days` those since then, and `sampled_before` those
        before of a sample of customers, in the columns of `customer_days`."""
        self._days, self._sampled_before = days, sampled_before
        self._customers = sufficient_statistics(balances.unionByName(totals_of_days(days)), as_of).persist()

    def groups(self) -> pd.DataFrame:
        """Customers counted and summed by currency and history: the rows of `grouped_customers`."""
        return grouped_customers(self._customers).toPandas()

    def programmes(self) -> list[Programme]:
        """The loyalty programme as seen in each currency."""
        return loyalty_programmes(self._customers)

    def sample(self, buckets: int) -> pd.DataFrame:
        """All days of the customers of the first `buckets`, without their names."""
        days = self._sampled_before.unionByName(self._days)
        return days.filter(F.col("sample_bucket") < buckets).drop("app_name", "user_id").toPandas()

    def scored(self, scorer: Scorer) -> DataFrame:
        """The file columns of gold_customer_predictions."""
        return self._customers.select(*CUSTOMER, "n", "t_x", "t", "s").mapInArrow(
            _scoring(scorer), PREDICTIONS.file_schema
        )

    def release(self) -> None:
        """Give the memory back once everything is written."""
        self._customers.unpersist()


def customer_days(published: DataFrame, as_of: date) -> DataFrame:
    """Days up to the as-of date, of DAY_COLUMNS and order_date: the customer's names, `key` (a hash of them),
    `customer` (without the currency), day number, `amount` (net sales), `cents`, orders, whether it is loyal, the
    customer's `sample_bucket`, and whether it is an active day: one with refunds only is not, though its amount
    counts."""
    return published.filter(F.col("order_date") <= F.lit(as_of)).select(
        *CUSTOMER,
        F.xxhash64(*CUSTOMER).alias("key"),
        # The bootstrap's weights derive from it, so it must not change.
        F.xxhash64("app_name", "user_id").alias("customer"),
        day_number().alias("day"),
        F.col("net_sales").cast("double").alias("amount"),
        # Rounded as a decimal, half away from zero, as Athena does it in the balances.
        (F.round("net_sales", 2) * 100).cast("double").alias("cents"),
        F.col("orders").cast("double").alias("orders"),
        (F.col("loyalty_orders") > 0).alias("is_loyal"),
        "sample_bucket",
        (F.col("items") > 0).alias("is_active"),
    )


def totals_before_cutoff(published: DataFrame) -> DataFrame:
    """Balances of TOTALS_COLUMNS: first and last day as numbers, `n` active days, their cents and squared cents, and
    the first loyal day, null where there is none."""
    return published.select(
        *CUSTOMER,
        day_number("first_order_date").alias("first_day"),
        day_number("last_order_date").alias("last_day"),
        F.col("active_days").alias("n"),
        F.col("cents").cast("double").alias("cents"),
        F.col("cents_squared").alias("squared_cents"),
        day_number("first_loyalty_date").alias("joined"),
    )


def totals_of_days(days: DataFrame) -> DataFrame:
    """Each day of `customer_days` as a balance of itself."""
    is_active = F.col("is_active")
    return days.select(
        *CUSTOMER,
        F.when(is_active, F.col("day")).alias("first_day"),
        F.when(is_active, F.col("day")).alias("last_day"),
        is_active.cast("long").alias("n"),
        "cents",
        F.when(is_active, F.col("cents") * F.col("cents")).otherwise(0.0).alias("squared_cents"),
        F.when(F.col("is_loyal"), F.col("day")).alias("joined"),
    )


def sufficient_statistics(balances: DataFrame, as_of: date) -> DataFrame:
    """One row a customer and currency of any number of balances: n = active days, t_x = days from the first to the
    latest, t = days from the first to the as-of date, s = sum of net sales, ss = sum of the squares of each active
    day's, joined = number of the first day with a loyalty order, null where there is none. Who has refunds only is not
    a customer."""
    grouped = balances.groupBy(*CUSTOMER).agg(
        F.min("first_day").alias("first_day"),
        F.max("last_day").alias("last_day"),
        F.sum("n").alias("n"),
        F.sum("cents").alias("cents"),
        F.sum("squared_cents").alias("squared_cents"),
        F.min("joined").alias("joined"),
    )
    return grouped.filter("n > 0").select(
        *CUSTOMER,
        "n",
        (F.col("last_day") - F.col("first_day")).alias("t_x"),
        (F.datediff(F.lit(as_of), F.lit(date(1970, 1, 1))) - F.col("first_day")).alias("t"),
        (F.col("cents") / 100).alias("s"),
        (F.col("squared_cents") / 10_000).alias("ss"),
        "first_day",
        "joined",
    )


def grouped_customers(customers: DataFrame) -> DataFrame:
    """Customers counted and summed by (currency, n, t_x, t): as many rows as the dates allow, however many customers
    there are. Both fits are made from these."""
    cents = F.rint(F.col("s") * 100)
    return customers.groupBy("currency", "n", "t_x", "t").agg(
        F.count("*").alias("customers"),
        (F.sum(cents) / 100).alias("sum_s"),
        (F.sum(cents * cents) / 10_000).alias("sum_s2"),
        (F.sum(F.rint(F.col("ss") * 10_000)) / 10_000).alias("sum_ss"),
    )


def loyalty_programmes(customers: DataFrame) -> list[Programme]:
    """What there is to compare in each currency, by currency."""
    before = F.col("joined").isNull() | (F.col("first_day") < F.col("joined"))
    found = customers.groupBy("currency").agg(F.min("joined"), F.count("joined"), F.count(F.when(before, True)))
    return sorted(Programme(*row) for row in found.collect())


def day_number(column: str = ORDER_DATE) -> Column:
    """bigint: days from 1970-01-01 to a date."""
    return F.datediff(F.col(column), F.lit(date(1970, 1, 1))).cast("long")


def _scoring(scorer: Scorer) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            read = {name: batch.column(name) for name in batch.schema.names}
            numbers = (read[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in ("n", "t_x", "t", "s"))
            scores = scorer.score(read["currency"].to_numpy(zero_copy_only=False), *numbers)
            names = {name: read[name] for name in CUSTOMER}
            # Spark takes the columns by position, in the order and the types that the table declares.
            yield pa.RecordBatch.from_pydict(names | scored_columns(scores))

    return score
