"""What the jobs use of PySpark beyond its documented interface: the Java objects behind a session and a DataFrame.

Reading a small file, sizing a table and comparing time zone rules would each cost a Spark job without it.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession

HOLDS_FOR = {"pyspark": ("3.5.2", "4.2")}
"""By package: the first version that this was checked with, and the first version outside.

It covers `SparkContext._jvm`, `SparkContext._jsc`, `DataFrame._jdf` and the statistics of an optimised plan's leaves.
"""


def java(spark: SparkSession) -> Any:
    """Return py4j's view of Java's packages, as in `java(spark).java.time.Instant`."""
    return spark.sparkContext._jvm


def hadoop_configuration(spark: SparkSession) -> Any:
    """Return the Hadoop configuration that Spark's own file systems use."""
    return spark.sparkContext._jsc.hadoopConfiguration()  # type: ignore[union-attr]


def bytes_to_read(rows: DataFrame) -> int:
    """Return the bytes of the files that `rows` come from, as Spark has listed them; no file is read."""
    leaves = rows._jdf.queryExecution().optimizedPlan().collectLeaves()  # type: ignore[operator]
    return sum(int(str(leaves.apply(number).stats().sizeInBytes())) for number in range(leaves.size()))
