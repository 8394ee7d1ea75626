"""Fingerprints: what they notice, what they do not, and the partitions that follow."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.partitions import Fingerprint, Partition
from spark_jobs.transforms.fingerprints import compare, fingerprints, observed, to_write

MONDAY, TUESDAY = date(2023, 1, 2), date(2023, 1, 3)
ROWS: list[tuple[Any, ...]] = [
    (MONDAY, 1, "a", None, "batch-1"), (MONDAY, 2, "b", "x", "batch-1"), (TUESDAY, 3, "c", None, "batch-1"),
]  # fmt: skip


def texts(spark: SparkSession, rows: Sequence[tuple[Any, ...]], partitions: int = 1) -> dict[str, str]:
    schema = "order_date date, source_id bigint, name string, note string, batch_id string"
    frame = spark.createDataFrame(list(rows), schema).repartition(partitions)
    return {value: found.text for value, found in sorted(fingerprints(frame, "order_date").items())}


def test_the_value_is_the_same_on_every_run_and_spark_version(spark: SparkSession) -> None:
    assert texts(spark, ROWS) == {
        "2023-01-02": "2-0000000000000000e942c04fee25a51b",
        "2023-01-03": "1-ffffffffffffffffbaff3aa4a8ff0bd4",
    }


def test_order_and_partitioning_of_the_rows_do_not_matter(spark: SparkSession) -> None:
    assert texts(spark, list(reversed(ROWS)), partitions=3) == texts(spark, ROWS)


def test_the_batch_and_the_surrogate_id_do_not_matter(spark: SparkSession) -> None:
    reloaded = [(day, source_id + 100, name, note, "batch-2") for day, source_id, name, note, _ in ROWS]
    assert texts(spark, reloaded) == texts(spark, ROWS)


@pytest.mark.parametrize(
    "changed",
    [
        (MONDAY, 1, "A", None, "batch-1"),
        (MONDAY, 1, None, "a", "batch-1"),  # the value moves to the next column
        (MONDAY, 1, None, None, "batch-1"),
        (MONDAY, 1, "", None, "batch-1"),
    ],
)
def test_one_changed_value_changes_that_day_alone(spark: SparkSession, changed: tuple[Any, ...]) -> None:
    before, after = texts(spark, ROWS), texts(spark, [changed, *ROWS[1:]])
    assert after["2023-01-02"] != before["2023-01-02"] and after["2023-01-03"] == before["2023-01-03"]


def texts_of_sets(spark: SparkSession, *sets: Sequence[tuple[Any, ...]]) -> list[str]:
    """The fingerprints of several sets of (name, note), in one job: each set is a partition."""
    rows = [(number, *row) for number, rows in enumerate(sets) for row in rows]
    frame = spark.createDataFrame(rows, "number int, name string, note string").repartition(2)
    found = fingerprints(frame, "number", excluded=["number"])
    return [found[str(number)].text for number in range(len(sets))]


def test_equal_rows_count_and_do_not_cancel_out(spark: SparkSession) -> None:
    a, b = ("a", None), ("b", None)
    assert len(set(texts_of_sets(spark, [a], [a, a], [a, a, a], [b, b], [a, b]))) == 5


def test_an_unpartitioned_table_has_one_fingerprint_even_when_empty(spark: SparkSession) -> None:
    assert list(fingerprints(spark.createDataFrame(["a"], "string"), None)) == [""]
    assert fingerprints(spark.createDataFrame([], "name string"), None) == {"": Fingerprint(0, 0)}


def test_money_is_added_up_exactly_beside_the_fingerprint_and_does_not_change_it(spark: SparkSession) -> None:
    amounts = ["10.1000", "-30.2000", None], ["0.0001"]
    rows = [(day, amount) for day, found in zip((MONDAY, TUESDAY), amounts, strict=True) for amount in found]
    frame = spark.createDataFrame(rows, "order_date date, text string").repartition(3)
    money = F.col("text").cast("decimal(18,4)")
    found = fingerprints(frame, "order_date", amount=money)
    assert {day: (part.rows, part.amount, part.largest_amount) for day, part in found.items()} == {
        "2023-01-02": (3, Decimal("-20.1000"), Decimal("30.2000")),
        "2023-01-03": (1, Decimal("0.0001"), Decimal("0.0001")),
    }  # fmt: skip
    without = fingerprints(frame, "order_date")
    assert {day: part.text for day, part in found.items()} == {day: part.text for day, part in without.items()}
    assert {part.amount for part in without.values()} == {None}


@pytest.mark.parametrize("names", [["a", "b", "a"], []])
def test_rows_are_fingerprinted_on_their_way_as_they_are_when_read(
    spark: SparkSession, tmp_path: Path, names: list[str]
) -> None:
    frame = spark.createDataFrame([(name, "here") for name in names], "name string, source_file string").repartition(2)
    rows, fingerprint = observed(frame, excluded=["source_file"])
    rows.write.parquet(str(tmp_path / "written"))
    written = spark.read.parquet(str(tmp_path / "written"))
    assert fingerprint() == fingerprints(written, None, excluded=["source_file"])[""]
    assert fingerprint().rows == len(names)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],  # each try is a Spark job: shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(st.tuples(st.text(max_size=3) | st.none(), st.text(max_size=3) | st.none()), min_size=1, max_size=5),
    data=st.data(),
)
def test_sets_of_rows_agree_when_they_are_permutations(spark: SparkSession, rows: list[Any], data: Any) -> None:
    shuffled = data.draw(st.permutations(rows))
    same, permuted, longer = texts_of_sets(spark, rows, shuffled, [*rows, rows[0]])
    assert same == permuted != longer


def test_changes_are_told_from_what_is_published() -> None:
    current = {day: Fingerprint(1, number) for number, day in enumerate(("same", "corrected", "late"))}
    known = {"same": current["same"].text, "corrected": "1-0", "gone": "4-2"}
    found = compare(current, known)
    assert {value: part.change for value, part in found.items()} == {
        "same": "unchanged", "corrected": "changed", "late": "new", "gone": "deleted",
    }  # fmt: skip
    assert found["gone"] == Partition(0, Fingerprint(0, 0).text, "deleted")
    money = compare({"day": Fingerprint(1, 1, Decimal("0.0000"), Decimal("0.00001230"))}, {})["day"]
    assert (money.amount, money.largest_amount) == ("0.0000", "0.00001230")
    assert to_write(found) == ["corrected", "late"]


def test_a_table_that_only_grows_has_no_deletions() -> None:
    assert list(compare({"b": Fingerprint(1, 1)}, {"a": "1-0"}, keep_absent=True)) == ["b"]
