"""Rules that follow from a table's declaration."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from biz_insights.quality.audit_settings import SUITES_FOLDER
from biz_insights.quality.audited_tables import audited_tables
from biz_insights.quality.derived_rules import BY_PARTITION
from biz_insights.quality.suite_rule import SuiteError
from biz_insights.quality.suites import load_suite

TABLES = audited_tables()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_the_rules_of_its_grain_and_partition(name: str):
    table = TABLES[name]
    suite = load_suite(name)
    derived = {rule.name: rule for rule in suite.rules if rule.is_derived}
    assert derived["grain_is_unique"].columns == table.grain
    if name != "quarantine":
        assert set(derived["grain_has_no_nulls"].columns) == {*table.grain, table.partition} - {""}
    if table.layer in ("gold", "scores"):
        assert BY_PARTITION[table.partition] in derived
    assert {rule.severity for rule in derived.values()} == {"critical"}
    assert all(rule.why and rule.fix for rule in derived.values())


def test_bronze_must_have_the_declared_columns():
    rules = {rule.name: rule for rule in load_suite("bronze_date_dim").rules if rule.is_derived}
    assert rules["expect_table_columns_to_match_set()"].kwargs["column_set"] == [
        *("id", "date_key", "year", "month", "week", "day_of_week", "is_weekend", "is_holiday", "holiday_name"),
        *("source_file", "ingested_at", "batch_id"),
    ]
    assert "expect_column_values_to_not_be_null(source_file)" in rules


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A suites folder with the checks of the repository and no suite."""
    shutil.copytree(SUITES_FOLDER / "checks", tmp_path / "checks")
    (tmp_path / "gold").mkdir()
    return tmp_path


def names(folder: Path, **document: object) -> dict[str, str]:
    """Rules of the suite of gold_hourly_sales, when its file says this: name → severity."""
    (folder / "gold" / "gold_hourly_sales.json").write_text(json.dumps({"rules": [], **document}))
    return {rule.name: rule.severity for rule in load_suite("gold_hourly_sales", folder).rules}


def test_a_suite_without_rules_of_its_own_has_the_derived_ones(folder: Path):
    assert names(folder) == dict.fromkeys(
        ("grain_is_unique", "grain_has_no_nulls", "no_day_after_the_process_date"), "critical"
    )


def test_a_suite_switches_a_derived_rule_off_or_changes_its_severity_with_a_reason(folder: Path):
    off = {"grain_has_no_nulls": {"severity": "off", "reason": "the source has none"}}
    assert set(names(folder, derived=off)) == {"grain_is_unique", "no_day_after_the_process_date"}
    warning = {"grain_is_unique": {"severity": "warning", "reason": "it is being cleaned"}}
    assert names(folder, derived=warning)["grain_is_unique"] == "warning"
    with pytest.raises(SuiteError, match=r"derived\.grain_is_unique has no reason"):
        names(folder, derived={"grain_is_unique": {"severity": "warning"}})
    with pytest.raises(SuiteError, match=r"derived: no rule as_of_date"):
        names(folder, derived={"as_of_date_is_the_process_date": {"severity": "off", "reason": "none"}})


def test_the_repository_switches_off_no_derived_rule_but_one():
    changed = {
        path.stem: sorted(document["derived"])
        for path in SUITES_FOLDER.glob("*/*.json")
        if "derived" in (document := json.loads(path.read_text()))
    }
    assert changed == {"quarantine": ["grain_has_no_nulls"]}
