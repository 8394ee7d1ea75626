"""The declared tables: whole, and consistent with each other."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from biz_schema import quarantine_reasons
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.lake_tables import LakeTable
from biz_schema.operations_tables import OPERATIONS_TABLES
from biz_schema.quarantine_reasons import QUARANTINE_REASONS, _of_rules, reasons_of
from biz_schema.score_tables import SCORE_PUBLISH_ORDER, SCORE_TABLES
from biz_schema.silver_tables import SILVER_PUBLISH_ORDER, SILVER_TABLES
from biz_schema.source_tables import (
    ORDER_ITEM_OPTIONS,
    ORDER_ITEMS,
    SOURCE_TABLES,
    UNPARSEABLE,
    Kind,
    SourceTable,
)

TESTS_OF_JOBS = Path(__file__).resolve().parents[1] / "spark_jobs"
LAKE_TABLES = [
    *BRONZE_TABLES.values(),
    *SILVER_TABLES.values(),
    *SCORE_TABLES.values(),
    *OPERATIONS_TABLES.values(),
]
each_source = pytest.mark.parametrize("table", SOURCE_TABLES, ids=lambda table: table.name)


@pytest.mark.parametrize("table", LAKE_TABLES, ids=lambda table: table.name)
def test_grain_and_partition_are_columns_and_the_partition_comes_last(table: LakeTable) -> None:
    names = list(table.columns)
    assert table.about and table.grain
    assert set(table.grain) <= set(names)
    keys = list(table.partition_keys)
    assert names[len(names) - len(keys) :] == keys
    assert list(table.file_columns) == names[: len(names) - len(keys)]
    assert all(column.type and column.meaning for column in table.columns.values())


def test_the_schema_of_a_table_is_written_as_spark_s_ddl() -> None:
    ledger = SILVER_TABLES["row_ledger"]
    assert ledger.schema == f"{ledger.file_schema}, batch_id string"
    assert ledger.file_schema.startswith("source_table string, database_rows_min bigint")


def test_every_table_is_published_once() -> None:
    assert sorted(SILVER_PUBLISH_ORDER) == sorted(SILVER_TABLES)
    assert sorted(SCORE_PUBLISH_ORDER) == sorted(SCORE_TABLES)


@each_source
def test_a_source_column_says_what_it_is(table: SourceTable) -> None:
    assert all(column.meaning and column.database_type for column in table.columns)
    assert set(table.key) <= set(table.file_columns)
    assert bool(table.key) == bool(table.duplicate_reason)
    assert [column.name for column in table.columns if column.is_generated] == ["id"]
    assert table.bronze_name in BRONZE_TABLES and table.silver_name in SILVER_TABLES


@each_source
def test_every_reason_of_a_source_table_is_in_the_list(table: SourceTable) -> None:
    found = reasons_of(table)
    for column in table.columns:
        can_be_refused = column.required or column.kind not in (Kind.TEXT, Kind.IDENTIFIER, Kind.NOT_READ)
        assert (column.reason in found) == can_be_refused, column.name
    assert table.duplicate_reason is None or table.duplicate_reason in found


def test_a_reason_names_its_tables_and_what_is_wrong() -> None:
    assert all(reason.tables and reason.meaning for reason in QUARANTINE_REASONS.values())
    assert QUARANTINE_REASONS["missing_line_id"].tables == (ORDER_ITEMS.name, ORDER_ITEM_OPTIONS.name)
    assert QUARANTINE_REASONS["orphan_option"].tables == (ORDER_ITEM_OPTIONS.name,)
    assert {
        "missing_order_id", "missing_line_id", "non_positive_quantity", "negative_price", "duplicate_line",
        "duplicate_date", "orphan_option", "future_creation_time",
    } <= set(QUARANTINE_REASONS)  # fmt: skip


def test_every_reason_that_has_a_constant_is_in_the_list() -> None:
    constants = re.findall(r'^([A-Z_]+) = f?"', inspect.getsource(quarantine_reasons), re.MULTILINE)
    assert "ORPHAN_OPTION" in constants
    missing = [name for name in constants if getattr(quarantine_reasons, name) not in QUARANTINE_REASONS]
    assert not missing, f"plugins/biz_schema/quarantine_reasons.py has no QuarantineReason for {missing}"


def test_every_reason_of_a_rule_is_expected_by_a_test() -> None:
    """The reasons of texts that cannot be read follow from the columns; those of rules need rows that have them."""
    tests = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TESTS_OF_JOBS.glob("test_*.py")))
    rules = [reason for reason in _of_rules() if not reason.name.startswith(UNPARSEABLE)]
    untested = [reason.name for reason in rules if f'"{reason.name}"' not in tests]
    assert not untested, f"no test expects {untested}: add rows to tests/spark_jobs/test_lines.py or test_options.py"


def test_every_quarantine_reason_says_what_is_wrong_and_what_to_do() -> None:
    """The dictionary, `make quarantine` and the dashboards show both."""
    for reason in QUARANTINE_REASONS.values():
        assert reason.meaning.startswith("it") and not reason.meaning.endswith("."), reason.name
        assert reason.what_to_do[0].isupper() and reason.what_to_do.endswith("."), reason.name
        assert not re.search(r"[{}]", reason.what_to_do), reason.name
