"""Glue job: customer days → what each customer is expected to do and to be worth, as of one day.

The fits see customers grouped by their statistics. The back-tests and the loyalty effect see the days of a fixed sample
of customers, which is all of them unless there are many. So the memory that the driver needs for a large chain follows
from the range of dates and from SAMPLED_DAYS, not from the number of customers: Spark reduces the totals before the
cutoff and the days since then to one row for each customer and scores these rows; the days before the cutoff are read
for the sample only. For a small chain the driver reads all days at once.
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from biz_schema.lake_tables import LakeTable
from biz_schema.score_inputs import (
    DAYS_OF_CLOSED_QUARTERS,
    DAYS_OF_CURRENT_QUARTER,
    SAMPLE_BEFORE_CUTOFF,
    SAMPLE_BUCKETS,
    SAMPLED_DAYS,
    SCORE_INPUTS,
    TOTALS_BEFORE_CUTOFF,
)
from biz_schema.score_tables import AS_OF_DATE, LOYALTY_EFFECTS, PREDICTIONS, ModelName
from spark_jobs.arguments import ScoresArguments, scores_arguments
from spark_jobs.errors import run_job
from spark_jobs.manifest import BuiltTable, write_manifest
from spark_jobs.models.estimation import Fit
from spark_jobs.partitions import Partition
from spark_jobs.pyspark_internals import bytes_to_read
from spark_jobs.scores.backtests import run_backtests
from spark_jobs.scores.customer_days import DAY_COLUMNS, ORDER_DATE, customer_days
from spark_jobs.scores.customer_statistics import GROUP, Programme
from spark_jobs.scores.customers_in_pandas import CustomersInPandas
from spark_jobs.scores.customers_in_spark import TOTALS_COLUMNS, CustomersInSpark, totals_before_cutoff
from spark_jobs.scores.deciles import frozen_cutoffs
from spark_jobs.scores.estimates import Estimates, fit_purchases, fit_values
from spark_jobs.scores.histories import Histories
from spark_jobs.scores.loyalty import loyalty_effects
from spark_jobs.scores.model_selection import select_model
from spark_jobs.scores.registry import REPORTS, Findings, Row, in_columns
from spark_jobs.scores.scoring import Scorer
from spark_jobs.session import exchange_by_arrow, job_session
from spark_jobs.storage import (
    partition_folder,
    read_locations,
    read_published,
    run_folder,
    write_parquet,
)

DRIVER_BYTES = 32 * 1024 * 1024
"""Bytes of Parquet: up to this size the driver reads all customer days. Beyond it Spark's tasks do the work."""

Customers = CustomersInPandas | CustomersInSpark


@dataclass(frozen=True)
class Inputs:
    """What is published of the customers, before the cutoff date and since then."""

    all_days: DataFrame  # of DAY_COLUMNS and ORDER_DATE, before and since
    totals_before: DataFrame  # of TOTALS_COLUMNS, before
    days_since: DataFrame  # of DAY_COLUMNS and ORDER_DATE, since
    sample_before: DataFrame  # of DAY_COLUMNS and ORDER_DATE, before, of a sample of customers


@dataclass(frozen=True)
class Evidence:
    """What the driver knows about the customers: groups for the fits, and the days of the sample."""

    customers: int
    first_day: date | None
    groups: pd.DataFrame  # by currency, n, t_x, t: customers and their sums
    currencies: list[str]
    programmes: list[Programme]
    sample: pd.DataFrame  # in the columns of customer_days

    def fit(self, model_name: ModelName) -> Fit:
        """Fit a purchase model to all customers."""
        found = self.groups
        observed = int(found["t"].max()) if self.customers else 0
        return fit_purchases(found["n"] - 1, found["t_x"], found["t"], found["customers"], observed, model_name)

    @cached_property
    def histories(self) -> Histories:
        """The histories of the sample's customers."""
        found = self.sample
        return Histories(
            found["key"].to_numpy(), found["currency"].to_numpy(dtype=object), found["day"].to_numpy(),
            found["amount"].to_numpy(), found["is_active"].to_numpy(),
        )  # fmt: skip


def main(argv: Sequence[str]) -> None:
    """Build the tables for the as-of date and write their manifest. Raises JobError."""
    arguments = scores_arguments(argv)
    spark = job_session("customer_scores")
    exchange_by_arrow(spark)
    customers = read_customers(read_inputs(spark, arguments.inputs_uri), arguments.as_of_date)
    evidence = gather(customers, arguments.as_of_date)
    # In parallel: Spark writes what is ready while the driver still computes the rest.
    with ThreadPoolExecutor() as pool:
        effects = loyalty_effects(evidence.sample, evidence.programmes, arguments.as_of_date)
        building = [pool.submit(build_report, arguments, spark, LOYALTY_EFFECTS, effects)]
        findings, scorer = learn(evidence, arguments)
        building += [
            pool.submit(build_report, arguments, spark, table, rows_of(findings)) for table, rows_of in REPORTS.items()
        ]
        scores = build(arguments, PREDICTIONS, customers.scored(scorer), evidence.customers)
        built = [scores, *(table.result() for table in building)]
    as_of = arguments.as_of_date.isoformat()
    write_manifest(spark, arguments.scores_uri, arguments.job_run_id, as_of, built)
    customers.release()


