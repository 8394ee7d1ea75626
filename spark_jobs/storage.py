"""Reading and writing the lake through Spark: the only module of the jobs that does I/O."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from biz_schema.bronze_tables import BATCH_ID
from biz_schema.forgotten_customers import ForgottenCustomers
from biz_schema.source_tables import SourceTable
from spark_jobs.errors import JobError
from spark_jobs.literal_rows import few_rows
from spark_jobs.pyspark_internals import hadoop_configuration, java

PARQUET_OPTIONS = {
    "compression": "snappy",
    # Each build has a new prefix that nobody reads before it is published: one rename for each file is enough.
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
# A published table has one small file for each day: one task for each folder would cost more than listing it.
LISTING_TASKS = ("spark.sql.sources.parallelPartitionDiscovery.parallelism", "16")
NO_FOLDER = "PATH_NOT_FOUND"
MISSING_CONDITIONS = (NO_FOLDER, "UNABLE_TO_INFER_SCHEMA")


def read_landing(spark: SparkSession, landing_uri: str, table: SourceTable, batch_id: str) -> DataFrame | None:
    """Return the rows of all Parquet files below the table's landing folder, however the export split them.

    Returns None for a table that may be empty and has no such file: RDS writes none for a part without rows.

    Raises:
        JobError: the export lacks the table.
    """
    folder = f"{landing_uri}{table.landing_folder}/"
    export = spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", "*.parquet")
    try:
        return export.parquet(folder)
    except AnalysisException as error:
        if not _is_missing(error):
            raise
        if table.may_be_empty and NO_FOLDER not in str(error):
            return None
    raise JobError(
        f"table {table.landing_folder} is missing from export {batch_id} although the export has ended: "
        f"no Parquet file below {folder}; next: read the export task's WarningMessage and its "
        "export_tables_info_*.json, then export again"
    )


def read_bronze(spark: SparkSession, bronze_uri: str, table: SourceTable, run: str, batch_id: str) -> DataFrame:
    """Return the bronze rows of one table and batch. Raises JobError if that run did not write them."""
    folder = f"{batch_folder(bronze_uri, table.name, run, batch_id)}"
    try:
        return spark.read.parquet(folder)
    except AnalysisException as error:
        if not _is_missing(error):
            raise
    raise JobError(
        f"bronze table {table.name} of batch {batch_id} is not at {folder}; "
        "next: run the bronze job for this batch and pass its run as --bronze_run"
    )


def read_known(spark: SparkSession, known_uri: str) -> dict[str, dict[str, str]]:
    """Return the published fingerprints: table → partition value → fingerprint.

    Raises:
        JobError: the document is missing. A lost document must not look like a first load.
    """
    return _read_document(spark, known_uri, "published fingerprints", "fingerprint")


def read_locations(spark: SparkSession, inputs_uri: str, tables: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the folders of the published partitions: table → partition value → folder.

    Raises:
        JobError: the document is missing or does not name a table. A lost document must not look like an empty table.
    """
    found = _read_document(spark, inputs_uri, "published locations", "location")
    if missing := [table for table in tables if table not in found]:
        raise JobError(
            f"published locations at {inputs_uri} lack {', '.join(missing)}; next: clear the plan task that wrote them"
        )
    return found


def read_zone_offsets(spark: SparkSession, uri: str, zone: str) -> dict[int, int]:
    """Return the pipeline's rules of a time zone: seconds east of UTC by the moment (Unix seconds) they apply from.

    Raises:
        JobError: the document is missing, or it is for another zone.
    """
    found = _read_document(spark, uri, "time zone rules", "offset")
    if zone not in found:
        raise JobError(f"time zone rules at {uri} lack {zone}; next: clear silver.plan, which writes them")
    return {int(moment): int(offset) for moment, offset in found[zone].items()}


