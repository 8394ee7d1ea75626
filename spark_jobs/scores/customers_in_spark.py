"""Customers of a large chain, by Spark: the totals before the cutoff and the days since then become one row for each
customer, and Spark's tasks score these rows.

`customers_in_pandas` has the same functions for a small chain, whose days fit on the driver.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from biz_schema.score_tables import PREDICTIONS
from spark_jobs.scores.customer_days import CUSTOMER, day_number
from spark_jobs.scores.customer_statistics import GROUP, STATISTICS, Programme, scored_columns
from spark_jobs.scores.scoring import Scorer

TOTALS_COLUMNS = (
    "app_name string, user_id string, currency string, first_order_date date, last_order_date date, "
    "active_days bigint, first_loyalty_date date, cents bigint, cents_squared double"
)
"""What is read of a customer's totals before the cutoff."""


class CustomersInSpark:
    """Customers by their totals and the days since then: counted, sampled and scored by Spark's tasks."""

    def __init__(self, totals: DataFrame, days: DataFrame, sampled_before: DataFrame, as_of: date) -> None:
        """Reduce the customers to one row each; Spark does so when the rows are first needed.

        Args:
            totals: rows of `totals_before_cutoff`.
            days: the days since the cutoff, rows of `customer_days`.
            sampled_before: the days before the cutoff of a sample of customers, rows of `customer_days`.
            as_of: last day that is known.
        """
        self._days, self._sampled_before = days, sampled_before
        self._customers = sufficient_statistics(totals.unionByName(totals_of_days(days)), as_of).persist()

    def groups(self) -> pd.DataFrame:
        """Return customers counted and summed by currency and history: the rows of `grouped_customers`."""
        return grouped_customers(self._customers).toPandas()

    def programmes(self) -> list[Programme]:
        """Return the loyalty programme as seen in each currency."""
        return loyalty_programmes(self._customers)

    def sample(self, buckets: int) -> pd.DataFrame:
        """Return all days of the customers of the first `buckets`, without their names."""
        days = self._sampled_before.unionByName(self._days)
        return days.filter(F.col("sample_bucket") < buckets).drop("app_name", "user_id").toPandas()

    def scored(self, scorer: Scorer) -> DataFrame:
        """Return the file columns of gold_customer_predictions."""
        statistics = self._customers.select(*CUSTOMER, *STATISTICS)
        return statistics.mapInArrow(_scoring(scorer), PREDICTIONS.file_schema)

    def release(self) -> None:
        """Give the memory back after everything is written."""
        self._customers.unpersist()


def totals_before_cutoff(published: DataFrame) -> DataFrame:
    """Return rows of TOTALS_COLUMNS as totals; `joined` is null without a loyalty order."""
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
    """Return each day of `customer_days` as the totals of that one day."""
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


def sufficient_statistics(totals: DataFrame, as_of: date) -> DataFrame:
    """Return one row for each customer and currency, added up from any number of totals.

    Somebody who has refunds only is not a customer.
    """
    grouped = totals.groupBy(*CUSTOMER).agg(
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
    """Return customers counted and summed by GROUP, for both fits.

    There are as many rows as the dates allow, however many customers there are.
    """
    cents = F.rint(F.col("s") * 100)
    return customers.groupBy(*GROUP).agg(
        F.count("*").alias("customers"),
        (F.sum(cents) / 100).alias("sum_s"),
        (F.sum(cents * cents) / 10_000).alias("sum_s2"),
        (F.sum(F.rint(F.col("ss") * 10_000)) / 10_000).alias("sum_ss"),
    )


def loyalty_programmes(customers: DataFrame) -> list[Programme]:
    """Return the loyalty programme as seen in each currency, sorted by currency."""
    before = F.col("joined").isNull() | (F.col("first_day") < F.col("joined"))
    found = customers.groupBy("currency").agg(F.min("joined"), F.count("joined"), F.count(F.when(before, True)))
    return sorted(Programme(*row) for row in found.collect())


def _scoring(scorer: Scorer) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            read = {name: batch.column(name) for name in batch.schema.names}
            numbers = (read[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in STATISTICS)
            scores = scorer.score(read["currency"].to_numpy(zero_copy_only=False), *numbers)
            names = {name: read[name] for name in CUSTOMER}
            # Spark takes the columns by position, in the order and the types that the table declares.
            yield pa.RecordBatch.from_pydict(names | scored_columns(scores))

    return score
