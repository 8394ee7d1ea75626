"""From customer days to sufficient statistics, groups, programmes, samples and scores: by Spark as by pandas."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from zlib import crc32

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from biz_schema.score_inputs import SAMPLE_BUCKETS
from spark_jobs.customer_scores import Customers
from spark_jobs.scores import customers_in_pandas as in_memory
from spark_jobs.scores.customer_days import DAY_COLUMNS, customer_days
from spark_jobs.scores.customer_statistics import Programme
from spark_jobs.scores.customers_in_pandas import CustomersInPandas
from spark_jobs.scores.customers_in_spark import (
    TOTALS_COLUMNS,
    CustomersInSpark,
    sufficient_statistics,
    totals_before_cutoff,
    totals_of_days,
)
from tests.spark_jobs.source_rows import values

AS_OF = date(2024, 1, 31)
Day = tuple[str, str, str, str]
Loyal = tuple[str, str, str, str, int]


def in_tasks(days: DataFrame, as_of: date) -> CustomersInSpark:
    """Return the customers without totals before the cutoff date: every day is read."""
    nobody = totals_before_cutoff(days.sparkSession.createDataFrame([], TOTALS_COLUMNS))
    return CustomersInSpark(nobody, days, days.limit(0), as_of)


FORMS = {
    "by Spark": in_tasks,
    "by pandas": lambda days, as_of: CustomersInPandas(days.sparkSession, days.toPandas(), as_of),
}
both_forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
Form = Callable[[DataFrame, date], Customers]


def sample_bucket(user: str) -> int:
    return crc32(user.encode()) % SAMPLE_BUCKETS


def published(
    spark: SparkSession, rows: Sequence[Day | Loyal], refunds_only: Collection[tuple[str, str]] = ()
) -> DataFrame:
    """Rows of (user_id, currency, net_sales, order_date[, loyalty orders]) in one channel; `refunds_only` are user and
    date of days without a purchase."""
    made = []
    for user, code, net, day, *loyal in rows:
        bought = int((user, day) not in refunds_only)
        names = ("Cafe", user, code)
        made.append(
            (*names, bought, bought, Decimal(net), next(iter(loyal), 0), sample_bucket(user), date.fromisoformat(day))
        )
    return spark.createDataFrame(made, f"{DAY_COLUMNS}, order_date date")


def random_days(spark: SparkSession, rows: int = 3_000) -> DataFrame:
    rng = np.random.default_rng(8)
    drawn = zip(rng.integers(0, 400, rows), rng.integers(0, 200, rows), rng.integers(-9_000, 90_000, rows), strict=True)
    once = {(int(user), int(day)): int(cents) for user, day, cents in drawn}
    made: list[Loyal] = []
    for (user, day), cents in once.items():
        when = date(2023, 1, 1) + timedelta(days=day)
        loyal = int(user % 3 == 0 and day > 100 and cents >= 0)
        made.append((f"user-{user}", "USD" if user % 9 else "CAD", f"{Decimal(cents) / 100}", when.isoformat(), loyal))
    return published(spark, made, {(user, day) for user, _, net, day, _ in made if net[0] == "-"})


def test_one_row_a_customer_and_currency_up_to_the_as_of_date(spark: SparkSession) -> None:
    days = customer_days(published(spark, [
        ("ann", "USD", "10", "2024-01-01"), ("ann", "USD", "20.25", "2024-01-11", 1), ("ann", "CAD", "7", "2024-01-31"),
        ("ann", "USD", "99", "2024-02-01"), ("bob", "USD", "5", "2024-02-01"),
    ]), AS_OF)  # fmt: skip
    found = sufficient_statistics(totals_of_days(days), AS_OF)
    assert values(found, "user_id", "currency", "n", "t_x", "t", "s", "ss", "joined") == [
        ("ann", "CAD", 1, 0, 0, 7.0, 49.0, None),
        ("ann", "USD", 2, 10, 30, 30.25, 510.0625, 19733),
    ]


def test_amounts_may_be_zero_or_negative_and_dates_lie_before_1970(spark: SparkSession) -> None:
    days = customer_days(published(spark, [
        ("ann", "USD", "0", "1969-12-31"), ("ann", "USD", "-10.5", "1970-01-02"), ("bob", "USD", "-3", "0099-01-01"),
    ]), date(9999, 12, 31))  # fmt: skip
    found = sufficient_statistics(totals_of_days(days), date(9999, 12, 31))
    assert values(found, "user_id", "n", "t_x", "s", "ss") == [("ann", 2, 2, -10.5, 110.25), ("bob", 1, 0, -3.0, 9.0)]
    assert sorted(values(days, "day", "amount")) == [(-683368, -3.0), (-1, 0.0), (1, -10.5)]


def test_pandas_has_spark_s_figures(spark: SparkSession) -> None:
    days = customer_days(random_days(spark), AS_OF)
    by_spark = sufficient_statistics(totals_of_days(days), AS_OF).toPandas()
    by_pandas = in_memory.sufficient_statistics(in_memory.totals_of_days(days.toPandas()), AS_OF)
    names = ["app_name", "user_id", "currency"]
    pd.testing.assert_frame_equal(
        by_pandas.set_index(names).sort_index(),
        by_spark.set_index(names).sort_index()[by_pandas.columns.drop(names)],
        check_dtype=False, check_exact=True,
    )  # fmt: skip
    one, other = (form(days, AS_OF) for form in FORMS.values())
    keys = ["currency", "n", "t_x", "t"]
    groups = [customers.groups().set_index(keys).sort_index() for customers in (one, other)]
    pd.testing.assert_frame_equal(*groups, check_dtype=False, check_exact=True)
    assert one.programmes() == other.programmes()


@both_forms
def test_groups_hold_every_customer_and_their_sums(spark: SparkSession, form: Form) -> None:
    days = published(spark, [
        ("ann", "USD", "10", "2024-01-01"), ("bob", "USD", "20", "2024-01-01"), ("cy", "USD", "1", "2024-01-02"),
        ("dan", "CAD", "4", "2024-01-01"),
    ])  # fmt: skip
    found = form(customer_days(days, AS_OF), AS_OF).groups().sort_values(["currency", "t"])
    columns = ["currency", "n", "t_x", "t", "customers", "sum_s", "sum_s2", "sum_ss"]
    assert [*found[columns].itertuples(index=False, name=None)] == [
        ("CAD", 1, 0, 30, 1, 4.0, 16.0, 16.0),
        ("USD", 1, 0, 29, 1, 1.0, 1.0, 1.0),
        ("USD", 1, 0, 30, 2, 30.0, 500.0, 500.0),
    ]


@both_forms
def test_a_programme_begins_with_its_first_loyalty_order_in_a_currency(spark: SparkSession, form: Form) -> None:
    days = published(spark, [
        ("ann", "USD", "1", "2024-01-01"), ("ann", "USD", "1", "2024-01-10", 1), ("bob", "USD", "1", "2024-01-09", 1),
        ("cy", "USD", "1", "2024-01-05"), ("dan", "CAD", "4", "2024-01-01"),
    ])  # fmt: skip
    launched = (date(2024, 1, 9) - date(1970, 1, 1)).days
    assert form(customer_days(days, AS_OF), AS_OF).programmes() == [
        Programme("CAD", None, 0, 1), Programme("USD", launched, 2, 2)
    ]  # fmt: skip


@both_forms
def test_a_sample_is_the_same_customers_with_all_their_days(spark: SparkSession, form: Form) -> None:
    rows = [(f"user-{i}", "USD", "1", f"2024-01-{1 + j:02d}") for i in range(200) for j in range(3)]
    customers = form(customer_days(published(spark, rows), AS_OF), AS_OF)
    buckets = 1_000
    whole, part = customers.sample(SAMPLE_BUCKETS), customers.sample(buckets)
    chosen = [user for user in {row[0] for row in rows} if sample_bucket(user) < buckets]
    assert len(whole) == 600 and 0 < len(chosen) < 200
    assert {*part.groupby("key").size()} == {3} and part["key"].nunique() == len(chosen)
    assert set(part["key"]) == {*whole[whole["sample_bucket"] < buckets]["key"]}


@both_forms
def test_refunds_are_money_and_not_days(spark: SparkSession, form: Form) -> None:
    days = published(spark, [
        ("ann", "USD", "-5", "2023-12-01"), ("ann", "USD", "10", "2024-01-01"), ("ann", "USD", "20", "2024-01-11"),
        ("ann", "USD", "-4", "2024-01-20"), ("bob", "USD", "-9", "2024-01-01"),
    ], [("ann", "2023-12-01"), ("ann", "2024-01-20"), ("bob", "2024-01-01")])  # fmt: skip
    found = form(customer_days(days, AS_OF), AS_OF).groups()
    columns = ["n", "t_x", "t", "customers", "sum_s", "sum_ss"]
    assert [*found[columns].itertuples(index=False, name=None)] == [(2, 10, 30, 1, 21.0, 500.0)]


def test_totals_of_refunds_only_become_a_customer_s_by_a_visit(spark: SparkSession) -> None:
    totals = totals_before_cutoff(spark.createDataFrame(
        [("Cafe", user, "USD", None, None, 0, None, cents, 0.0) for user, cents in (("ann", -500), ("bob", -100))],
        TOTALS_COLUMNS,
    ))  # fmt: skip
    days = customer_days(published(spark, [("ann", "USD", "10", "2024-01-21")]), AS_OF)
    found = sufficient_statistics(totals.unionByName(totals_of_days(days)), AS_OF)
    assert values(found, "user_id", "n", "t_x", "t", "s", "ss") == [("ann", 1, 0, 10, 5.0, 100.0)]


def test_totals_count_as_the_days_they_stand_for(spark: SparkSession) -> None:
    totals = totals_before_cutoff(spark.createDataFrame(
        [("Cafe", "ann", "USD", date(2023, 1, 1), date(2023, 3, 2), 3, date(2023, 2, 1), 2_501, 2_000_001.0),
         ("Cafe", "bob", "USD", date(2023, 1, 5), date(2023, 1, 5), 1, None, 100, 10_000.0)],
        TOTALS_COLUMNS,
    ))  # fmt: skip
    days = customer_days(published(spark, [
        ("ann", "USD", "10", "2024-01-01"), ("bob", "USD", "2", "2024-01-30", 1), ("cy", "USD", "1.005", "2024-01-31"),
    ]), AS_OF)  # fmt: skip
    found = sufficient_statistics(totals.unionByName(totals_of_days(days)), AS_OF)
    assert values(found, "user_id", "n", "t_x", "t", "s", "ss", "joined") == [
        ("ann", 4, 365, 395, 35.01, 300.0001, 19389),
        ("bob", 2, 390, 391, 3.0, 5.0, 19752),
        ("cy", 1, 0, 0, 1.01, 1.0201, None),
    ]
