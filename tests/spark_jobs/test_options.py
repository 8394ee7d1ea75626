"""Options as silver has them."""

from datetime import date
from decimal import Decimal

from pyspark.sql import DataFrame, SparkSession

from biz_schema.silver_tables import SILVER_ORDER_ITEM_OPTIONS
from spark_jobs.transforms.options import dated_options, options_with_reasons, silver_options
from tests.spark_jobs.source_rows import bronze_options, values


def days(spark: SparkSession) -> DataFrame:
    schema = "order_id string, lineitem_id string, order_date date, is_test boolean"
    return spark.createDataFrame([("order-1", "line-1", date(2023, 3, 8), True)], schema)


def test_an_option_has_its_lines_day_and_test_flag(spark: SparkSession) -> None:
    found = dated_options(options_with_reasons(bronze_options(spark, {"option_quantity": 2})), days(spark))
    assert values(found, "order_date", "is_test", "option_amount", "reasons", "raw") == [
        (date(2023, 3, 8), True, Decimal("3.0000"), [], None)
    ]


def test_an_option_without_an_accepted_line_is_an_orphan(spark: SparkSession) -> None:
    bronze = bronze_options(spark, {"lineitem_id": "gone"}, {"order_id": "gone"}, {"lineitem_id": None}, {})
    found = dated_options(options_with_reasons(bronze), days(spark))
    assert values(found, "source_id", "reasons") == [
        (1, ["orphan_option"]),
        (2, ["orphan_option"]),
        (3, ["missing_line_id", "orphan_option"]),
        (4, []),
    ]


def test_exact_duplicates_are_kept(spark: SparkSession) -> None:
    bronze = bronze_options(spark, {"option_price": "0"}, {"option_price": "0"})
    found = silver_options(dated_options(options_with_reasons(bronze), days(spark)), "export-1")
    assert tuple(found.columns) == tuple(SILVER_ORDER_ITEM_OPTIONS.columns)
    assert values(found, "source_id", "option_amount") == [(1, Decimal(0)), (2, Decimal(0))]
