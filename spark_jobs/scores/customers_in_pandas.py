"""Customers of a small chain, by pandas: all their days are on the driver.

It has the functions of `customers_in_spark`, in the same order and with the same results. Starting Spark's tasks and
Python workers would take many times as long as the work.
"""

from datetime import date
from math import isnan

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from biz_schema.score_tables import PREDICTIONS
from spark_jobs.scores.customer_days import CUSTOMER
from spark_jobs.scores.customer_statistics import GROUP, STATISTICS, Programme, scored_columns
from spark_jobs.scores.histories import day_number
from spark_jobs.scores.scoring import Scorer


class CustomersInPandas:
    """Customers by all their days: counted, sampled and scored on the driver."""

    def __init__(self, spark: SparkSession, days: pd.DataFrame, as_of: date) -> None:
        """Reduce the customers to one row each.

        Args:
            spark: session that gets the scores.
            days: rows of `customer_days`.
            as_of: last day that is known.
        """
        self._spark = spark
        self._days = days
        self._customers = sufficient_statistics(totals_of_days(days), as_of)

    def groups(self) -> pd.DataFrame:
        """Return customers counted and summed by currency and history: the rows of `grouped_customers`."""
        return grouped_customers(self._customers)

    def programmes(self) -> list[Programme]:
        """Return the loyalty programme as seen in each currency."""
        return loyalty_programmes(self._customers)

    def sample(self, buckets: int) -> pd.DataFrame:
        """Return all days of the customers of the first `buckets`."""
        return self._days[self._days["sample_bucket"] < buckets]

    def scored(self, scorer: Scorer) -> DataFrame:
        """Return the file columns of gold_customer_predictions."""
        found = self._customers
        numbers = (found[name].to_numpy(dtype=np.float64) for name in STATISTICS)
        scores = scorer.score(found["currency"].to_numpy(dtype=object), *numbers)
        names = {name: pa.array(found[name], pa.string()) for name in CUSTOMER}
        rows = pa.table(names | scored_columns(scores)).to_pandas(date_as_object=True)
        # Spark reads pandas' own text columns row by row, objects by Arrow.
        texts = {name: object for name, column in PREDICTIONS.columns.items() if column.type == "string"}
        return self._spark.createDataFrame(rows.astype(texts), PREDICTIONS.file_schema).coalesce(1)

    def release(self) -> None:
        """Do nothing: no memory is held outside of this object."""


def totals_of_days(days: pd.DataFrame) -> pd.DataFrame:
    """Return each day of `customer_days` as the totals of that one day."""
    is_active = days["is_active"]
    active_day = days["day"].where(is_active)
    return days[[*CUSTOMER, "cents"]].assign(
        first_day=active_day,
        last_day=active_day,
        n=is_active.astype(np.int64),
        squared_cents=(days["cents"] ** 2).where(is_active, 0.0),
        joined=days["day"].where(days["is_loyal"]),
    )


def sufficient_statistics(totals: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return one row for each customer and currency, added up from any number of totals, sorted by CUSTOMER.

    Somebody who has refunds only is not a customer.
    """
    grouped = totals.groupby(list(CUSTOMER), as_index=False).agg(
        first_day=("first_day", "min"),
        last_day=("last_day", "max"),
        n=("n", "sum"),
        cents=("cents", "sum"),
        squared_cents=("squared_cents", "sum"),
        joined=("joined", "min"),
    )
    found = grouped[grouped["n"] > 0].reset_index(drop=True)
    found = found.astype({"first_day": np.int64, "last_day": np.int64})
    statistics = found.assign(
        t_x=found["last_day"] - found["first_day"],
        t=day_number(as_of) - found["first_day"],
        s=found["cents"] / 100,
        ss=found["squared_cents"] / 10_000,
    )
    return statistics[[*CUSTOMER, "n", "t_x", "t", "s", "ss", "first_day", "joined"]]


def grouped_customers(customers: pd.DataFrame) -> pd.DataFrame:
    """Return customers counted and summed by GROUP, for both fits."""
    cents = np.rint(customers["s"] * 100)
    each = customers.assign(sum_s=cents, sum_s2=cents**2, sum_ss=np.rint(customers["ss"] * 10_000))
    found = each.groupby(list(GROUP), as_index=False).agg(
        customers=("s", "size"), sum_s=("sum_s", "sum"), sum_s2=("sum_s2", "sum"), sum_ss=("sum_ss", "sum")
    )
    return found.assign(
        sum_s=found["sum_s"] / 100, sum_s2=found["sum_s2"] / 10_000, sum_ss=found["sum_ss"] / 10_000
    )  # fmt: skip


def loyalty_programmes(customers: pd.DataFrame) -> list[Programme]:
    """Return the loyalty programme as seen in each currency, sorted by currency."""
    before = customers["joined"].isna() | (customers["first_day"] < customers["joined"])
    found = (
        customers.assign(before=before)
        .groupby("currency")
        .agg(launch_day=("joined", "min"), loyal=("joined", "count"), before=("before", "sum"))
    )
    return [
        Programme(currency, None if isnan(launch_day) else int(launch_day), int(loyal), int(before))
        for currency, launch_day, loyal, before in found.itertuples(name=None)
    ]
