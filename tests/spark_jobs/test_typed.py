"""Reading text: every form the source has, and null for every other."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from biz_schema.source_tables import Kind, SourceColumn, SourceTable
from spark_jobs.transforms.typed import read_rows, row_reasons


def read(spark: SparkSession, kind: Kind, texts: list[str | None]) -> list[Any]:
    table = SourceTable("t", (SourceColumn("id", Kind.INTEGER), SourceColumn("value", kind)))
    rows = spark.createDataFrame([(str(n), text) for n, text in enumerate(texts)], "id string, value string")
    found = read_rows(rows, table)
    if kind is Kind.TIMESTAMP:
        found = found.withColumn("value", F.col("value").cast("string"))
    return [row["value"] for row in found.orderBy("id").collect()]


def test_timestamps_with_zero_to_six_fraction_digits_and_any_offset(spark: SparkSession) -> None:
    forms = {
        "2023-03-08 11:03:32+00": "2023-03-08 11:03:32",
        "2023-03-08 11:03:32.2+00": "2023-03-08 11:03:32.2",
        "2023-03-08 11:03:32.22+00": "2023-03-08 11:03:32.22",
        "2023-03-08 11:03:32.223+00": "2023-03-08 11:03:32.223",
        "2023-03-08 11:03:32.223456+00": "2023-03-08 11:03:32.223456",
        "2023-03-08 11:03:32.223+05:30": "2023-03-08 05:33:32.223",
        "2023-03-08 11:03:32-06": "2023-03-08 17:03:32",
        "2023-03-08T11:03:32Z": "2023-03-08 11:03:32",
    }
    assert read(spark, Kind.TIMESTAMP, list(forms)) == list(forms.values())


def test_what_is_no_timestamp_is_null_and_never_today(spark: SparkSession) -> None:
    texts = ["11:03", "2023-03-08", "2023-02-30 11:03:32+00", "infinity", "0202-03-08 11:03:32+00", "", None]
    assert read(spark, Kind.TIMESTAMP, texts) == [None] * len(texts)


def test_a_timestamp_without_offset_is_utc(spark: SparkSession) -> None:
    row = spark.createDataFrame([("1", "2023-07-01 00:00:00")], "id string, value string")
    table = SourceTable("t", (SourceColumn("value", Kind.TIMESTAMP),))
    seconds = read_rows(row, table).select(F.unix_timestamp("value")).first()
    assert seconds is not None
    assert datetime.fromisoformat("2023-07-01T00:00:00+00:00").timestamp() == seconds[0]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            Kind.MONEY,
            {"5.99": Decimal("5.9900"), "-1.5": Decimal("-1.5000"), " 8 ": Decimal("8.0000"), "NaN": None,
             "5,99": None, "$5": None, "123456789012345": None},
        ),
        (Kind.INTEGER, {"12": 12, " 7\n": 7, "1.5": None, "x": None, "99999999999999999999": None}),
        (Kind.BOOLEAN, {"true": True, "false": False, "TRUE": True, "maybe": None}),
        (Kind.IDENTIFIER, {" 63bc\t\n": "63bc", "\u00a0a b ": "a b", "": None, "  ": None}),
        (Kind.TEXT, {" Bowl\r\nof  soup ": "Bowl of soup", "": None}),
    ],
)  # fmt: skip
def test_readings(spark: SparkSession, kind: Kind, expected: dict[str, Any]) -> None:
    assert read(spark, kind, list(expected)) == list(expected.values())


def test_reasons_name_the_column_and_may_be_several(spark: SparkSession) -> None:
    table = SourceTable(
        "t",
        (
            SourceColumn("id", Kind.INTEGER, required=True),
            SourceColumn("line", Kind.IDENTIFIER, required=True, missing_reason="missing_line_id"),
            SourceColumn("price", Kind.MONEY, required=True),
            SourceColumn("amount", Kind.QUANTITY, required=True),
            SourceColumn("loyal", Kind.BOOLEAN),
        ),
    )
    rows = [
        ("1", "a", "1.00", "1", None),
        ("2", " ", "abc", "0", "perhaps"),
        ("3", "a", None, "x", ""),
    ]
    schema = "id string, line string, price string, amount string, loyal string"
    found = read_rows(spark.createDataFrame(rows, schema), table).withColumn("reasons", row_reasons(table))
    assert [row["reasons"] for row in found.orderBy("id").collect()] == [
        [],
        ["missing_line_id", "unparseable_price", "non_positive_quantity", "unparseable_loyal"],
        ["unparseable_price", "unparseable_amount"],
    ]


@pytest.mark.parametrize("text", ["NULL", "null", " NaN ", "n/a", "None", "-"])
def test_a_mark_of_a_missing_value_is_one(spark: SparkSession, text: str) -> None:
    table = SourceTable(
        name="rows",
        columns=(
            SourceColumn("line", Kind.IDENTIFIER, required=True, missing_reason="missing_line_id"),
            SourceColumn("user", Kind.IDENTIFIER),
            SourceColumn("option_name", any_text=True),
        ),
    )
    rows = spark.createDataFrame([(text, text, text)], "line string, user string, option_name string")
    read = read_rows(rows, table, missing_marks=("null", "nan", "N/A", "NONE", "-"))
    found = read.withColumn("reasons", row_reasons(table)).drop("source").collect()
    assert [tuple(row) for row in found] == [(None, None, text.strip(), ["missing_line_id"])]
    assert [tuple(row) for row in read_rows(rows, table).select("line", "user").collect()] == [(text.strip(),) * 2]


def test_a_mark_for_users_leaves_prices_quantities_and_required_ids_alone(spark: SparkSession) -> None:
    """Tills write the user 0 for nobody; a free item and the line 0 are what they say."""
    table = SourceTable(
        name="rows",
        columns=(
            SourceColumn("line", Kind.IDENTIFIER, required=True, missing_reason="missing_line_id"),
            SourceColumn("user", Kind.IDENTIFIER),
            SourceColumn("price", Kind.MONEY, required=True),
            SourceColumn("amount", Kind.QUANTITY, required=True),
            SourceColumn("loyal", Kind.BOOLEAN),
        ),
    )
    rows = spark.createDataFrame(
        [("0", "0", "0", "1", "0")], "line string, user string, price string, amount string, loyal string"
    )
    read = read_rows(rows, table, missing_marks=("0", "1")).withColumn("reasons", row_reasons(table)).drop("source")
    assert [tuple(row) for row in read.collect()] == [("0", None, Decimal(0), 1, False, [])]


def test_an_id_that_only_holds_a_mark_is_an_id(spark: SparkSession) -> None:
    table = SourceTable(name="rows", columns=(SourceColumn("user", Kind.IDENTIFIER),))
    rows = spark.createDataFrame([("nullable",), ("a-1",), ("Nana",)], "user string")
    assert [row["user"] for row in read_rows(rows, table, missing_marks=("null", "nan", "-")).collect()] == [
        "nullable",
        "a-1",
        "Nana",
    ]
