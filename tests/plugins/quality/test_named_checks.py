"""Named checks: their headers, and what a wrong argument is told."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from biz_insights.quality.audit_settings import SUITES_FOLDER
from biz_insights.quality.named_checks import named_checks
from biz_insights.quality.suite_rule import SuiteError
from biz_insights.quality.suites import all_suites, load_suite

RECONCILES = {"table": "silver_order_items", "on": ["order_date"], "totals": {"net_sales": "SUM(net_sales)"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A suites folder with the checks of the repository and no suite."""
    shutil.copytree(SUITES_FOLDER / "checks", tmp_path / "checks")
    (tmp_path / "gold").mkdir()
    return tmp_path


def use(folder: Path, check: str, **arguments: Any) -> None:
    """Load a suite of gold_hourly_sales that uses a check so."""
    rule = {"check": check, "name": "a_rule", **arguments, "severity": "critical", "why": "it matters"}
    (folder / "gold" / "gold_hourly_sales.json").write_text(json.dumps({"rules": [rule]}))
    load_suite("gold_hourly_sales", folder)


def test_arguments_that_fit_are_accepted(folder: Path):
    use(folder, "reconciles_with", **RECONCILES)
    use(folder, "reconciles_with", **RECONCILES, where="NOT is_test AND item_name <> 'free text'", within="order_date")
    use(folder, "ascending", chains=[["orders - 1", "orders"]], slack=0.5)


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (
            "reconciles_with",
            {**RECONCILES, "columns": ["orders"]},
            "unknown argument columns; the check takes table, on",
        ),
        ("reconciles_with", {"table": "silver_order_items"}, "argument on is missing: the totals are compared"),
        ("reconciles_with", {**RECONCILES, "table": "silver_orders"}, "names 'silver_orders', which is not a table"),
        ("reconciles_with", {**RECONCILES, "on": ["day"]}, "argument on names 'day', which is not a column"),
        ("reconciles_with", {**RECONCILES, "on": "order_date"}, "argument on must be a list of columns"),
        (
            "reconciles_with",
            {**RECONCILES, "totals": {"lines": "SUM(lines)"}},
            "argument totals names lines, not a column of the table",
        ),
        (
            "reconciles_with",
            {**RECONCILES, "totals": {"orders": "SUM(orders)"}},
            "argument totals names orders, not a column of the published table",
        ),
        (
            "reconciles_with",
            {**RECONCILES, "totals": {"orders": {"built": "SUM(orders)"}}},
            "one aggregate, or one each for built and published",
        ),
        ("reconciles_with", {**RECONCILES, "where": "not is_test"}, "names not, not a column.*upper case"),
        ("reconciles_with", {**RECONCILES, "tolerances": {"net_sales": "lines"}}, "argument tolerances names lines"),
        ("reconciles_with", {**RECONCILES, "each": {"order_date": []}}, "has no values for 'order_date'"),
        ("adds_up", {"total": "orders", "parts": ["orders * 2"]}, "a term is a column or a whole number"),
        ("adds_up", {"total": "orders", "parts": ["-guests"]}, "names 'guests'"),
        ("ascending", {"chains": [["orders"]]}, "fewer than two columns"),
        ("ascending", {"chains": [["orders", "net_sales"]], "slack": "little"}, "slack must be a number"),
        ("figures_fit_their_statuses", {"figures": {"orders": {"status": ["known"]}}}, "names 'status'"),
        ("text_matches", {"column": "orders", "pattern": 1}, "pattern must be a text"),
    ],
)
def test_a_wrong_argument_is_named_when_the_suite_is_loaded(
    folder: Path, check: str, arguments: dict[str, Any], message: str
):
    with pytest.raises(SuiteError, match=rf"gold_hourly_sales\.json: rule 1 \({check}\): .*{message}"):
        use(folder, check, **arguments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1", "the header lacks about"),
        ("-- about: x\n-- arguments:\n--   rows (flock): y\nSELECT 1", "argument rows has the unknown kind 'flock'"),
        ("-- about: x\n-- argument: y\nSELECT 1", "is not a line of a header"),
    ],
)
def test_a_wrong_header_names_the_file(tmp_path: Path, text: str, message: str):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "odd.sql").write_text(text)
    with pytest.raises(SuiteError, match=rf"odd\.sql: .*{message}"):
        named_checks(tmp_path)


def test_every_check_is_used_and_says_what_its_arguments_are():
    checks = named_checks(SUITES_FOLDER)
    used = {rule.check for suite in all_suites() for rule in suite.rules if rule.check}
    assert used == set(checks)
    for check in checks.values():
        assert all(re.search(rf"\b{name}\b", check.template) for name in check.arguments), check.name
