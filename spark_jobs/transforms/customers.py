"""From customer days to one row a customer: the sufficient statistics of both models, and the small tables fits need.

Amounts enter as whole cents in doubles: sums of whole numbers are exact below 2^53 and so do not depend on the order
in which Spark adds them.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import numpy as np
import pandas as pd
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

DRIVER_CUSTOMERS = 100_000
"""Customers whose scores, 30 columns, take some tens of megabytes on the driver."""

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
    """Days of one in `one_in` customers, the same ones in every run: key (a hash), currency, day number, amount; and
    what the loyalty effect needs of a day besides: the customer without the currency, orders, whether it is loyal."""
    key = F.xxhash64(*CUSTOMER)
    return days.filter((F.col("order_date") <= F.lit(as_of)) & is_sampled(key, one_in)).select(
        key.alias("key"),
        "currency",
        day_number().alias("day"),
        F.col("net_sales").cast("double").alias("amount"),
        customer_key().alias("customer"),
        F.col("orders").cast("double").alias("orders"),
        (F.col("loyalty_orders") > 0).alias("is_loyal"),
    )


def customer_key() -> Column:
    """bigint: a hash of (app_name, user_id); the bootstrap weights derive from it, so it must not change."""
    return F.xxhash64("app_name", "user_id")


def day_number() -> Column:
    """bigint: days from 1970-01-01 to order_date."""
    return F.datediff(F.col("order_date"), F.lit(date(1970, 1, 1))).cast("long")


def is_sampled(key: Column, one_in: int) -> Column:
    """True for one in `one_in` hashed keys."""
    return F.pmod(key, F.lit(one_in)) == 0


def predictions(customers: DataFrame, scorer: Scorer, count: int) -> DataFrame:
    """The scores of `count` customers, in the file columns of gold_customer_predictions. Few are scored here and now:
    starting Python workers would take longer."""
    histories, score = customers.select(*CUSTOMER, "n", "t_x", "t", "s"), _scoring(scorer)
    if count > DRIVER_CUSTOMERS:
        return histories.mapInArrow(score, PREDICTIONS.schema)
    batches = pa.Table.from_pandas(histories.toPandas(), preserve_index=False).to_batches()
    scored = [batch.to_pandas(date_as_object=True) for batch in score(batches)]
    if not scored:
        return customers.sparkSession.createDataFrame([], PREDICTIONS.schema)
    rows = pd.concat(scored, ignore_index=True)
    # Spark reads pandas' own text columns row by row, objects by Arrow.
    texts = {name: object for name, column in PREDICTIONS.columns.items() if column.type == "string"}
    return customers.sparkSession.createDataFrame(rows.astype(texts), PREDICTIONS.schema).coalesce(1)


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
