"""Bronze rows: the source's columns as text, with the file they came from and the time."""

from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from biz_schema.bronze_tables import BATCH_ID, BRONZE_TABLES, INGESTION_COLUMNS
from biz_schema.source_tables import SourceTable
from spark_jobs.literal_rows import few_rows


def missing_columns(exported: DataFrame, table: SourceTable) -> list[str]:
    """Return the declared columns that the export lacks; names are compared without case, as Spark and Athena do."""
    present = {name.lower() for name in exported.columns}
    return [name for name in table.column_names if name not in present]


def verbatim(exported: DataFrame, table: SourceTable, ingested_at: datetime) -> DataFrame:
    """Return every source column as string, plus `source_file` and `ingested_at`.

    The declared columns come first, then any others that the source has. `exported` must come from files;
    `ingested_at` must have a time zone.
    """
    reserved = {*table.column_names, *INGESTION_COLUMNS, BATCH_ID}
    added = [name for name in exported.columns if name.lower() not in reserved]
    return exported.select(
        *[F.col(f"`{name}`").cast("string").alias(name.lower()) for name in (*table.column_names, *added)],
        F.col("_metadata.file_path").alias("source_file"),
        F.lit(ingested_at.isoformat()).cast("timestamp").alias("ingested_at"),
    )


def no_rows(spark: SparkSession, table: SourceTable) -> DataFrame:
    """Return an empty table in the columns of `verbatim`, for an export without a file of the table."""
    return few_rows(spark, [], BRONZE_TABLES[table.bronze_name].file_schema)
