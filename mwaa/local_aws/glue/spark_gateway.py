"""A Spark whose Java stays up between Glue runs: started ahead of the first, handed from one to the next.

Run by `warm_spark` as `python -m mwaa.local_aws.glue.spark_gateway <folder>`. It prints one line of JSON, the
environment with which a script joins this Java instead of starting its own. For every line that it reads it clears
what the last script left and answers with a line. It ends, and Java with it, when its standard input is closed.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from mwaa.local_aws.glue.spark_warmup import exercise


def main(folder: str) -> None:
    """Start Spark, exercise it on files below `folder`, serve until standard input ends."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what Java has to say (a log of its own, a recording's start) is no answer
    exercise(SparkSession.builder.getOrCreate(), folder)
    gateway: Any = SparkContext._gateway
    forget(gateway)
    parameters = gateway.gateway_parameters
    joining = {"PYSPARK_GATEWAY_PORT": str(parameters.port), "PYSPARK_GATEWAY_SECRET": parameters.auth_token}
    print(json.dumps(joining), file=answers, flush=True)
    for _ in sys.stdin:
        forget(gateway)
        print("ready", file=answers, flush=True)


def forget(gateway: Any) -> None:
    """Leave nothing of a script for the next: no context, no session, no file system with the buckets of then."""
    jvm = gateway.jvm
    # Scala's companion object: Java sees no static method for what is private to Spark.
    contexts = getattr(getattr(jvm.org.apache.spark, "SparkContext$"), "MODULE$")
    active = contexts.getActive()
    if active.isDefined():
        active.get().stop()
    session = jvm.org.apache.spark.sql.classic.SparkSession
    session.clearDefaultSession()
    session.clearActiveSession()
    jvm.org.apache.hadoop.fs.FileSystem.closeAll()


if __name__ == "__main__":
    main(sys.argv[1])
