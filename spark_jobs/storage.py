"""Reading and writing the lake through Spark: the only module of the jobs that does I/O."""

import json
from collections.abc import Iterable

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.errors import JobError
from spark_jobs.tables import SourceTable

PARQUET_OPTIONS = {
    "compression": "snappy",
    # Each build has its own fresh prefix that nobody reads before it is published: one rename a file is enough.
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
NOTHING_THERE = ("PATH_NOT_FOUND", "UNABLE_TO_INFER_SCHEMA")


def read_landing(spark: SparkSession, landing_uri: str, table: SourceTable, batch_id: str) -> DataFrame:
    """Every Parquet file below the table's landing folder, however the export split it. Raises JobError when
    the export lacks the table."""
    folder = f"{landing_uri}{table.landing_folder}/"
    export = spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", "*.parquet")
    try:
        return export.parquet(folder)
    except AnalysisException as error:
        if not _nothing_there(error):
            raise
    raise JobError(
        f"table {table.landing_folder} is missing from export {batch_id} although the export has ended: "
        f"no Parquet file below {folder}; next: read the export task's WarningMessage and its "
        "export_tables_info_*.json, then export again"
    )


def read_bronze(spark: SparkSession, bronze_uri: str, table: SourceTable, run: str, batch_id: str) -> DataFrame:
    """The bronze rows of one table and batch. Raises JobError when that run did not write them."""
    folder = f"{batch_folder(bronze_uri, table.name, run, batch_id)}"
    try:
        return spark.read.parquet(folder)
    except AnalysisException as error:
        if not _nothing_there(error):
            raise
    raise JobError(
        f"bronze table {table.name} of batch {batch_id} is not at {folder}; "
        "next: run the bronze job for this batch and pass its run as --bronze_run"
    )


def read_known(spark: SparkSession, known_uri: str) -> dict[str, dict[str, str]]:
    """The published fingerprints: table → partition value → fingerprint. Raises JobError when there is no such
    document, so that a lost one never looks like a first load."""
    try:
        row = spark.read.text(known_uri, wholetext=True).first()
    except AnalysisException as error:
        if not _nothing_there(error):
            raise
        row = None
    if row is None:
        raise JobError(f"published fingerprints are not at {known_uri}; next: write them there, {{}} on the first load")
    try:
        known = json.loads(row["value"])
        return {table: dict(partitions) for table, partitions in known.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise JobError(
            f"published fingerprints at {known_uri} are no JSON of table, partition and fingerprint; "
            "next: write the document again from the catalog"
        ) from error


def run_folder(layer_uri: str, name: str, run: str) -> str:
    """Where one run builds a table."""
    return f"{layer_uri}{name}/run={run}/"


def batch_folder(layer_uri: str, name: str, run: str, batch_id: str) -> str:
    """Where one run builds the partition of a batch."""
    return f"{run_folder(layer_uri, name, run)}batch_id={batch_id}/"


def write_parquet(rows: DataFrame, folder: str) -> None:
    """Write the rows to a folder that must be new."""
    rows.write.options(**PARQUET_OPTIONS).parquet(folder)


def write_partitions(rows: DataFrame, folder: str, key: str, values: Iterable[str]) -> None:
    """Write the partitions with the given values of `key` (as text) below a folder that must be new, one file
    each when the rows of a value lie together."""
    type_name = rows.schema[key].dataType.simpleString()
    # As one SQL expression: a Python list of a thousand dates costs a call into the JVM for each.
    wanted = ", ".join(f"cast('{value}' as {type_name})" for value in values)
    rows = rows.filter(F.expr(f"`{key}` in ({wanted})"))
    rows.write.options(**PARQUET_OPTIONS).partitionBy(key).parquet(folder)


def write_text(spark: SparkSession, text: str, folder: str) -> None:
    """Write one line of text as the only file of a folder that must be new."""
    line = spark.createDataFrame([(text,)], "value string")
    line.coalesce(1).write.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false").text(folder)


def _nothing_there(error: AnalysisException) -> bool:
    return any(condition in str(error) for condition in NOTHING_THERE)
