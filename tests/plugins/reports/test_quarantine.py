"""The figures of the quarantine, computed by the statements that Athena runs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from biz_insights.reports.quarantine import ReasonFigures, read_figures, read_samples, shortened
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb

LINE = '{{"creation_time_utc":"{0}","item_price":"{1}","item_quantity":"{2}"}}'
OPTION = '{{"option_price":"{0}","option_quantity":"{1}"}}'
ROWS = [
    ("order_items", 1, "o1", ["negative_price"], LINE.format("2024-01-03 18:00:00+00", "-2.50", 2)),
    ("order_items", 2, "o2", ["negative_price", "duplicate_line"], LINE.format("2024-01-05 01:00:00", "-1.25", 1)),
    ("order_items", 3, "o3", ["negative_price"], LINE.format("infinity", "n/a", 1)),
    ("order_items", 4, "o4", ["unparseable_creation_time_utc"], LINE.format("9999-12-31", "1.00", 1)),
    ("order_item_options", 5, "o9", ["orphan_option"], OPTION.format("0.50", 3)),
    ("date_dim", 6, None, ["duplicate_date"], '{"date_key":"07-02-2024"}'),
]


class Lake:
    """Statements on tables in memory, as a query of the published tables."""

    def __init__(self) -> None:
        self.connection: duckdb.DuckDBPyConnection = macros.connect()
        self.connection.execute(
            "CREATE TABLE quarantine (source_table VARCHAR, source_id BIGINT, order_id VARCHAR, lineitem_id VARCHAR, "
            "reasons VARCHAR[], raw VARCHAR, batch_id VARCHAR)"
        )
        for table, number, order_id, reasons, raw in ROWS:
            self.connection.execute(
                "INSERT INTO quarantine VALUES (?, ?, ?, NULL, ?, ?, 'earlier')",
                [table, number, order_id, reasons, raw],
            )
        self.connection.execute(
            "CREATE TABLE silver_order_items AS SELECT 'o9' AS order_id, DATE '2024-01-09' AS order_date"
        )
        self.connection.execute(
            "CREATE TABLE row_ledger AS SELECT 'order_items' AS source_table, 8 AS source_rows, 'b1' AS batch_id"
        )

    def __call__(self, sql: str) -> list[dict[str, Any]]:
        found = self.connection.execute(to_duckdb(sql))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture
def lake() -> Lake:
    return Lake()


def test_each_reason_has_rows_share_money_and_days(lake: Lake) -> None:
    found = {(f.source_table, f.reason): f for f in read_figures(lake, "line_total", "b1")}
    negative = found["order_items", "negative_price"]
    assert next(iter(found)) == ("order_items", "negative_price")
    assert (negative.rows, negative.share, negative.amount) == (3, 3 / 8, Decimal("-3.75"))
    assert (negative.first_day, negative.last_day) == (date(2024, 1, 3), date(2024, 1, 5))
    assert found["order_items", "duplicate_line"].rows == 1
    untimed = found["order_items", "unparseable_creation_time_utc"]
    assert (untimed.first_day, untimed.last_day) == (None, None)
    option = found["order_item_options", "orphan_option"]
    assert (option.amount, option.first_day, option.share) == (Decimal("1.50"), date(2024, 1, 9), None)
    day = found["date_dim", "duplicate_date"]
    assert (day.amount, day.first_day) == (None, date(2024, 2, 7))


def test_the_money_of_a_line_follows_the_price_basis(lake: Lake) -> None:
    (negative,) = read_figures(lake, "unit_price", "b1", "negative_price")
    assert negative.amount == Decimal("-6.25")


def test_samples_are_at_most_five_rows_of_each_reason(lake: Lake) -> None:
    for number in range(100, 110):
        lake.connection.execute(
            "INSERT INTO quarantine VALUES ('order_items', ?, 'o', NULL, ['negative_price'], ?, 'b1')",
            [number, "x" * 900],
        )
    samples = read_samples(lake, "negative_price")
    assert [sample.source_id for sample in samples] == [1, 2, 3, 100, 101]
    assert samples[-1].raw == "x" * 300 + "…"
    assert shortened(None) == ""
    assert shortened('{"a":\n "b"}') == '{"a": "b"}'


def test_every_reason_says_what_to_do(lake: Lake) -> None:
    assert all(found.what_to_do for found in read_figures(lake, "line_total", "b1"))
    assert ReasonFigures("order_items", "of an older version", 1, None, None, None, None).what_to_do == ""
