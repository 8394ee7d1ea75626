"""Customers of a small chain, all their days in memory: the same figures as `customers_in_spark`, in pandas.

Starting Spark's tasks and Python workers would take many times as long as the work.
"""

from collections.abc import Mapping
from datetime import date
from math import isnan
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from biz_schema.score_tables import AS_OF_DATE, PREDICTIONS
from spark_jobs.scores.histories import day_number
from spark_jobs.scores.scoring import Column, Scorer

CUSTOMER = ("app_name", "user_id", "currency")
ARROW_TYPES = {"string": pa.string(), "double": pa.float64(), "int": pa.int32(), "date": pa.date32()}


class Programme(NamedTuple):
    """A loyalty programme as seen in one currency."""

    currency: str
    launch_day: int | None  # of the first loyalty order, days since 1970-01-01; None without one
    loyalty_customers: int  # with a loyalty order
    not_yet_loyal: int  # customers seen on a day before joining, if they ever join

    @property
    def is_comparable(self) -> bool:
        return self.launch_day is not None and self.not_yet_loyal > 0


class CustomersOnDriver:
    """Customers by their days, the columns of `customer_days`: counted, sampled and scored at once."""

    def __init__(self, spark: SparkSession, days: pd.DataFrame, as_of: date) -> None:
        self._spark = spark
        self._days = days
        self._customers = sufficient_statistics(days, as_of)

    def groups(self) -> pd.DataFrame:
        """Customers counted and summed by currency and history."""
        return grouped_customers(self._customers)

    def programmes(self) -> list[Programme]:
        """The loyalty programme as seen in each currency."""
        return loyalty_programmes(self._customers)

    def sample(self, buckets: int) -> pd.DataFrame:
        """All days of the customers of the first `buckets`."""
        return self._days[self._days["sample_bucket"] < buckets]

    def scored(self, scorer: Scorer) -> DataFrame:
        """The file columns of gold_customer_predictions."""
        found = self._customers
        numbers = (found[name].to_numpy(dtype=np.float64) for name in ("n", "t_x", "t", "s"))
        scores = scorer.score(found["currency"].to_numpy(dtype=object), *numbers)
        names = {name: pa.array(found[name], pa.string()) for name in CUSTOMER}
        rows = pa.table(names | scored_columns(scores)).to_pandas(date_as_object=True)
        # Spark reads pandas' own text columns row by row, objects by Arrow.
        texts = {name: object for name, column in PREDICTIONS.columns.items() if column.type == "string"}
        return self._spark.createDataFrame(rows.astype(texts), PREDICTIONS.file_schema).coalesce(1)

    def release(self) -> None:
        """Nothing is held outside of this object."""


def sufficient_statistics(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """One row a customer and currency with an active day, in order of their names."""
    is_active = days["is_active"]
    each = days.assign(
        active_day=days["day"].where(is_active),
        squared=(days["cents"] ** 2).where(is_active, 0.0),
        joined=days["day"].where(days["is_loyal"]),
    )
    grouped = each.groupby(list(CUSTOMER), as_index=False).agg(
        n=("active_day", "count"),
        first_day=("active_day", "min"),
        last_day=("active_day", "max"),
        s=("cents", "sum"),
        ss=("squared", "sum"),
        joined=("joined", "min"),
    )
    found = grouped[grouped["n"] > 0].reset_index(drop=True)
    found = found.astype({"first_day": np.int64, "last_day": np.int64})
    statistics = found.assign(
        t_x=found["last_day"] - found["first_day"],
        t=day_number(as_of) - found["first_day"],
        s=found["s"] / 100,
        ss=found["ss"] / 10_000,
    )
    return statistics.drop(columns="last_day")


def grouped_customers(customers: pd.DataFrame) -> pd.DataFrame:
    """Customers counted and summed by (currency, n, t_x, t)."""
    cents = np.rint(customers["s"] * 100)
    each = customers.assign(sum_s=cents, sum_s2=cents**2, sum_ss=np.rint(customers["ss"] * 10_000))
    found = each.groupby(["currency", "n", "t_x", "t"], as_index=False).agg(
        customers=("s", "size"), sum_s=("sum_s", "sum"), sum_s2=("sum_s2", "sum"), sum_ss=("sum_ss", "sum")
    )
    return found.assign(
        sum_s=found["sum_s"] / 100, sum_s2=found["sum_s2"] / 10_000, sum_ss=found["sum_ss"] / 10_000
    )  # fmt: skip


def loyalty_programmes(customers: pd.DataFrame) -> list[Programme]:
    """What there is to compare in each currency, by currency."""
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


def scored_columns(scores: Mapping[str, Column]) -> dict[str, pa.Array]:
    """Scores in the order and the types that gold_customer_predictions declares; NaN and None become null."""
    kinds = {name: column.type for name, column in PREDICTIONS.columns.items() if name in scores}
    assert set(kinds) == set(scores) and AS_OF_DATE not in kinds
    return {name: pa.array(scores[name], ARROW_TYPES[kind], from_pandas=True) for name, kind in kinds.items()}