def read_inputs(spark: SparkSession, inputs_uri: str) -> Inputs:
    """Return the published customer days and totals; only names of files are read yet."""
    locations = read_locations(spark, inputs_uri, SCORE_INPUTS)
    # Without totals there were no days before the cutoff date: the days since then are all days.
    cutoff_date = max(locations[TOTALS_BEFORE_CUTOFF], default="")
    closed = locations[DAYS_OF_CLOSED_QUARTERS]
    since = {quarter: folder for quarter, folder in closed.items() if quarter >= cutoff_date}
    dated = f"{DAY_COLUMNS}, {ORDER_DATE} date"
    open_days = read_published(spark, locations[DAYS_OF_CURRENT_QUARTER], DAY_COLUMNS, key=ORDER_DATE)
    return Inputs(
        all_days=read_published(spark, closed, dated).unionByName(open_days),
        totals_before=read_published(spark, locations[TOTALS_BEFORE_CUTOFF], TOTALS_COLUMNS),
        days_since=read_published(spark, since, dated).unionByName(open_days),
        sample_before=read_published(spark, locations[SAMPLE_BEFORE_CUTOFF], dated),
    )


def read_customers(inputs: Inputs, as_of: date) -> Customers:
    """Return the customers: in pandas if their days fit on the driver, else in Spark."""
    if bytes_to_read(inputs.all_days) <= DRIVER_BYTES:
        days = customer_days(inputs.all_days, as_of)
        return CustomersInPandas(days.sparkSession, days.toPandas(), as_of)
    return CustomersInSpark(
        totals_before_cutoff(inputs.totals_before),
        customer_days(inputs.days_since, as_of),
        customer_days(inputs.sample_before, as_of),
        as_of,
    )


def gather(customers: Customers, as_of: date) -> Evidence:
    """Collect what the fits, the back-tests and the loyalty effect need."""
    # Sorted, so that sums do not depend on the order in which the groups were collected.
    groups = customers.groups().sort_values(list(GROUP), ignore_index=True)
    count, day_count = int(groups["customers"].sum()), int((groups["customers"] * groups["n"]).sum())
    observed = int(groups["t"].max()) if count else 0
    return Evidence(
        customers=count,
        first_day=as_of - timedelta(days=observed) if count else None,
        groups=groups,
        currencies=sorted(groups["currency"].unique()),
        programmes=customers.programmes(),
        sample=customers.sample(buckets=SAMPLE_BUCKETS * SAMPLED_DAYS // max(SAMPLED_DAYS, day_count)),
    )


def learn(evidence: Evidence, arguments: ScoresArguments) -> tuple[Findings, Scorer]:
    """Select and back-test the models and freeze the cut-offs; without a first day there are no back-tests."""
    as_of, first_day = arguments.as_of_date, evidence.first_day or arguments.as_of_date
    selection = select_model(
        evidence.fit,
        lambda model_name: run_backtests(evidence.histories, as_of, first_day, model_name),
        span=(as_of - first_day).days,
    )
    estimates = Estimates(selection.fit, fit_values(evidence.groups))
    findings = Findings(
        as_of=as_of,
        first_day=evidence.first_day,
        version=f"{as_of}-{arguments.input_fingerprint}",
        currencies=evidence.currencies,
        estimates=estimates,
        backtests=selection.backtests,
        annual_discount_rate=arguments.annual_discount_rate,
        margin_rate=arguments.margin_rate,
        selection=selection,
    )
    scorer = Scorer(
        version=findings.version,
        estimates=estimates,
        bands=selection.backtests.bands,
        cutoffs=frozen_cutoffs(evidence.histories, as_of, first_day, estimates),
        churn_threshold=findings.churn_threshold,
        annual_discount_rate=arguments.annual_discount_rate,
        margin_rate=arguments.margin_rate,
        model_status=findings.model_status,
        value_status=findings.value_status,
        model_reason=selection.reason,
        value_reason=findings.value_reason,
        churn_reason=findings.churn_reason,
    )
    return findings, scorer


def build_report(arguments: ScoresArguments, spark: SparkSession, table: LakeTable, found: list[Row]) -> BuiltTable:
    """Write a table of few rows that are on the driver."""
    rows = in_columns(table, found)
    return build(arguments, table, spark.createDataFrame(rows, table.file_schema).coalesce(1), len(rows))


def build(arguments: ScoresArguments, table: LakeTable, rows: DataFrame, count: int) -> BuiltTable:
    """Write the as-of date's partition of one table. Its fingerprint is the fingerprint of the job's inputs."""
    as_of = arguments.as_of_date.isoformat()
    folder = run_folder(arguments.scores_uri, table.name, arguments.job_run_id)
    write_parquet(rows, partition_folder(folder, AS_OF_DATE, as_of))
    partition = Partition(count, arguments.input_fingerprint, "new")
    return BuiltTable(table.name, rows.schema.add(AS_OF_DATE, "date"), AS_OF_DATE, folder, {as_of: partition})


if __name__ == "__main__":
    run_job("customer_scores", lambda: main(sys.argv[1:]))
