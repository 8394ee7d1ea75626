"""DataFrames of a few rows that the driver has, such as the ledger or the dates of a calendar."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def few_rows(spark: SparkSession, rows: Sequence[Mapping[str, Any]], schema: str) -> DataFrame:
    """Return rows of texts, numbers, dates and nulls as a DataFrame; `schema` is Spark's DDL.

    The rows go through JSON: `createDataFrame` would start a Python worker, which takes a second for three rows.
    """
    found = F.from_json(F.lit(json.dumps(rows, default=str)), f"array<struct<{schema}>>")
    return spark.range(1).select(F.inline(found))
