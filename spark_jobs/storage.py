"""Reading and writing the lake through Spark: the only module of the jobs that does I/O."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from biz_schema.bronze_tables import BATCH_ID
from biz_schema.source_tables import SourceTable
from spark_jobs.errors import JobError
from spark_jobs.literal_rows import few_rows

PARQUET_OPTIONS = {
    "compression": "snappy",
    # Each build has its own fresh prefix that nobody reads before it is published: one rename a file is enough.
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
# A published table is one small file a day: one task a folder would cost more than listing it.
LISTING_TASKS = ("spark.sql.sources.parallelPartitionDiscovery.parallelism", "16")
NO_FOLDER = "PATH_NOT_FOUND"
NOTHING_THERE = (NO_FOLDER, "UNABLE_TO_INFER_SCHEMA")


def read_landing(spark: SparkSession, landing_uri: str, table: SourceTable, batch_id: str) -> DataFrame | None:
    """Every Parquet file below the table's landing folder, however the export split it; None for a table that may be
    empty and whose folder holds no such file (RDS writes none for a part without rows). Raises JobError when the
    export lacks the table."""
    folder = f"{landing_uri}{table.landing_folder}/"
    export = spark.read.option("recursiveFileLookup", "true").option("pathGlobFilter", "*.parquet")
    try:
        return export.parquet(folder)
    except AnalysisException as error:
        if not _nothing_there(error):
            raise
        if table.may_be_empty and NO_FOLDER not in str(error):
            return None
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
    return _read_document(spark, known_uri, "published fingerprints", "fingerprint")


def read_locations(spark: SparkSession, inputs_uri: str, tables: Sequence[str]) -> dict[str, dict[str, str]]:
    """Where the published partitions of tables lie: table → partition value → folder. Raises JobError when the
    document is lost or does not name a table, so that nothing lost ever looks like an empty table."""
    found = _read_document(spark, inputs_uri, "published locations", "location")
    if missing := [table for table in tables if table not in found]:
        raise JobError(
            f"published locations at {inputs_uri} lack {', '.join(missing)}; next: clear the plan task that wrote them"
        )
    return found


def read_zone_offsets(spark: SparkSession, uri: str, zone: str) -> dict[int, int]:
    """The pipeline's rules of a time zone: seconds east of UTC by the moment (Unix seconds) from which they hold.
    Raises JobError when there is no such document or it is for another zone."""
    found = _read_document(spark, uri, "time zone rules", "offset")
    if zone not in found:
        raise JobError(f"time zone rules at {uri} lack {zone}; next: clear silver.plan, which writes them")
    return {int(moment): int(offset) for moment, offset in found[zone].items()}


def read_published(
    spark: SparkSession, locations: Mapping[str, str], columns: str, key: str | None = None
) -> DataFrame:
    """Columns (Spark's DDL) of published partitions; with `key` also the partition key, a date, from the name of
    their folder."""
    if not locations:
        return few_rows(spark, [], f"{columns}, {key} date" if key else columns)
    spark.conf.set(*LISTING_TASKS)
    # With the schema given no file is opened to infer it; the folders have no parent in common to infer the key from.
    rows = spark.read.schema(columns).parquet(*locations.values())
    if key is None:
        return rows
    from_folder = F.regexp_extract(F.col("_metadata.file_path"), f"/{key}=([^/]+)/", 1)
    return rows.withColumn(key, from_folder.cast("date"))


def bytes_to_read(rows: DataFrame) -> int:
    """Bytes of the files below `rows`, as Spark has listed them; nothing is read for it."""
    leaves = rows._jdf.queryExecution().optimizedPlan().collectLeaves()  # type: ignore[operator]
    return sum(int(str(leaves.apply(number).stats().sizeInBytes())) for number in range(leaves.size()))


def _read_document(spark: SparkSession, uri: str, what: str, leaf: str) -> dict[str, dict[str, str]]:
    text = read_text(spark, uri)
    if text is None:
        raise JobError(f"{what} are not at {uri}; next: write them there, {{}} on the first load")
    try:
        return {table: dict(partitions) for table, partitions in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise JobError(
            f"{what} at {uri} are no JSON of table, partition and {leaf}; "
            "next: write the document again from the catalog"
        ) from error


def run_folder(layer_uri: str, name: str, run: str) -> str:
    """Where one run builds a table."""
    return f"{layer_uri}{name}/run={run}/"


def partition_folder(folder: str, key: str, value: str) -> str:
    """Where a run builds one partition, below its folder for the table."""
    return f"{folder}{key}={value}/"


def batch_folder(layer_uri: str, name: str, run: str, batch_id: str) -> str:
    """Where one run builds the partition of a batch."""
    return partition_folder(run_folder(layer_uri, name, run), BATCH_ID, batch_id)


def write_parquet(rows: DataFrame, folder: str) -> None:
    """Write the rows to a folder that must be new."""
    rows.write.options(**PARQUET_OPTIONS).parquet(folder)


def write_partitions(rows: DataFrame, folder: str, key: str, values: Iterable[str]) -> None:
    """Write the partitions with the given values of `key` (as text) below a folder that must be new, one file
    each."""
    type_name = rows.schema[key].dataType.simpleString()
    # As one SQL expression: a Python list of a thousand dates costs a call into the JVM for each.
    wanted = ", ".join(f"cast('{value}' as {type_name})" for value in values)
    rows = rows.filter(F.expr(f"`{key}` in ({wanted})"))
    rows.repartition(key).write.options(**PARQUET_OPTIONS).partitionBy(key).parquet(folder)


def read_text(spark: SparkSession, uri: str) -> str | None:
    """A small UTF-8 file; None where there is none. Straight through the file system that Spark uses for the
    address: a DataFrame of one text would cost a second of planning."""
    path, files = _file(spark, uri)
    if not files.exists(path):
        return None
    stream = files.open(path)
    try:
        return str(_java(spark).org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
    finally:
        stream.close()


def write_text(spark: SparkSession, text: str, uri: str) -> None:
    """Write a small UTF-8 file, in the same way. There must be none yet."""
    path, files = _file(spark, uri)
    stream = files.create(path, False)
    try:
        stream.write(text.encode())
    finally:
        stream.close()


def _file(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Hadoop's path of an address, and the file system it lies in."""
    path = _java(spark).org.apache.hadoop.fs.Path(uri)
    return path, path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())  # type: ignore[union-attr]


def _java(spark: SparkSession) -> Any:
    return spark.sparkContext._jvm


def _nothing_there(error: AnalysisException) -> bool:
    return any(condition in str(error) for condition in NOTHING_THERE)
