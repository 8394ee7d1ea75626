"""Bronze: what the source said, as text."""

from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from biz_schema.source_tables import ORDER_ITEMS
from spark_jobs.transforms.verbatim import missing_columns, verbatim
from tests.spark_jobs.source_rows import source_rows, write_export

INGESTED = datetime(2024, 2, 17, 9, 0, tzinfo=UTC)


def test_text_stays_as_it_is_and_booleans_are_words(spark: SparkSession, tmp_path: Path) -> None:
    name = 'Soup,\n"of the"\r\nday '
    write_export(tmp_path, {ORDER_ITEMS: source_rows(ORDER_ITEMS, [{"item_name": name, "is_loyalty": True}])})
    exported = spark.read.option("recursiveFileLookup", "true").parquet(str(tmp_path))
    found = verbatim(exported, ORDER_ITEMS, INGESTED)
    row = found.first()
    assert row is not None
    assert (row["item_name"], row["is_loyalty"], row["id"], row["item_quantity"]) == (name, "true", "1", "1")
    assert row["user_id"] == "user-1" and row["printed_card_number"] is None
    assert row["source_file"].endswith(".gz.parquet")
    assert {kind for column, kind in found.dtypes if column != "ingested_at"} == {"string"}
    assert found.selectExpr("unix_timestamp(ingested_at)").collect()[0][0] == INGESTED.timestamp()


def test_columns_the_source_has_grown_are_kept_after_the_declared_ones(spark: SparkSession, tmp_path: Path) -> None:
    rows = [{**row, "Tip": "0.50"} for row in source_rows(ORDER_ITEMS, [{}])]
    write_export(tmp_path, {ORDER_ITEMS: rows})
    exported = spark.read.option("recursiveFileLookup", "true").parquet(str(tmp_path))
    found = verbatim(exported, ORDER_ITEMS, INGESTED)
    assert found.columns == [*ORDER_ITEMS.column_names, "tip", "source_file", "ingested_at"]


def test_missing_columns_are_named(spark: SparkSession) -> None:
    names = [name.upper() for name in ORDER_ITEMS.column_names if name != "item_price"]
    rows = spark.createDataFrame([], ", ".join(f"{name} string" for name in names))
    assert missing_columns(rows, ORDER_ITEMS) == ["item_price"]
