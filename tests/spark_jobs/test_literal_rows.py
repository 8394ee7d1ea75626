"""Few rows as a DataFrame."""

from datetime import date

from pyspark.sql import SparkSession

from spark_jobs.literal_rows import few_rows


def test_few_rows_are_what_they_were(spark: SparkSession) -> None:
    rows = [
        {"name": 'Mother\'s Day \\ "é"', "day": date(2024, 5, 12), "count": 2**53 + 1},
        {"name": None, "day": None, "count": None},
    ]
    found = few_rows(spark, rows, "name string, day date, count bigint")
    assert [row.asDict() for row in found.collect()] == rows
    assert found.dtypes == [("name", "string"), ("day", "date"), ("count", "bigint")]


def test_no_rows_are_a_table_without_rows(spark: SparkSession) -> None:
    assert few_rows(spark, [], "name string").count() == 0
