"""The plan of a gold table has exactly the partitions whose inputs or SQL changed."""

from dataclasses import replace

import pytest
from jinja2 import DictLoader, Environment

from biz_insights.gold import definition
from biz_insights.gold.definition import GoldTable
from biz_insights.gold.plan import plan_gold

DAILY = GoldTable(
    name="gold_x",
    kind="facts",
    about="",
    grain="",
    partition="order_date",
    reads=("silver_a", "silver_b", "calendar"),
    denominator="",
    columns={},
    sql_template="SELECT * FROM {{ database }}.silver_a WHERE order_date IN ({{ order_dates }})",
)
AS_OF = replace(
    DAILY,
    name="mart_x",
    kind="marts",
    partition="as_of_date",
    reads=("silver_a", "gold_c"),
    sql_template="SELECT * FROM {{ database }}.silver_a WHERE order_date <= {{ as_of_date }}",
)
QUARTERLY = replace(
    DAILY,
    name="gold_q",
    partition="quarter",
    reads=("silver_q",),
    sql_template="SELECT * FROM {{ database }}.silver_q WHERE DATE_TRUNC('quarter', order_date) IN ({{ quarters }})",
)
YEARLY = replace(
    DAILY,
    name="gold_y",
    partition="year",
    reads=("quarters",),
    sql_template="SELECT * FROM {{ database }}.quarters WHERE DATE_TRUNC('year', quarter) IN ({{ years }})",
)
BEFORE_CUTOFF = replace(
    DAILY,
    name="gold_o",
    partition="cutoff_date",
    reads=("quarters",),
    sql_template="SELECT *, {{ cutoff_date }} AS cutoff_date FROM {{ database }}.quarters",
)
KEYS = {
    "quarters": "quarter",
    "gold_o": "cutoff_date",
    "silver_q": "order_date",
    "gold_q": "quarter",
    "silver_a": "order_date",
    "silver_b": "order_date",
    "gold_x": "order_date",
    "gold_c": "as_of_date",
}


