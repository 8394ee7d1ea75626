"""From customer days to one row a customer: the sufficient statistics of both models, and the small tables fits need.

Amounts enter as whole cents in doubles: sums of whole numbers are exact below 2^53 and so do not depend on the order
in which Spark adds them.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.scores.scoring import Scorer
from spark_jobs.scores.tables import AS_OF_DATE, PREDICTIONS

CUSTOMER = ("app_name", "user_id", "currency")
DAY_COLUMNS = (
    "app_name string, user_id string, currency string, orders bigint, net_sales decimal(18,4), loyalty_orders bigint"
)
"""What is read of gold_customer_day, besides its partition key order_date."""

ARROW_TYPES = {"string": pa.string(), "double": pa.float64(), "int": pa.int32(), "date": pa.date32()}


def sufficient_statistics(days: DataFrame, as_of: date) -> DataFrame:
    """One row a customer and currency with an order by the as-of date: n = active days, t_x = days from the first to
    the latest, t = days from the first to the as-of date, s and ss = sums of net sales and of their squares by day."""
    cents = F.round(F.col("net_sales") * 100).cast("double")
    known = days.filter(F.col("order_date") <= F.lit(as_of))
    grouped = known.groupBy(*CUSTOMER).agg(
        F.min("order_date").alias("first_day"),
        F.max("order_date").alias("last_day"),
        F.count("*").alias("n"),
        F.sum(cents).alias("cents"),
        F.sum(cents * cents).alias("squared_cents"),
    )
    return grouped.select(
        *CUSTOMER,
        "n",
        F.datediff("last_day", "first_day").alias("t_x"),
        F.datediff(F.lit(as_of), "first_day").alias("t"),
        (F.col("cents") / 100).alias("s"),
        (F.col("squared_cents") / 10_000).alias("ss"),
    )


def grouped_customers(customers: DataFrame) -> DataFrame:
    """Customers counted and summed by (currency, n, t_x, t): as many rows as the dates allow, however many customers
    there are. Both fits are made from these."""
    cents = F.round(F.col("s") * 100)
    return customers.groupBy("currency", "n", "t_x", "t").agg(
        F.count("*").alias("customers"),
        (F.sum(cents) / 100).alias("sum_s"),
        (F.sum(cents * cents) / 10_000).alias("sum_s2"),
        (F.sum(F.round(F.col("ss") * 10_000)) / 10_000).alias("sum_ss"),
    )


def sampled_days(days: DataFrame, as_of: date, one_in: int) -> DataFrame:
    """Days of one in `one_in` customers, the same ones in every run: key (a hash), currency, day number, amount."""
    key = F.xxhash64(*CUSTOMER)
    return days.filter((F.col("order_date") <= F.lit(as_of)) & is_sampled(key, one_in)).select(
        key.alias("key"),
        "currency",
        F.datediff("order_date", F.lit(date(1970, 1, 1))).alias("day"),
        F.col("net_sales").cast("double").alias("amount"),
    )


def is_sampled(key: Column, one_in: int) -> Column:
    """True for one in `one_in` hashed keys."""
    return F.pmod(key, F.lit(one_in)) == 0


def predictions(customers: DataFrame, scorer: Scorer) -> DataFrame:
    """The customers' scores, in the file columns of gold_customer_predictions."""
    return customers.select(*CUSTOMER, "n", "t_x", "t", "s").mapInArrow(_scoring(scorer), PREDICTIONS.schema)


def _scoring(scorer: Scorer) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    # Spark takes the columns by position, so they go out in the order and the types that the table declares.
    scored = {name: column.type for name, column in PREDICTIONS.columns.items() if name not in (*CUSTOMER, AS_OF_DATE)}

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            read = {name: batch.column(name) for name in batch.schema.names}
            numbers = (read[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in ("n", "t_x", "t", "s"))
            found = scorer.score(read["currency"].to_numpy(zero_copy_only=False), *numbers)
            arrays = [read[name] for name in CUSTOMER]
            arrays += [pa.array(found[name], ARROW_TYPES[kind], from_pandas=True) for name, kind in scored.items()]
            yield pa.RecordBatch.from_arrays(arrays, names=[*CUSTOMER, *scored])

    return score
