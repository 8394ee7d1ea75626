"""source rows = accepted + quarantined, always."""

from dataclasses import replace
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.errors import JobError
from spark_jobs.transforms.ledger import LedgerRow, Tally, ledger, tallies, tally
from tests.spark_jobs.source_rows import values

ROW = LedgerRow("order_items", 10, 12, 11, 9, 2, 1, "export-1")
MOST = Decimal("99999999999999999999.9999")


def test_the_ledger_has_a_row_for_each_table(spark: SparkSession) -> None:
    unknown = replace(ROW, source_table="date_dim", database_rows_min=None, database_rows_max=None)
    columns = ("source_table", "database_rows_min", "database_rows_max", "source_rows", "accepted_rows",
               "quarantined_rows", "test_rows", "batch_id")  # fmt: skip
    assert values(ledger(spark, [ROW, unknown]), *columns) == [
        ("date_dim", None, None, 11, 9, 2, 1, "export-1"),
        ("order_items", 10, 12, 11, 9, 2, 1, "export-1"),
    ]


def test_the_ledger_has_the_money_to_the_last_digit(spark: SparkSession) -> None:
    money = replace(
        ROW, source_amount=MOST, accepted_amount=MOST - Decimal("0.0001"), quarantined_amount=Decimal("0.0001")
    )
    assert values(ledger(spark, [money]), "source_amount", "accepted_amount", "quarantined_amount") == [
        (MOST, MOST - Decimal("0.0001"), Decimal("0.0001"))
    ]
    assert dict(ledger(spark, [money]).dtypes)["source_amount"] == "decimal(28,4)"


def test_money_that_does_not_add_up_stops_the_job(spark: SparkSession) -> None:
    wrong = replace(ROW, source_amount=Decimal("10.00"), accepted_amount=Decimal("9.99"), quarantined_amount=Decimal(0))
    with pytest.raises(JobError, match=r"amounts of order_items do not add up .*: 10.00 in bronze, 9.99 accepted \+ 0"):
        ledger(spark, [wrong])


def test_rows_are_told_apart_and_their_money_added(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [([], "1.5", False), ([], "-0.5", True), (["x"], "-7", False), (["x", "y"], None, False), (["x"], "2", True)],
        "reasons array<string>, text string, is_test boolean",
    ).withColumn("amount", F.col("text").cast("decimal(18,4)"))
    accepted, quarantined, of_tests = tallies(rows, "amount")
    assert accepted == Tally(2, Decimal(1), Decimal(2), 0)
    assert quarantined == Tally(3, Decimal(-5), Decimal(9), 1)
    assert of_tests == 1


def test_no_rows_have_no_money(spark: SparkSession) -> None:
    rows = spark.createDataFrame([], "reasons array<string>, amount decimal(18,4)")
    nothing = Tally(0, Decimal(0), Decimal(0), 0)
    assert tallies(rows, "amount") == (nothing, nothing, 0)
    assert tally(rows, F.col("amount")) == nothing
    assert tallies(rows, None) == (Tally(0), Tally(0), 0)


def test_rows_that_do_not_add_up_stop_the_job(spark: SparkSession) -> None:
    with pytest.raises(JobError, match=r"order_items do not add up in batch export-1: 11 in bronze, 8 accepted \+ 2"):
        ledger(spark, [replace(ROW, accepted_rows=8)])
