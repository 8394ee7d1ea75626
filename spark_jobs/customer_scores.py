"""Glue job: customer days → what each customer is expected to do and to be worth, as of one day.

The fit sees customers grouped by their statistics; the back-tests and the loyalty effect see the days of a fixed sample
of customers, all of them unless there are many. So what reaches the driver of a large chain is bounded by the range of
dates and by SAMPLED_DAYS, not by the customers: Spark reduces balances and the days since to one row each and scores
them where they lie; the days before the balances are read of the sample alone. Of a small chain the driver takes all
the days at once.
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
from biz_schema.score_tables import AS_OF_DATE, LOYALTY_EFFECTS, PREDICTIONS
from spark_jobs.arguments import ScoresArguments, scores_arguments
from spark_jobs.errors import run_job
from spark_jobs.manifest import BuiltTable, write_manifest
from spark_jobs.models.estimation import Fit
from spark_jobs.models.purchase_model import Rung
from spark_jobs.partitions import Partition
from spark_jobs.scores.backtests import run_backtests
from spark_jobs.scores.customers_in_pandas import CustomersOnDriver, Programme
from spark_jobs.scores.customers_in_spark import (
    DAY_COLUMNS,
    ORDER_DATE,
    TOTALS_COLUMNS,
    CustomersInTasks,
    customer_days,
    totals_before_cutoff,
)
from spark_jobs.scores.deciles import frozen_cutoffs
from spark_jobs.scores.estimates import Estimates, fit_purchases, fit_values
from spark_jobs.scores.histories import Histories
from spark_jobs.scores.ladder import climb
from spark_jobs.scores.loyalty import loyalty_effects
from spark_jobs.scores.registry import REPORTS, Findings, Row, in_columns
from spark_jobs.scores.scoring import Scorer
from spark_jobs.session import exchange_by_arrow, job_session
from spark_jobs.storage import (
    bytes_to_read,
    partition_folder,
    read_locations,
    read_published,
    run_folder,
    write_parquet,
)

DRIVER_BYTES = 32 * 1024 * 1024
"""Of Parquet: customer days that the driver takes at once. More of them are left to Spark's tasks."""

Customers = CustomersOnDriver | CustomersInTasks


@dataclass(frozen=True)
class Inputs:
    """What is published of the customers, up to the day before the opening date and since."""

    all_days: DataFrame  # of DAY_COLUMNS and ORDER_DATE, before and since
    balances: DataFrame  # of TOTALS_COLUMNS, before
    days_since: DataFrame  # of DAY_COLUMNS and ORDER_DATE
    sample: DataFrame  # of DAY_COLUMNS and ORDER_DATE, before, of a sample of customers


@dataclass(frozen=True)
class Evidence:
    """What the driver knows of the customers: groups for the fits, and the sample's days."""

    customers: int
    first_day: date | None
    groups: pd.DataFrame  # by currency, n, t_x, t: customers and their sums
    currencies: list[str]
    programmes: list[Programme]
    sample: pd.DataFrame  # in the columns of customer_days

    def fit(self, rung: Rung) -> Fit:
        """A purchase model on everybody."""
        found = self.groups
        observed = int(found["t"].max()) if self.customers else 0
        return fit_purchases(found["n"] - 1, found["t_x"], found["t"], found["customers"], observed, rung)

    @cached_property
    def histories(self) -> Histories:
        """The sample's."""
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
    # Side by side: Spark writes what is known while the driver still works on the rest.
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
    """The published customer days and balances; nothing but names of files is read yet."""
    locations = read_locations(spark, inputs_uri, SCORE_INPUTS)
    # Without balances there was nothing before the opening date, and the days since are all there are.
    cutoff_date = max(locations[TOTALS_BEFORE_CUTOFF], default="")
    closed = locations[DAYS_OF_CLOSED_QUARTERS]
    since = {quarter: folder for quarter, folder in closed.items() if quarter >= cutoff_date}
    dated = f"{DAY_COLUMNS}, {ORDER_DATE} date"
    open_days = read_published(spark, locations[DAYS_OF_CURRENT_QUARTER], DAY_COLUMNS, key=ORDER_DATE)
    return Inputs(
        all_days=read_published(spark, closed, dated).unionByName(open_days),
        balances=read_published(spark, locations[TOTALS_BEFORE_CUTOFF], TOTALS_COLUMNS),
        days_since=read_published(spark, since, dated).unionByName(open_days),
        sample=read_published(spark, locations[SAMPLE_BEFORE_CUTOFF], dated),
    )


