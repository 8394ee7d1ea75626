"""From customer days to sufficient statistics and the groups that fits are made from."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from pyspark.sql import DataFrame, SparkSession

from spark_jobs.transforms.customers import DAY_COLUMNS, grouped_customers, sampled_days, sufficient_statistics
from tests.spark_jobs.source_rows import values

AS_OF = date(2024, 1, 31)
Day = tuple[str, str, str, str]


def customer_days(spark: SparkSession, rows: Sequence[Day]) -> DataFrame:
    """Rows of (user_id, currency, net_sales, order_date) in one channel."""
    made = [("Cafe", user, code, 1, Decimal(net), 0, date.fromisoformat(day)) for user, code, net, day in rows]
    return spark.createDataFrame(made, f"{DAY_COLUMNS}, order_date date")


def test_one_row_a_customer_and_currency_up_to_the_as_of_date(spark: SparkSession) -> None:
    days = customer_days(spark, [
        ("ann", "USD", "10", "2024-01-01"), ("ann", "USD", "20.25", "2024-01-11"), ("ann", "CAD", "7", "2024-01-31"),
        ("ann", "USD", "99", "2024-02-01"), ("bob", "USD", "5", "2024-02-01"),
    ])  # fmt: skip
    found = sufficient_statistics(days, AS_OF)
    assert values(found, "user_id", "currency", "n", "t_x", "t", "s", "ss") == [
        ("ann", "CAD", 1, 0, 0, 7.0, 49.0),
        ("ann", "USD", 2, 10, 30, 30.25, 510.0625),
    ]


def test_amounts_may_be_zero_or_negative_and_dates_lie_before_1970(spark: SparkSession) -> None:
    days = customer_days(spark, [
        ("ann", "USD", "0", "1969-12-31"), ("ann", "USD", "-10.5", "1970-01-02"), ("bob", "USD", "-3", "0099-01-01"),
    ])  # fmt: skip
    found = sufficient_statistics(days, date(9999, 12, 31))
    assert values(found, "user_id", "n", "t_x", "s", "ss") == [("ann", 2, 2, -10.5, 110.25), ("bob", 1, 0, -3.0, 9.0)]
    found = sampled_days(days, date(9999, 12, 31), 1)
    assert sorted(values(found, "day", "amount")) == [(-683368, -3.0), (-1, 0.0), (1, -10.5)]


def test_groups_hold_every_customer_and_their_sums(spark: SparkSession) -> None:
    days = customer_days(spark, [
        ("ann", "USD", "10", "2024-01-01"), ("bob", "USD", "20", "2024-01-01"), ("cy", "USD", "1", "2024-01-02"),
        ("dan", "CAD", "4", "2024-01-01"),
    ])  # fmt: skip
    found = grouped_customers(sufficient_statistics(days, AS_OF))
    assert values(found, "currency", "n", "t_x", "t", "customers", "sum_s", "sum_s2", "sum_ss") == [
        ("CAD", 1, 0, 30, 1, 4.0, 16.0, 16.0),
        ("USD", 1, 0, 29, 1, 1.0, 1.0, 1.0),
        ("USD", 1, 0, 30, 2, 30.0, 500.0, 500.0),
    ]


def test_a_sample_is_the_same_customers_with_all_their_days(spark: SparkSession) -> None:
    days = customer_days(
        spark, [(f"user-{i}", "USD", "1", f"2024-01-{1 + j:02d}") for i in range(200) for j in range(3)]
    )
    whole, part = (sampled_days(days, AS_OF, one_in) for one_in in (1, 4))
    assert whole.count() == 600
    assert part.exceptAll(whole).count() == 0
    counts = {row["count"] for row in part.groupBy("key").count().collect()}
    assert counts == {3} and 30 <= part.count() / 3 <= 70