class Lake:
    """Published fingerprints by table, in the form that `plan_gold` reads."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, str]] = {
            "silver_a": {"2024-01-01": "a1", "2024-01-02": "a2", "2024-01-03": "a3"},
            "silver_b": {"2024-01-02": "b2"},
            "silver_q": {
                "2023-08-01": "q3",
                "2023-12-30": "q4",
                "2023-12-31": "q4",
                "2024-01-01": "q1",
                "2024-04-01": "q2",
            },
            "calendar": {"": "c"},
            "quarters": dict.fromkeys(("2020-10-01", "2022-04-01", "2022-07-01", "2022-10-01", "2023-10-01"), "q"),
            "gold_c": {"2024-01-02": "g"},
        }

    def plan(self, table: GoldTable = DAILY, process_date: str = "2024-01-02", **options):
        return plan_gold(
            table,
            process_date=process_date,
            partition_key_of=KEYS.get,
            published=lambda name: self.tables.get(name, {}),
            database="db",
            name_of_database="published",
            **options,
        )

    def publish(self, plan) -> None:
        now = {**self.tables.get(plan.table, {}), **plan.fingerprints}
        self.tables[plan.table] = {value: now[value] for value in now if value not in plan.removed}


@pytest.fixture
def lake() -> Lake:
    return Lake()


@pytest.fixture
def published(lake) -> Lake:
    lake.publish(lake.plan())
    return lake


def test_the_first_plan_has_every_complete_day(lake):
    plan = lake.plan()
    assert list(plan.fingerprints) == ["2024-01-01", "2024-01-02"]
    assert plan.selects == ["SELECT * FROM db.silver_a WHERE order_date IN (DATE '2024-01-01', DATE '2024-01-02')"]


def test_without_changes_the_plan_is_empty(published):
    assert published.plan().is_empty


@pytest.mark.parametrize("table", ["silver_a", "silver_b"])
def test_only_the_changed_day_of_an_input_is_built(published, table):
    published.tables[table]["2024-01-02"] = "other"
    assert list(published.plan().fingerprints) == ["2024-01-02"]


def test_a_changed_input_without_days_changes_every_day(published):
    published.tables["calendar"] = {"": "other"}
    assert len(published.plan().fingerprints) == 2


def test_an_edited_macro_changes_every_day_of_the_tables_that_import_it(lake, monkeypatch):
    table = replace(
        DAILY, sql_template="{% import 'macros/rule.sql' as rule %}" + DAILY.sql_template + "{{ rule.limit() }}"
    )
    for number, limit in enumerate((14, 14, 30)):
        text = f"{{% macro limit() %}} AND days <= {limit}{{% endmacro %}}"
        monkeypatch.setattr(definition, "_SQL", Environment(loader=DictLoader({"macros/rule.sql": text})))
        plan = lake.plan(table)
        assert len(plan.fingerprints) == (0 if number == 1 else 2)
        lake.publish(plan)


def test_edited_sql_changes_every_day(published):
    assert len(published.plan(replace(DAILY, sql_template=DAILY.sql_template + " -- more")).fingerprints) == 2


def test_a_day_that_the_source_no_longer_has_is_removed(published):
    del published.tables["silver_a"]["2024-01-01"]
    plan = published.plan()
    assert (plan.selects, plan.removed) == ([], ["2024-01-01"])


def test_a_later_process_date_builds_the_days_that_became_complete(published):
    assert list(published.plan(process_date="2024-01-03").fingerprints) == ["2024-01-03"]


def test_an_earlier_process_date_does_not_remove_later_days(published):
    assert published.plan(process_date="2024-01-01").is_empty


def test_without_any_day_an_empty_partition_of_the_process_date_is_built(lake):
    lake.tables["silver_a"] = lake.tables["silver_b"] = {}
    first = lake.plan(process_date="2024-01-02")
    assert list(first.fingerprints) == ["2024-01-02"] and len(first.selects) == 1
    lake.publish(first)
    assert lake.plan(process_date="2024-01-02").is_empty
    lake.tables["silver_a"] = {"2024-01-01": "f"}
    then = lake.plan(process_date="2024-01-02")
    assert (list(then.fingerprints), then.removed) == (["2024-01-01"], ["2024-01-02"])


def test_a_statement_holds_at_most_a_hundred_days(lake):
    lake.tables["silver_a"] = {f"2023-{m:02d}-{d:02d}": "f" for m in range(1, 11) for d in range(1, 26)}
    lake.tables["silver_b"] = {}
    plan = lake.plan()
    assert len(plan.fingerprints) == 250
    assert [select.count("DATE '") for select in plan.selects] == [100, 100, 50]


def test_full_refresh_builds_published_days_again(published):
    assert len(published.plan(full_refresh=True).fingerprints) == 2


def test_a_mart_is_built_once_for_its_day_and_again_after_a_past_day_changed(lake):
    first = lake.plan(AS_OF)
    assert list(first.fingerprints) == ["2024-01-02"]
    lake.publish(first)
    assert lake.plan(AS_OF).is_empty
    lake.tables["silver_a"]["2024-01-01"] = "other"
    assert list(lake.plan(AS_OF).fingerprints) == ["2024-01-02"]


def test_a_mart_does_not_read_days_after_its_date(lake):
    lake.publish(lake.plan(AS_OF))
    lake.tables["silver_a"]["2024-01-03"] = "other"
    assert lake.plan(AS_OF).is_empty


def test_a_mart_is_built_again_after_an_as_of_table_that_it_reads_changed(lake):
    lake.publish(lake.plan(AS_OF))
    lake.tables["gold_c"]["2024-01-02"] = "other"
    assert not lake.plan(AS_OF).is_empty


def test_marts_of_other_days_do_not_change(lake):
    lake.publish(lake.plan(AS_OF))
    plan = lake.plan(AS_OF, process_date="2024-01-01")
    assert (list(plan.fingerprints), plan.removed) == (["2024-01-01"], [])


def test_quarters_are_built_once_they_are_closed(lake):
    plan = lake.plan(QUARTERLY)
    assert list(plan.fingerprints) == ["2023-07-01", "2023-10-01"]
    assert plan.selects[0].endswith("IN (DATE '2023-07-01', DATE '2023-10-01')")
    lake.publish(plan)
    assert lake.plan(QUARTERLY, "2024-03-31").is_empty
    assert list(lake.plan(QUARTERLY, "2024-04-01").fingerprints) == ["2024-01-01"]


@pytest.mark.parametrize("change", ["corrected", "added", "removed"])
def test_a_changed_day_changes_its_closed_quarter(lake, change):
    lake.publish(lake.plan(QUARTERLY))
    days = lake.tables["silver_q"]
    days.update({"2023-12-30": "other"} if change == "corrected" else {"2023-11-01": "late"})
    if change == "removed":
        del days["2023-11-01"], days["2023-12-31"]
    days["2024-01-01"] = "other"
    assert list(lake.plan(QUARTERLY).fingerprints) == ["2023-10-01"]


def test_a_quarter_without_days_is_removed_but_not_by_an_earlier_process_date(lake):
    lake.publish(lake.plan(QUARTERLY, "2024-04-01"))
    assert lake.plan(QUARTERLY, "2023-12-31").is_empty
    del lake.tables["silver_q"]["2023-08-01"]
    assert lake.plan(QUARTERLY, "2024-04-01").removed == ["2023-07-01"]


def test_an_as_of_table_reads_only_closed_quarters(lake):
    table = replace(AS_OF, reads=("gold_q",))
    lake.publish(lake.plan(QUARTERLY, "2024-04-01"))
    lake.publish(lake.plan(table))
    lake.tables["gold_q"]["2024-01-01"] = "other"
    assert lake.plan(table).is_empty
    lake.tables["gold_q"]["2023-10-01"] = "other"
    assert list(lake.plan(table).fingerprints) == ["2024-01-02"]


def test_a_chain_younger_than_a_quarter_has_an_empty_closed_quarter(lake):
    lake.tables["silver_q"] = {"2024-01-02": "q1"}
    plan = lake.plan(QUARTERLY)
    assert list(plan.fingerprints) == ["2023-10-01"]
    lake.publish(plan)
    assert lake.plan(QUARTERLY).is_empty
    later = lake.plan(QUARTERLY, "2024-04-01")
    assert (list(later.fingerprints), later.removed) == (["2024-01-01"], ["2023-10-01"])


def test_a_year_is_built_when_the_year_after_it_is_over(lake):
    plan = lake.plan(YEARLY)
    assert list(plan.fingerprints) == ["2020-01-01", "2022-01-01"]
    lake.publish(plan)
    assert lake.plan(YEARLY, "2024-12-31").is_empty
    assert list(lake.plan(YEARLY, "2025-01-01").fingerprints) == ["2023-01-01"]


@pytest.mark.parametrize(
    ("quarter", "due"),
    [
        ("2020-10-01", ["2020-01-01"]),
        ("2022-04-01", ["2022-01-01"]),
        ("2023-10-01", ["2022-01-01"]),
        ("2021-01-01", ["2020-01-01", "2021-01-01"]),
        ("2024-01-01", []),
    ],
)
def test_a_changed_quarter_changes_its_year_and_the_year_before(lake, quarter, due):
    lake.publish(lake.plan(YEARLY))
    lake.tables["quarters"][quarter] = "other"
    assert list(lake.plan(YEARLY).fingerprints) == due


def test_totals_are_built_once_a_quarter_from_the_quarters_before(lake):
    plan = lake.plan(BEFORE_CUTOFF, "2024-01-01")
    assert list(plan.fingerprints) == ["2022-10-01"]
    assert plan.selects == ["SELECT *, DATE '2022-10-01' AS cutoff_date FROM db.quarters"]
    lake.publish(plan)
    lake.tables["quarters"]["2022-10-01"] = "other"  # the first quarter whose days are read one by one
    assert lake.plan(BEFORE_CUTOFF, "2024-03-31").is_empty
    lake.tables["quarters"]["2022-07-01"] = "other"
    assert list(lake.plan(BEFORE_CUTOFF, "2024-03-31").fingerprints) == ["2022-10-01"]
    later = lake.plan(BEFORE_CUTOFF, "2024-04-01")
    assert (list(later.fingerprints), later.removed) == (["2023-01-01"], [])


def test_an_as_of_table_reads_the_totals_of_its_own_cutoff_date(lake):
    table = replace(AS_OF, reads=("gold_o",), sql_template="SELECT {{ cutoff_date }}, {{ first_open_year }}")
    lake.publish(lake.plan(BEFORE_CUTOFF))
    plan = lake.plan(table)
    assert plan.selects == ["SELECT DATE '2022-10-01', DATE '2023-01-01'"]
    lake.publish(plan)
    lake.publish(lake.plan(BEFORE_CUTOFF, "2024-04-01"))
    assert lake.plan(table).is_empty
    lake.tables["gold_o"]["2022-10-01"] = "other"
    assert not lake.plan(table).is_empty


def test_a_held_partition_is_neither_built_nor_removed_until_it_is_lifted(published):
    published.tables["silver_a"] = {"2024-01-02": "other"}
    assert (published.plan().removed, list(published.plan().fingerprints)) == (["2024-01-01"], ["2024-01-02"])
    both = {"2024-01-01", "2024-01-02"}
    assert published.plan(held=both).is_empty
    assert published.plan(held=both, full_refresh=True).is_empty
    assert published.plan(held={"2024-01-01"}).removed == []
