"""Customers of a large chain: Spark reduces their days to one row each and scores the rows where they lie.

Amounts enter as whole cents in doubles: sums of whole numbers are exact below 2^53 and so do not depend on the order
in which Spark adds them. Of a small chain the driver has all rows at once and needs none of this, see
spark_jobs.scores.customers, which says the same in pandas.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.scores.customers import CUSTOMER, Programme, scored_columns
from spark_jobs.scores.scoring import Scorer
from spark_jobs.scores.tables import PREDICTIONS

DAY_COLUMNS = (
    "app_name string, user_id string, currency string, orders bigint, net_sales decimal(18,4), loyalty_orders bigint"
)
"""What is read of a customer's day, besides ORDER_DATE."""
ORDER_DATE = "order_date"
SAMPLE_BUCKETS = 4096
"""Of customers, as gold_customer_day numbers them."""


class CustomersInTasks:
    """Customers by their days (`customer_days`): counted, sampled and scored by Spark's tasks."""

    def __init__(self, days: DataFrame, as_of: date) -> None:
        self._days = days
        self._customers = sufficient_statistics(days, as_of).persist()

    def groups(self) -> pd.DataFrame:
        """Customers counted and summed by currency and history: the rows of `grouped_customers`."""
        return grouped_customers(self._customers).toPandas()

    def programmes(self) -> list[Programme]:
        """The loyalty programme as seen in each currency."""
        return loyalty_programmes(self._customers)

    def sample(self, one_in: int) -> pd.DataFrame:
        """All days of one in `one_in` customers, without their names."""
        return sampled_days(self._days, one_in).drop("app_name", "user_id").toPandas()

    def scored(self, scorer: Scorer) -> DataFrame:
        """The file columns of gold_customer_predictions."""
        return self._customers.select(*CUSTOMER, "n", "t_x", "t", "s").mapInArrow(_scoring(scorer), PREDICTIONS.schema)

    def release(self) -> None:
        """Give the memory back once everything is written."""
        self._customers.unpersist()


def customer_days(published: DataFrame, as_of: date) -> DataFrame:
    """Days up to the as-of date, of DAY_COLUMNS and order_date: the customer's names, `key` (a hash of them),
    `customer` (without the currency), day number, `amount` (net sales), `cents`, orders, whether it is loyal."""
    amount = F.col("net_sales").cast("double")
    return published.filter(F.col("order_date") <= F.lit(as_of)).select(
        *CUSTOMER,
        F.xxhash64(*CUSTOMER).alias("key"),
        # The bootstrap's weights derive from it, so it must not change.
        F.xxhash64("app_name", "user_id").alias("customer"),
        day_number().alias("day"),
        amount.alias("amount"),
        # By way of a double, as pandas does it: both must round a part of a cent the same way.
        F.rint(amount * 100).alias("cents"),
        F.col("orders").cast("double").alias("orders"),
        (F.col("loyalty_orders") > 0).alias("is_loyal"),
    )


def sufficient_statistics(days: DataFrame, as_of: date) -> DataFrame:
    """One row a customer and currency: n = active days, t_x = days from the first to the latest, t = days from the
    first to the as-of date, s and ss = sums of net sales and of their squares by day, joined = number of the first
    day with a loyalty order, null where there is none."""
    cents = F.col("cents")
    grouped = days.groupBy(*CUSTOMER).agg(
        F.min("day").alias("first_day"),
        F.max("day").alias("last_day"),
        F.count("*").alias("n"),
        F.sum(cents).alias("cents"),
        F.sum(cents * cents).alias("squared_cents"),
        F.min(F.when(F.col("is_loyal"), F.col("day"))).alias("joined"),
    )
    return grouped.select(
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


def sampled_days(days: DataFrame, one_in: int) -> DataFrame:
    """Days of one in `one_in` customers, the same ones in every run."""
    return days.filter(F.pmod("key", F.lit(one_in)) == 0)


def day_number() -> Column:
    """bigint: days from 1970-01-01 to order_date."""
    return F.datediff(F.col("order_date"), F.lit(date(1970, 1, 1))).cast("long")


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
