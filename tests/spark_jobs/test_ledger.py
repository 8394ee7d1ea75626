"""source rows = accepted + quarantined, always."""

from dataclasses import replace

import pytest
from pyspark.sql import SparkSession

from spark_jobs.errors import JobError
from spark_jobs.transforms.ledger import LedgerRow, ledger

ROW = LedgerRow("order_items", 10, 12, 11, 9, 2, 1, "export-1")


def test_the_ledger_has_a_row_for_each_table(spark: SparkSession) -> None:
    unknown = replace(ROW, source_table="date_dim", database_rows_min=None, database_rows_max=None)
    assert [tuple(row) for row in ledger(spark, [ROW, unknown]).collect()] == [
        ("order_items", 10, 12, 11, 9, 2, 1, "export-1"),
        ("date_dim", None, None, 11, 9, 2, 1, "export-1"),
    ]


def test_rows_that_do_not_add_up_stop_the_job(spark: SparkSession) -> None:
    with pytest.raises(JobError, match=r"order_items do not add up in batch export-1: 11 in bronze, 8 accepted \+ 2"):
        ledger(spark, [replace(ROW, accepted_rows=8)])