def read_forgotten(spark: SparkSession, uri: str) -> ForgottenCustomers:
    """Return the list of forgotten customers; an empty list where no customer was forgotten yet.

    Raises:
        JobError: the document cannot be read. It must not look like an empty list.
    """
    text = read_text(spark, uri) if uri else None
    if text is None:
        return ForgottenCustomers()
    try:
        found = json.loads(text)
        return ForgottenCustomers(str(found["salt"]), tuple(found["users"]), tuple(found["cards"]))
    except (ValueError, TypeError, KeyError) as error:
        raise JobError(
            f"the list of forgotten customers at {uri} cannot be read; next: restore it from the bucket's versions"
        ) from error


def read_published(
    spark: SparkSession, locations: Mapping[str, str], columns: str, key: str | None = None
) -> DataFrame:
    """Return columns of published partitions.

    Args:
        spark: session of the job.
        locations: folder by partition value.
        columns: columns to read, as Spark's DDL.
        key: partition key to add, a date, which is read from the name of the folder.
    """
    if not locations:
        return few_rows(spark, [], f"{columns}, {key} date" if key else columns)
    spark.conf.set(*LISTING_TASKS)
    # With a stated schema no file is opened to infer it. The folders have no common parent to infer the key from.
    rows = spark.read.schema(columns).parquet(*locations.values())
    if key is None:
        return rows
    from_folder = F.regexp_extract(F.col("_metadata.file_path"), f"/{key}=([^/]+)/", 1)
    return rows.withColumn(key, from_folder.cast("date"))


def _read_document(spark: SparkSession, uri: str, what: str, leaf: str) -> dict[str, dict[str, str]]:
    text = read_text(spark, uri)
    if text is None:
        raise JobError(f"{what} are not at {uri}; next: write them there, {{}} on the first load")
    try:
        return {table: dict(partitions) for table, partitions in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise JobError(
            f"{what} at {uri} are not JSON of table, partition and {leaf}; "
            "next: write the document again from the catalog"
        ) from error


def run_folder(layer_uri: str, name: str, run: str) -> str:
    """Return the folder where one run builds a table."""
    return f"{layer_uri}{name}/run={run}/"


def partition_folder(folder: str, key: str, value: str) -> str:
    """Return the folder where a run builds one partition of a table."""
    return f"{folder}{key}={value}/"


def batch_folder(layer_uri: str, name: str, run: str, batch_id: str) -> str:
    """Return the folder where one run builds the partition of a batch."""
    return partition_folder(run_folder(layer_uri, name, run), BATCH_ID, batch_id)


def write_parquet(rows: DataFrame, folder: str) -> None:
    """Write the rows to a folder that must be new."""
    rows.write.options(**PARQUET_OPTIONS).parquet(folder)


def write_partitions(rows: DataFrame, folder: str, key: str, values: Iterable[str]) -> None:
    """Write the partitions with the given values of `key` (as text) below a folder that must be new, one file each."""
    type_name = rows.schema[key].dataType.simpleString()
    # One SQL expression: a Python list of a thousand dates would cost a thousand calls into the JVM.
    wanted = ", ".join(f"cast('{value}' as {type_name})" for value in values)
    rows = rows.filter(F.expr(f"`{key}` in ({wanted})"))
    rows.repartition(key).write.options(**PARQUET_OPTIONS).partitionBy(key).parquet(folder)


def read_text(spark: SparkSession, uri: str) -> str | None:
    """Return the text of a small UTF-8 file; None if it does not exist.

    The file is read through the file system that Spark uses for the address: a DataFrame of one text would cost a
    second of planning.
    """
    path, files = _file(spark, uri)
    if not files.exists(path):
        return None
    stream = files.open(path)
    try:
        return str(java(spark).org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
    finally:
        stream.close()


def write_text(spark: SparkSession, text: str, uri: str) -> None:
    """Write a small UTF-8 file, which must not exist yet, through the same file system."""
    path, files = _file(spark, uri)
    stream = files.create(path, False)
    try:
        stream.write(text.encode())
    finally:
        stream.close()


def _file(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Return Hadoop's path of an address, and its file system."""
    path = java(spark).org.apache.hadoop.fs.Path(uri)
    return path, path.getFileSystem(hadoop_configuration(spark))


def _is_missing(error: AnalysisException) -> bool:
    return any(condition in str(error) for condition in MISSING_CONDITIONS)
