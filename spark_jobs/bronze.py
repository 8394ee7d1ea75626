"""Glue job: a snapshot export in landing/ → bronze/, every source column as text plus where and when it came.

No row is checked here: the source's text stays readable, even if silver's rules change later. What names a forgotten
customer is never written. With `--from_run` a batch of bronze is written again, without the customers forgotten since.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession

from biz_schema.bronze_tables import BATCH_ID, INGESTION_COLUMNS
from biz_schema.forgotten_customers import ForgottenCustomers
from biz_schema.source_tables import SOURCE_TABLES, SourceTable
from spark_jobs.arguments import BronzeArguments, bronze_arguments
from spark_jobs.errors import JobError, run_job
from spark_jobs.manifest import BuiltTable, write_manifest
from spark_jobs.partitions import Fingerprint, Partition
from spark_jobs.session import job_session
from spark_jobs.storage import batch_folder, read_bronze, read_forgotten, read_landing, run_folder, write_parquet
from spark_jobs.transforms.fingerprints import observed
from spark_jobs.transforms.forgotten import without_forgotten
from spark_jobs.transforms.verbatim import missing_columns, no_rows, verbatim


def main(argv: Sequence[str]) -> None:
    """Build the bronze tables of one export and write their manifest. Raises JobError."""
    arguments = bronze_arguments(argv)
    spark = job_session("bronze")
    ingested_at = datetime.now(UTC)
    forgotten = read_forgotten(spark, arguments.forgotten_uri)
    # In parallel: while the cores read one table, the driver plans the next.
    with ThreadPoolExecutor() as pool:
        tables = list(
            pool.map(lambda table: build_table(spark, arguments, table, ingested_at, forgotten), SOURCE_TABLES)
        )
    write_manifest(spark, arguments.bronze_uri, arguments.job_run_id, arguments.batch_id, tables)


def build_table(
    spark: SparkSession,
    arguments: BronzeArguments,
    table: SourceTable,
    ingested_at: datetime,
    forgotten: ForgottenCustomers,
) -> BuiltTable:
    """Write one table's batch and compute its fingerprint.

    Raises:
        JobError: the table is missing, lacks a column, or is empty and may not be.
    """
    texts = texts_of_batch(spark, arguments, table, ingested_at)
    folder = batch_folder(arguments.bronze_uri, table.name, arguments.job_run_id, arguments.batch_id)
    if texts is None:
        rows, found = no_rows(spark, table), Fingerprint(0, 0)
        write_parquet(rows, folder)
    else:
        rows, fingerprint = observed(without_forgotten(texts, table, forgotten), excluded=INGESTION_COLUMNS)
        write_parquet(rows, folder)
        found = fingerprint()
    if found.rows == 0 and not table.may_be_empty:
        raise JobError(
            f"table {table.landing_folder} of export {arguments.batch_id} has 0 rows; "
            "next: check the load of the source database, then export again"
        )
    return BuiltTable(
        name=table.bronze_name,
        schema=rows.schema.add(BATCH_ID, "string"),
        partition_key=BATCH_ID,
        location=run_folder(arguments.bronze_uri, table.name, arguments.job_run_id),
        partitions={arguments.batch_id: Partition(found.rows, found.text, "new")},
    )


def texts_of_batch(
    spark: SparkSession, arguments: BronzeArguments, table: SourceTable, ingested_at: datetime
) -> DataFrame | None:
    """Return the rows of the export, or those of an earlier bronze run; None for a table that the export left empty.

    Raises:
        JobError: the table is missing, or lacks a column.
    """
    if arguments.from_run:
        return read_bronze(spark, arguments.bronze_uri, table, arguments.from_run, arguments.batch_id)
    exported = read_landing(spark, arguments.landing_uri, table, arguments.batch_id)
    if exported is None:
        return None
    require_columns(exported, table, arguments.batch_id)
    return verbatim(exported, table, ingested_at)


def require_columns(exported: DataFrame, table: SourceTable, batch_id: str) -> None:
    """Raise JobError when the export lacks a declared column of the table."""
    if missing := missing_columns(exported, table):
        raise JobError(
            f"table {table.landing_folder} of export {batch_id} lacks column {', '.join(missing)} "
            f"(it has {', '.join(exported.columns)}); next: restore the column in the source, or change its "
            "declaration in plugins/biz_schema/source_tables.py"
        )


if __name__ == "__main__":
    run_job("bronze", lambda: main(sys.argv[1:]))
