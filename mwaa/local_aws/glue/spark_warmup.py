"""The warm-up job: a small Spark job with the operations of real Glue jobs, so that Java loads most classes first.

`python -m mwaa.local_aws.glue.spark_warmup <folder>` is the training run of the class archive (`spark_classes`).
"""

from __future__ import annotations

import sys
from typing import Any


def warm_up(spark: Any, folder: str) -> None:
    """Read, cast, rank, join, hash and write some rows. The files are written below `folder`, a URI."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    rows = spark.range(2000).select(
        F.col("id").cast("string").alias("id"),
        F.lit("2023-01-01 10:11:12.5+00").alias("at"),
        F.lit("1.25").alias("price"),
    )
    rows.write.mode("overwrite").option("compression", "gzip").parquet(folder + "/a")
    read = spark.read.parquet(folder + "/a")
    typed = read.select(
        F.col("id").cast("bigint"),
        F.to_timestamp("at").alias("at"),
        F.col("price").cast("decimal(18,4)"),
        F.to_json(F.struct("id", "at")).alias("raw"),
    ).withColumn("day", F.to_date("at"))
    ranked = typed.withColumn("r", F.row_number().over(Window.partitionBy("day").orderBy(F.desc("id"))))
    joined = ranked.join(typed.groupBy("id").agg(F.sum("price"), F.count("*"), F.max("at")), "id", "left")
    joined = joined.withColumn("reasons", F.array(F.when(F.col("r") > 3, F.lit("late"))))
    joined.write.mode("overwrite").partitionBy("day").parquet(folder + "/b")
    union = spark.read.parquet(folder + "/b").unionByName(joined, allowMissingColumns=True)
    union.groupBy("day").agg(F.countDistinct("id"), F.bit_xor(F.xxhash64("id", "raw"))).collect()


def warm_up_pandas_exchange(spark: Any, folder: str) -> None:
    """Persist rows, join them by broadcast, and exchange them with pandas: what only some jobs do.

    Reads the files that `warm_up` wrote below `folder`.
    """
    from pyspark.sql import functions as F

    spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
    few = spark.range(1).select(F.inline(F.from_json(F.lit('[{"id": "1"}]'), "array<struct<id string>>")))
    persisted = spark.read.schema("id string, at string, price string").parquet(folder + "/a").persist()
    known = persisted.join(F.broadcast(few), "id", "left_anti").filter(F.col("price").isin("1.25", "2"))
    frame = known.unionByName(persisted).withColumn("key", F.xxhash64("id", "at")).toPandas()
    spark.createDataFrame(frame, "id string, at string, price string, key long").coalesce(1).write.parquet(
        folder + "/c"
    )


def main(folder: str) -> None:
    """Run the whole job in a Spark of its own, and wait for the end of its Java, which then writes the archive."""
    from pyspark.sql import SparkSession

    from mwaa.local_aws.glue import pyspark_internals

    spark: Any = SparkSession.builder.getOrCreate()
    warm_up(spark, folder)
    warm_up_pandas_exchange(spark, folder)
    gateway = pyspark_internals.gateway_of(spark)
    spark.stop()
    pyspark_internals.end_gateway(gateway)


if __name__ == "__main__":
    main(sys.argv[1])
