"""Glue job: bronze/ → silver/, quarantine and row ledger; only partitions that differ from the published ones.

Lines and options are persisted once each. The fingerprints, the quarantine and the files all come from these rows. So a
rerun with nothing new reads and hashes, but writes only the ledger and the manifest.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from biz_schema.bronze_tables import BATCH_ID
from biz_schema.lake_tables import LakeTable
from biz_schema.setting_values import UNIT_PRICE
from biz_schema.silver_tables import QUARANTINE, ROW_LEDGER, SILVER_DATE_DIM, SILVER_TABLES
from biz_schema.source_tables import DATE_DIM, ORDER_ITEM_OPTIONS, ORDER_ITEMS, SOURCE_TABLES, SourceTable
from spark_jobs.arguments import SilverArguments, silver_arguments
from spark_jobs.errors import run_job
from spark_jobs.manifest import BuiltTable, write_manifest
from spark_jobs.session import job_session, size_shuffles
from spark_jobs.storage import (
    batch_folder,
    read_bronze,
    read_known,
    read_zone_offsets,
    run_folder,
    write_parquet,
    write_partitions,
)  # fmt: skip
from spark_jobs.transforms import money
from spark_jobs.transforms.date_dim import (
    calendar_years,
    generated_dates,
    order_years,
    silver_dates,
    source_holidays,
    typed_dates,
)  # fmt: skip
from spark_jobs.transforms.fingerprints import compare, fingerprints, to_write
from spark_jobs.transforms.holidays import public_holidays, with_source_names
from spark_jobs.transforms.ledger import LedgerRow, Tally, ledger, tallies, tally
from spark_jobs.transforms.lines import line_days, lines_with_reasons, silver_lines, typed_lines
from spark_jobs.transforms.money import option_sums, with_sales
from spark_jobs.transforms.negatives import NegativeLines, negative_lines
from spark_jobs.transforms.options import dated_options, options_with_reasons, silver_options
from spark_jobs.transforms.quarantine import quarantined_rows
from spark_jobs.transforms.typed import parsed, trimmed
from spark_jobs.zone_rules import java_rules, require_same_rules

AMOUNTS = {ORDER_ITEMS: "item_amount", ORDER_ITEM_OPTIONS: "option_amount", DATE_DIM: None}
"""The amount column of each table, which the ledger adds up."""


def reported_sales() -> Column:
    """Return the net sales of a line as gold reports them (decimal); null for an order of a test channel."""
    return F.when(~F.col("is_test"), F.col("net_sales"))


MONEY = {ORDER_ITEMS.silver_name: reported_sales}
"""The money of a row, by silver table: the manifest has its sum and its largest amount for each day."""


@dataclass(frozen=True)
class Batch:
    """The rows of one batch as values, accepted or not.

    Each row has `reasons`, and `raw` if there are any. `options` are `options_with_reasons` with the day of their line;
    the lines got their sums of options from `options_with_reasons`.
    """

    lines: DataFrame
    options: DataFrame
    dates: DataFrame
    options_with_reasons: DataFrame

    def rows_of(self, table: SourceTable) -> DataFrame:
        """Return the rows of one source table."""
        return {ORDER_ITEMS: self.lines, ORDER_ITEM_OPTIONS: self.options, DATE_DIM: self.dates}[table]

    def release(self) -> None:
        """Give the memory back after everything is written."""
        for rows in (self.lines, self.options, self.dates, self.options_with_reasons):
            rows.unpersist()


def main(argv: Sequence[str]) -> None:
    """Build what has changed in silver and write the manifest. Raises JobError."""
    arguments = silver_arguments(argv)
    spark = job_session("silver")
    known = read_known(spark, arguments.known_uri)
    zone = arguments.business_timezone
    java_rules(spark, zone)
    offsets = read_zone_offsets(spark, arguments.zone_offsets_uri, zone)
    bronze = {
        table: read_bronze(spark, arguments.bronze_uri, table, arguments.bronze_run, arguments.batch_id)
        for table in SOURCE_TABLES
    }
    size_shuffles(spark, max(expected_rows(arguments, table, rows) for table, rows in bronze.items()))
    # In parallel: while the cores read or write one table, the driver plans the next.
    with ThreadPoolExecutor() as pool:
        counting = {table: pool.submit(source_tally, arguments, table, rows) for table, rows in bronze.items()}
        negatives = negative_lines(bronze[ORDER_ITEMS], arguments.negative_lines, arguments.missing_marks)
        batch = read_batch(bronze, arguments, negatives.rule, pool)
        calendar = pool.submit(build_calendar, spark, arguments, known.get(DATE_DIM.silver_name, {}), batch)
        building = {
            name: pool.submit(build, arguments, known.get(name, {}), SILVER_TABLES[name], rows)
            for name, rows in silver_tables(batch, arguments.batch_id).items()
        }
        tallying = {table: pool.submit(tallies, batch.rows_of(table), AMOUNTS[table]) for table in SOURCE_TABLES}
        built = {name: table.result() for name, table in building.items()}
        built[DATE_DIM.silver_name], generated_rows = calendar.result()
        source = {table: counted.result() for table, counted in counting.items()}
        by_outcome = {table: found.result() for table, found in tallying.items()}
    days = built[ORDER_ITEMS.silver_name].partitions
    require_same_rules(spark, zone, offsets, [day for day, part in days.items() if part.rows])
    accepted = {table: accepted_rows(built[table.silver_name]) for table in SOURCE_TABLES}
    accepted[DATE_DIM] -= generated_rows
    rows = ledger_rows(arguments, source, accepted, built[QUARANTINE.name], by_outcome, negatives)
    built[ROW_LEDGER.name] = build_ledger(spark, arguments, known.get(ROW_LEDGER.name, {}), rows)
    write_manifest(spark, arguments.silver_uri, arguments.job_run_id, arguments.batch_id, list(built.values()))
    batch.release()


def expected_rows(arguments: SilverArguments, table: SourceTable, rows: DataFrame) -> int:
    """Return the rows of a source table: as counted in the database, or else in bronze."""
    counted = arguments.database_rows[table.name].most
    return rows.count() if counted is None else counted


def silver_tables(batch: Batch, batch_id: str) -> dict[str, DataFrame]:
    """Return the rows of every table except the calendar and the ledger, by name."""
    quarantined = [quarantined_rows(batch.rows_of(table), table, batch_id) for table in SOURCE_TABLES]
    return {
        ORDER_ITEMS.silver_name: silver_lines(batch.lines, batch_id),
        ORDER_ITEM_OPTIONS.silver_name: silver_options(batch.options, batch_id),
        QUARANTINE.name: reduce(DataFrame.unionByName, quarantined),
    }


def source_tally(arguments: SilverArguments, table: SourceTable, bronze: DataFrame) -> Tally:
    """Count the bronze rows of a source table and add up their amounts, independently of the transforms."""
    if table is DATE_DIM:
        return tally(bronze, None)
    prefix = "item" if table is ORDER_ITEMS else "option"
    names = f"{prefix}_price", f"{prefix}_quantity"
    texts = bronze.select(*[trimmed(name).alias(name) for name in names])
    price, quantity = (parsed(table.column(name)) for name in names)
    if table is ORDER_ITEMS:
        return tally(texts, money.line_amount(price, quantity, arguments.price_basis))
    return tally(texts, money.amount(price, quantity, UNIT_PRICE))


def read_batch(
    bronze: dict[SourceTable, DataFrame], arguments: SilverArguments, negatives: str, pool: Executor
) -> Batch:
    """Read the bronze rows as values with reasons, and persist them; `pool` starts this as soon as they are planned.

    Lines and options stay partitioned as they were joined. Writing repartitions them by day, most often for one day
    only. `negatives` is the rule for negative lines.
    """
    marks = arguments.missing_marks

    def persisted(rows: DataFrame) -> DataFrame:
        pool.submit(rows.persist().count)
        return rows

    options = persisted(options_with_reasons(bronze[ORDER_ITEM_OPTIONS], negatives, marks))
    typed = typed_lines(
        lines_with_reasons(bronze[ORDER_ITEMS], arguments.price_basis, negatives, marks),
        arguments.business_timezone,
        arguments.price_basis,
        arguments.test_app_names,
    )
    lines = persisted(with_sales(typed, option_sums(options)))
    dates = persisted(typed_dates(bronze[DATE_DIM]))
    return Batch(lines, persisted(dated_options(options, line_days(lines))), dates, options)


def build(arguments: SilverArguments, published: dict[str, str], table: LakeTable, rows: DataFrame) -> BuiltTable:
    """Compare a table with its published fingerprints and write the partitions that differ."""
    folder = run_folder(arguments.silver_uri, table.name.removeprefix("silver_"), arguments.job_run_id)
    key = table.partition_keys[0] if table.partition_keys else None
    money = MONEY.get(table.name)
    partitions = compare(fingerprints(rows, key, amount=money() if money else None), published)
    values = to_write(partitions)
    if values and key:
        write_partitions(rows, folder, key, values)
    elif values:
        write_parquet(rows.coalesce(1), folder)
    return BuiltTable(table.name, rows.schema, key, folder, partitions)


def build_calendar(
    spark: SparkSession, arguments: SilverArguments, published: dict[str, str], batch: Batch
) -> tuple[BuiltTable, int]:
    """Build silver_date_dim for every day of the years with orders; return it and the number of generated days."""
    named = source_holidays(batch.dates)
    years = calendar_years(order_years(batch.lines))
    library = public_holidays(arguments.holiday_country, arguments.holiday_subdivision, years)
    generated = generated_dates(spark, years, with_source_names(library, named))
    rows = silver_dates(batch.dates, generated, arguments.batch_id).persist()
    built = build(arguments, published, SILVER_DATE_DIM, rows)
    generated_rows = rows.filter("is_generated").count()
    rows.unpersist()
    return built, generated_rows


def accepted_rows(built: BuiltTable) -> int:
    """Return the rows of all partitions that the table now has."""
    return sum(part.rows for part in built.partitions.values())


def ledger_rows(
    arguments: SilverArguments,
    source: dict[SourceTable, Tally],
    accepted: dict[SourceTable, int],
    quarantine: BuiltTable,
    by_outcome: dict[SourceTable, tuple[Tally, Tally, int]],
    negatives: NegativeLines,
) -> list[LedgerRow]:
    """Return one ledger row for each source table: its rows and money, accepted and quarantined.

    `accepted` and `quarantine` hold the rows of the built files.
    """
    quarantined = {value: part.rows for value, part in quarantine.partitions.items()}
    rows = []
    for table in SOURCE_TABLES:
        accepted_tally, quarantined_tally, of_tests = by_outcome[table]
        rows.append(
            LedgerRow(
                source_table=table.name,
                database_rows_min=arguments.database_rows[table.name].least,
                database_rows_max=arguments.database_rows[table.name].most,
                source_rows=source[table].rows,
                accepted_rows=accepted[table],
                quarantined_rows=quarantined.get(table.name, 0),
                test_rows=of_tests,
                batch_id=arguments.batch_id,
                source_amount=source[table].amount,
                accepted_amount=accepted_tally.amount,
                quarantined_amount=quarantined_tally.amount,
                source_absolute_amount=source[table].absolute_amount,
                quarantined_absolute_amount=quarantined_tally.absolute_amount,
                quarantined_rows_without_amount=quarantined_tally.rows_without_amount,
                negative_lines_rule=negatives.rule if table is ORDER_ITEMS else None,
                negative_lines=negatives.found if table is ORDER_ITEMS else None,
                negative_lines_explained=negatives.explained if table is ORDER_ITEMS else None,
            )
        )
    return rows


def build_ledger(
    spark: SparkSession, arguments: SilverArguments, published: dict[str, str], rows: list[LedgerRow]
) -> BuiltTable:
    """Write the batch's row ledger, even if nothing changed. Raises JobError when a table does not add up."""
    batch_id, run = arguments.batch_id, arguments.job_run_id
    counted = ledger(spark, rows)
    folder = batch_folder(arguments.silver_uri, ROW_LEDGER.name, run, batch_id)
    write_parquet(counted.drop(BATCH_ID).coalesce(1), folder)
    # The ledger only grows: the batches before this one stay as they are.
    partitions = compare(fingerprints(counted, BATCH_ID), published, keep_absent=True)
    return BuiltTable(
        ROW_LEDGER.name, counted.schema, BATCH_ID, run_folder(arguments.silver_uri, ROW_LEDGER.name, run), partitions
    )


if __name__ == "__main__":
    run_job("silver", lambda: main(sys.argv[1:]))