def read_customers(inputs: Inputs, as_of: date) -> Customers:
    """The customers, held where there is room for their days."""
    if bytes_to_read(inputs.all_days) <= DRIVER_BYTES:
        days = customer_days(inputs.all_days, as_of)
        return CustomersOnDriver(days.sparkSession, days.toPandas(), as_of)
    return CustomersInTasks(
        totals_before_cutoff(inputs.balances),
        customer_days(inputs.days_since, as_of),
        customer_days(inputs.sample, as_of),
        as_of,
    )


def gather(customers: Customers, as_of: date) -> Evidence:
    """Collect what the fits, the back-tests and the loyalty effect need."""
    # Sorted, so that sums do not depend on the order in which the groups were collected.
    groups = customers.groups().sort_values(["currency", "n", "t_x", "t"], ignore_index=True)
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
    """Choose and back-test the models, freeze the cut-offs; without a first day there is nothing to look back on."""
    as_of, first_day = arguments.as_of_date, evidence.first_day or arguments.as_of_date
    choice = climb(
        evidence.fit,
        lambda rung: run_backtests(evidence.histories, as_of, first_day, rung),
        span=(as_of - first_day).days,
    )
    estimates = Estimates(choice.fit, fit_values(evidence.groups))
    findings = Findings(
        as_of=as_of,
        first_day=evidence.first_day,
        version=f"{as_of}-{arguments.input_fingerprint}",
        currencies=evidence.currencies,
        estimates=estimates,
        backtests=choice.backtests,
        annual_discount_rate=arguments.annual_discount_rate,
        margin_rate=arguments.margin_rate,
        choice=choice,
    )
    scorer = Scorer(
        version=findings.version,
        estimates=estimates,
        bands=choice.backtests.bands,
        cutoffs=frozen_cutoffs(evidence.histories, as_of, first_day, estimates),
        churn_threshold=findings.churn_threshold,
        annual_discount_rate=arguments.annual_discount_rate,
        margin_rate=arguments.margin_rate,
        model_status=findings.model_status,
        value_status=findings.value_status,
        model_reason=choice.reason,
        value_reason=findings.value_reason,
        churn_reason=findings.churn_reason,
    )
    return findings, scorer


def build_report(arguments: ScoresArguments, spark: SparkSession, table: LakeTable, found: list[Row]) -> BuiltTable:
    """Write a table of few rows, which the driver has."""
    rows = in_columns(table, found)
    return build(arguments, table, spark.createDataFrame(rows, table.file_schema).coalesce(1), len(rows))


def build(arguments: ScoresArguments, table: LakeTable, rows: DataFrame, count: int) -> BuiltTable:
    """Write the as-of date's partition of one table. Its fingerprint is that of everything it was made from."""
    as_of = arguments.as_of_date.isoformat()
    folder = run_folder(arguments.scores_uri, table.name, arguments.job_run_id)
    write_parquet(rows, partition_folder(folder, AS_OF_DATE, as_of))
    partition = Partition(count, arguments.input_fingerprint, "new")
    return BuiltTable(table.name, rows.schema.add(AS_OF_DATE, "date"), AS_OF_DATE, folder, {as_of: partition})


if __name__ == "__main__":
    run_job("customer_scores", lambda: main(sys.argv[1:]))
