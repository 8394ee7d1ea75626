"""The Spark session of a job: the same settings on every Spark version and machine."""

from math import ceil

from pyspark.sql import SparkSession

SETTINGS = {
    # Dates, hours and text timestamps without an offset are UTC, wherever the job runs.
    "spark.sql.session.timeZone": "UTC",
    # The default of Spark 4, not of Spark 3.5: an overflow is an error on both, never a silent null.
    "spark.sql.ansi.enabled": "true",
    # Spark 4 would fold case with ICU's tables, Spark 3.5 with Java's: the item key must not change with the version.
    "spark.sql.icu.caseMappings.enabled": "false",
    # Athena, DuckDB and pandas all read INT96 as a UTC timestamp without a zone.
    "spark.sql.parquet.outputTimestampType": "INT96",
    # Spark 3.5 would refuse timestamps before 1900; Spark 4 writes them as they are.
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    # By default Spark counts 4 MB for opening a file. It would then read a table of that size in one task, and
    # published tables, which have one small file a day, in one task for every 32 files.
    "spark.sql.files.openCostInBytes": str(256 * 1024),
}


def job_session(name: str) -> SparkSession:
    """The session of the job; master, storage and resources come from where it runs."""
    builder = SparkSession.builder.appName(name)
    for setting, value in SETTINGS.items():
        builder = builder.config(setting, value)
    return builder.getOrCreate()


def exchange_by_arrow(spark: SparkSession) -> None:
    """Let DataFrames reach pandas in columns instead of row by row: ten times faster for grouped statistics."""
    spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")


# About 100 MB of lines in memory, so that a task's share fits the smallest Glue worker four times over.
ROWS_PER_TASK = 250_000


def size_shuffles(spark: SparkSession, rows: int) -> None:
    """Set the number of shuffle partitions from the rows to come: at least one a core, else one for each
    ROWS_PER_TASK. Persisted tables keep this number (AQE does not merge theirs), and Spark's fixed 200 costs a
    small batch more than its work."""
    partitions = max(spark.sparkContext.defaultParallelism, ceil(rows / ROWS_PER_TASK))
    spark.conf.set("spark.sql.shuffle.partitions", str(partitions))
