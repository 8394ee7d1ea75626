"""The summary at the end of a run."""

from typing import Any

from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb
from mwaa.local_runner.summary import _quarantine_lines


class Lake:
    """A `Reader` over one table in memory."""

    def __init__(self, quarantine: str) -> None:
        self.connection = macros.connect()
        self.connection.execute(f"CREATE TABLE quarantine AS {quarantine}")

    def rows(self, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        return [], self.connection.execute(to_duckdb(statement)).fetchall()


def test_each_reason_is_shown_with_its_rows() -> None:
    lake = Lake("""
        SELECT 'order_items' AS source_table, ['future_creation_time'] AS reasons
        UNION ALL SELECT 'order_items', ['future_creation_time', 'duplicate_line']
        UNION ALL SELECT 'order_item_options', ['orphan_option']""")
    heading, *lines = _quarantine_lines(lake)
    assert heading == "  quarantined rows by reason"
    assert [line.split() for line in lines] == [
        ["order_item_options", "1", "orphan_option"],
        ["order_items", "2", "future_creation_time"],
        ["order_items", "1", "duplicate_line"],
    ]


def test_a_clean_source_has_no_reasons() -> None:
    lake = Lake("SELECT 'order_items' AS source_table, ['x'] AS reasons WHERE false")
    assert _quarantine_lines(lake) == []
