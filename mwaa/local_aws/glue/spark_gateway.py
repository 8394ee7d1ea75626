"""A Spark whose Java stays up between Glue runs: it is started before the first run, and used by one after the other.

`warm_spark` runs it as `python -m mwaa.local_aws.glue.spark_gateway <folder>`. It prints one line of JSON: the
environment with which a script uses this Java instead of starting its own. For each line that it reads, it removes
what the last script left and answers with a line. When its standard input is closed it ends, and Java with it.
"""

from __future__ import annotations

import json
import os
import sys

from mwaa.local_aws.glue import pyspark_internals
from mwaa.local_aws.glue.spark_warmup import warm_up


def main(folder: str) -> None:
    """Start Spark, run the warm-up job on files below `folder`, and serve until standard input ends."""
    from pyspark.sql import SparkSession

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Java's own output must not be taken for an answer.
    spark = SparkSession.builder.getOrCreate()
    warm_up(spark, folder)
    gateway = pyspark_internals.gateway_of(spark)
    pyspark_internals.reset_java(gateway)
    print(json.dumps(pyspark_internals.joining_environment(gateway)), file=answers, flush=True)
    for _ in sys.stdin:
        pyspark_internals.reset_java(gateway)
        print("ready", file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
