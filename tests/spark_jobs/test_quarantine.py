"""Which rows are set aside, why, and in what form."""

import json

from pyspark.sql import SparkSession

from biz_schema.source_tables import ORDER_ITEMS
from spark_jobs.transforms.lines import lines_with_reasons, typed_lines
from spark_jobs.transforms.quarantine import quarantined_rows
from tests.spark_jobs.source_rows import bronze_lines, values


def test_the_malformed_line_carries_its_reasons(spark: SparkSession) -> None:
    malformed = {
        "lineitem_id": None, "item_category": None, "item_name": None, "item_quantity": 0, "item_price": "4.39",
    }  # fmt: skip
    with_reasons = lines_with_reasons(bronze_lines(spark, {}, malformed), "line_total")
    assert values(with_reasons, "id", "reasons") == [(1, []), (2, ["missing_line_id", "non_positive_quantity"])]


def test_of_duplicate_lines_the_highest_id_is_kept(spark: SparkSession) -> None:
    with_reasons = lines_with_reasons(
        bronze_lines(spark, {}, {"item_price": "6.49"}, {"lineitem_id": "line-2"}), "line_total"
    )
    assert values(with_reasons, "id", "reasons") == [(1, ["duplicate_line"]), (2, []), (3, [])]


def test_ids_that_differ_in_blanks_only_are_duplicates(spark: SparkSession) -> None:
    with_reasons = lines_with_reasons(bronze_lines(spark, {}, {"lineitem_id": " line-1\n"}), "line_total")
    assert values(with_reasons, "id", "reasons") == [(1, ["duplicate_line"]), (2, [])]


def test_a_broken_correction_does_not_displace_a_good_line(spark: SparkSession) -> None:
    with_reasons = lines_with_reasons(bronze_lines(spark, {}, {"item_price": "six"}), "line_total")
    assert values(with_reasons, "id", "reasons") == [(1, []), (2, ["unparseable_item_price", "duplicate_line"])]


def test_lines_without_any_good_one_are_no_duplicates(spark: SparkSession) -> None:
    with_reasons = lines_with_reasons(bronze_lines(spark, {"item_price": "x"}, {"item_quantity": 0}), "line_total")
    assert values(with_reasons, "id", "reasons") == [(1, ["unparseable_item_price"]), (2, ["non_positive_quantity"])]


def test_lines_without_an_id_are_not_duplicates_of_each_other(spark: SparkSession) -> None:
    with_reasons = lines_with_reasons(bronze_lines(spark, {"lineitem_id": ""}, {"lineitem_id": None}), "line_total")
    assert values(with_reasons, "id", "reasons") == [(1, ["missing_line_id"]), (2, ["missing_line_id"])]


def test_an_amount_beyond_any_sale_is_set_aside_not_an_overflow(spark: SparkSession) -> None:
    with_reasons = lines_with_reasons(
        bronze_lines(spark, {"item_price": "99999999999999", "item_quantity": 2_000_000_000}), "unit_price"
    )
    assert values(with_reasons, "reasons") == [(["unparseable_item_amount"],)]


def test_a_quarantined_row_keeps_its_text_and_its_batch(spark: SparkSession) -> None:
    rows = bronze_lines(spark, {}, {"lineitem_id": "line-2", "item_price": "4,39", "item_name": "Soup\nof the day"})
    lines = typed_lines(lines_with_reasons(rows, "line_total"), "America/Chicago", "line_total", [])
    found = quarantined_rows(lines, ORDER_ITEMS, "export-1").collect()
    assert [row["source_id"] for row in found] == [2]
    assert found[0]["batch_id"] == "export-1" and found[0]["source_table"] == "order_items"
    assert (found[0]["order_id"], found[0]["lineitem_id"]) == ("order-1", "line-2")
    raw = json.loads(found[0]["raw"])
    assert list(raw) == list(ORDER_ITEMS.column_names)
    assert (raw["item_price"], raw["item_name"], raw["id"]) == ("4,39", "Soup\nof the day", "2")
    assert raw["is_loyalty"] == "false" and raw["printed_card_number"] is None
