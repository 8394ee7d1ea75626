"""A new additive customer measure is one entry in one list; then every table with measures has it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from biz_insights.gold import definition
from biz_schema.customer_measures import CUSTOMER_MEASURES, MONEY, CustomerMeasure
from tests.dags.gold.harness import Lake, line, pick

TABLES = (
    "gold_customer_day",
    "gold_customer_day_by_quarter",
    "gold_customer_totals_before_cutoff",
    "gold_customer_facts",
)
AS_OF = "2026-03-31"
TEA = CustomerMeasure(
    "tea_sales",
    MONEY,
    "COALESCE(SUM(net_sales) FILTER (WHERE item_key = 'tea'), 0)",
    ("net_sales", "item_key"),
    "net sales of tea",
)


@pytest.fixture
def with_tea(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a measure to those of the project."""
    measures = (*CUSTOMER_MEASURES, TEA)
    monkeypatch.setitem(definition._SQL.globals, "customer_measures", measures)
    monkeypatch.setitem(definition._SQL.globals, "measured_columns", definition.lines_read(measures))
    # Imported macro templates keep the globals with which they were loaded.
    definition._SQL.cache.clear()
    yield
    definition._SQL.cache.clear()


def test_a_new_measure_is_in_every_table_with_measures(with_tea: None) -> None:
    lake = Lake(
        [
            line("o1", 3, "2024-01-10", item_name="Tea"),
            line("o1", 9, "2024-01-10", item_name="Wrap", lineitem_id="o1-2"),
            line("o2", 4, "2025-11-05", item_name="Tea"),
            line("o3", 5, "2026-03-30", item_name="Tea"),
        ]
    )
    for table in TABLES:
        assert "tea_sales" in {*lake.rows(table, AS_OF)[0]}, table
    assert [row["tea_sales"] for row in lake.rows("gold_customer_day", AS_OF, order_by="order_date")] == [3, 4, 5]
    assert lake.row("gold_customer_totals_before_cutoff", as_of=AS_OF)["tea_sales"] == Decimal("3")
    assert pick(lake.row("gold_customer_facts", as_of=AS_OF), "tea_sales", "net_sales") == (12, 21)


def test_no_other_file_lists_the_measures() -> None:
    """A file with all measures must render them from the list."""
    for path in definition.GOLD_FOLDER.rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        if path.stem in TABLES or path.stem == "customer_days":
            assert "customer_measures" in text, path
            assert "loyalty_net_sales" not in text, f"{path} names a measure that it should render"


@pytest.mark.parametrize("measure", CUSTOMER_MEASURES, ids=lambda measure: measure.name)
def test_a_measure_of_two_days_is_the_sum_of_its_days(measure: CustomerMeasure) -> None:
    days = ("2024-01-10", "2024-01-11")
    lines = [
        line("o1", 10, days[0], options=2, discount=1, is_loyalty=True),
        line("o2", 7, days[1], item_quantity=2),
        line("o3", -3, days[1]),
    ]
    lake = Lake(lines)
    total = lake.row("gold_customer_facts", as_of=days[1])[measure.name]
    assert total == sum(row[measure.name] for row in lake.rows("gold_customer_day", days[1]))
