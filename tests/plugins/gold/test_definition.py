"""Gold SQL files: how headers are read, how tables are ordered, and what is refused."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from biz_insights.gold.definition import GoldHeaderError, date_list, gold_tables, read_gold_table
from biz_schema.customer_measures import CUSTOMER_MEASURES

HEADER = """-- about: Sales.
-- grain: restaurant_id x order_date
-- partition: order_date
-- reads: silver_order_items
-- denominator: guests in
-- columns:
--   net_sales: gross less discounts
--   order_date: the day
"""


def write(folder: Path, kind: str, name: str, text: str) -> Path:
    path = folder / kind / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_header_is_read_field_by_field(tmp_path):
    path = write(tmp_path, "facts", "gold_x", HEADER + "-- why this is so\nSELECT 1\nFROM {{ database }}.t;\n")
    table = read_gold_table(path)
    assert (table.name, table.kind, table.partition) == ("gold_x", "facts", "order_date")
    assert table.reads == ("silver_order_items",)
    assert table.columns == {"net_sales": "gross less discounts", "order_date": "the day"}
    assert table.select(database="db") == "SELECT 1\nFROM db.t"


def test_an_unknown_variable_is_an_error(tmp_path):
    path = write(tmp_path, "facts", "gold_x", HEADER + "SELECT {{ dtabase }}")
    with pytest.raises(UndefinedError):
        read_gold_table(path).select(database="db")


@pytest.mark.parametrize("field", ["about", "grain", "partition", "reads", "denominator"])
def test_a_missing_field_is_named(tmp_path, field):
    lines = [line for line in HEADER.splitlines() if not line.startswith(f"-- {field}:")]
    with pytest.raises(GoldHeaderError, match=field):
        read_gold_table(write(tmp_path, "facts", "gold_x", "\n".join(lines) + "\nSELECT 1"))


def test_an_unknown_kind_of_partition_is_refused(tmp_path):
    text = HEADER.replace("partition: order_date", "partition: month")
    with pytest.raises(GoldHeaderError, match="month"):
        read_gold_table(write(tmp_path, "facts", "gold_x", text + "SELECT 1"))


def test_tables_come_after_the_tables_they_read(tmp_path):
    write(tmp_path, "facts", "gold_a", HEADER.replace("silver_order_items", "gold_b") + "SELECT 1")
    write(tmp_path, "facts", "gold_b", HEADER + "SELECT 1")
    assert list(gold_tables(tmp_path)) == ["gold_b", "gold_a"]


def test_tables_that_read_each_other_are_refused(tmp_path):
    write(tmp_path, "facts", "gold_a", HEADER.replace("silver_order_items", "gold_b") + "SELECT 1")
    write(tmp_path, "facts", "gold_b", HEADER.replace("silver_order_items", "gold_a") + "SELECT 1")
    with pytest.raises(GoldHeaderError, match="gold_a -> gold_b -> gold_a"):
        gold_tables(tmp_path)


def test_renamed_from_names_the_replaced_table(tmp_path):
    text = HEADER.replace("-- columns:", "-- renamed from: gold_old\n-- columns:")
    assert read_gold_table(write(tmp_path, "facts", "gold_x", text + "SELECT 1")).renamed_from == "gold_old"
    assert read_gold_table(write(tmp_path, "facts", "gold_y", HEADER + "SELECT 1")).renamed_from == ""


def test_the_grain_names_the_keys(tmp_path):
    table = read_gold_table(write(tmp_path, "facts", "gold_x", HEADER + "SELECT 1"))
    assert table.keys == ("restaurant_id", "order_date")


def test_the_line_customer_measures_is_replaced_by_their_columns(tmp_path):
    text = HEADER.replace("--   net_sales: gross less discounts", "--   {{ customer_measures }}")
    columns = read_gold_table(write(tmp_path, "facts", "gold_x", text + "SELECT 1")).columns
    assert list(columns) == [*(measure.name for measure in CUSTOMER_MEASURES), "order_date"]


def test_days_become_date_literals():
    assert date_list(["2024-01-01", "2024-01-02"]) == "DATE '2024-01-01', DATE '2024-01-02'"
