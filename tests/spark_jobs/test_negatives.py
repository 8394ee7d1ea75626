"""Whether negative lines are refunds: by the setting, or by what the data shows."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from spark_jobs.transforms.negatives import NegativeLines, negative_lines
from tests.spark_jobs.source_rows import bronze_lines

SALE: dict[str, Any] = {"order_id": "sale", "item_name": "Soup"}
OF_A_SOLD_ITEM: dict[str, Any] = {"order_id": "return", "item_name": "SOUP ", "item_quantity": -1}
IN_AN_ORDER_WITH_SALES: dict[str, Any] = {"order_id": "sale", "item_name": "Void", "item_price": "-2"}
OF_NOTHING_SOLD: dict[str, Any] = {"order_id": "odd", "item_name": "Bad debt", "item_price": "-11062.06"}
WITHOUT_MONEY: dict[str, Any] = {"order_id": "stock", "item_price": "0", "item_quantity": -40}


def numbered(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"lineitem_id": f"line-{number}", **line} for number, line in enumerate(lines)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], NegativeLines(0, 0, "refund")),
        ([SALE], NegativeLines(0, 0, "refund")),
        ([SALE, WITHOUT_MONEY], NegativeLines(0, 0, "refund")),
        ([SALE, OF_A_SOLD_ITEM], NegativeLines(1, 1, "refund")),
        ([SALE, IN_AN_ORDER_WITH_SALES], NegativeLines(1, 1, "refund")),
        ([SALE, IN_AN_ORDER_WITH_SALES, OF_NOTHING_SOLD], NegativeLines(2, 1, "refund")),
        ([SALE, OF_A_SOLD_ITEM, OF_NOTHING_SOLD, OF_NOTHING_SOLD], NegativeLines(3, 1, "quarantine")),
        ([OF_NOTHING_SOLD], NegativeLines(1, 0, "quarantine")),
    ],
)
def test_the_data_decides(spark: SparkSession, lines: list[dict[str, Any]], expected: NegativeLines) -> None:
    assert negative_lines(bronze_lines(spark, *numbered(*lines)), "auto", ()) == expected


@pytest.mark.parametrize("rule", ["refund", "quarantine"])
def test_the_setting_decides_against_the_data_which_is_still_counted(spark: SparkSession, rule: str) -> None:
    lines = bronze_lines(spark, *numbered(SALE, OF_A_SOLD_ITEM, OF_NOTHING_SOLD, OF_NOTHING_SOLD))
    assert negative_lines(lines, rule, ()) == NegativeLines(3, 1, rule)
