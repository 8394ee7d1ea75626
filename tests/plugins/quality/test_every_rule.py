"""Every rule of every suite: sound rows pass it, and a table that is broken on purpose does not.

A rule that nothing can break is a defect: it looks like a guard and is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from biz_insights.quality import engine
from biz_insights.quality.outcome import RuleResult
from biz_insights.quality.rule_sql import placeholder_values
from biz_insights.quality.suite_rule import Rule
from biz_insights.quality.suites import all_suites
from mwaa.local_aws.athena.dialect import to_duckdb
from tests.dags.gold.harness import DATABASE, Lake
from tests.plugins.quality.athena_lake import all_tables
from tests.plugins.quality.broken_tables import (
    BREAKS_FOLDER,
    Change,
    broken_rows,
    sql_breaks,
    stated_breaks,
    statements,
    write_to_sqlite,
)
from tests.plugins.quality.samples import AS_OF
from tests.plugins.quality.source_samples import SOUND

SUITES = {suite.name: suite for suite in all_suites()}
RULES = [(name, rule) for name, suite in SUITES.items() for rule in suite.rules]
IN_SQL = [(name, rule) for name, rule in RULES if rule.is_sql]
OTHERS = [(name, rule) for name, rule in RULES if not rule.is_sql]
BREAKS = [(name, rule, number) for name, rule in IN_SQL for number in range(len(sql_breaks(name, rule)) or 1)]
VALUES = placeholder_values(published=DATABASE, process_date=AS_OF)

Find = Callable[[str, Rule, Change | None], list[Any]]


@pytest.fixture(scope="module")
def find(gold: Lake) -> Find:
    """The rows that a rule in SQL finds in a table's sound rows after a change; the flagged ones if it measures."""
    for name, query in SOUND.items():
        gold.connection.execute(f"CREATE OR REPLACE TABLE sound_{name} AS {query}")

    def rows(name: str, rule: Rule, change: Change | None = None) -> list[Any]:
        sound = f"sound_{name}" if name in SOUND else f"{DATABASE}.{name}"
        gold.connection.execute(f"CREATE OR REPLACE TEMP TABLE broken AS SELECT * FROM {sound}")
        for statement in statements(change) if change else []:
            gold.connection.execute(statement)
        found = gold.query(to_duckdb(rule.query("(SELECT * FROM broken WHERE true)", VALUES)))
        return [row for row in found if row[rule.flag]] if rule.flag else found

    return rows


@pytest.mark.parametrize(("name", "rule"), IN_SQL, ids=[f"{name}-{rule.name}" for name, rule in IN_SQL])
def test_sound_rows_pass_a_rule_in_sql(find: Find, name: str, rule: Rule):
    assert find(name, rule, None) == []


@pytest.mark.parametrize(("name", "rule", "number"), BREAKS, ids=[f"{n}-{r.name}-{i}" for n, r, i in BREAKS])
def test_a_broken_table_is_found_by_a_rule_in_sql(find: Find, name: str, rule: Rule, number: int):
    changes = sql_breaks(name, rule)
    assert changes, f"nothing breaks the rule {rule.name} of {name}: add a break to {BREAKS_FOLDER / name}.json"
    assert find(name, rule, changes[number]), changes[number]


def test_breaks_are_of_rules_that_are_there():
    stated = {(name, rule) for name, rules in stated_breaks().items() for rule in rules}
    assert stated <= {(name, rule.name) for name, rule in IN_SQL if not rule.is_derived}


@pytest.fixture(scope="module")
def results(gold: Lake, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], RuleResult]:
    """Great Expectations' verdict on tables in which the rules that are not in SQL are broken, by table and rule."""
    file: Path = tmp_path_factory.mktemp("broken") / "broken.db"
    found = {}
    for name, rows in all_tables(gold).items():
        rules = [rule for rule in SUITES[name].rules if not rule.is_sql]
        for number, (broken, columns, values) in enumerate(broken_rows(rows, rules)):
            table = f"{name}_{number}"
            write_to_sqlite(file, table, columns, values)
            suite = replace(SUITES[name], rules=tuple(broken), key=())
            verdicts, _ = engine.validate(suite, table, connection_url=f"sqlite:///{file}", values={})
            found.update({(name, verdict.name): verdict for verdict in verdicts})
    return found


@pytest.mark.parametrize(("name", "rule"), OTHERS, ids=[f"{name}-{rule.name}" for name, rule in OTHERS])
def test_a_broken_table_is_found_by_an_expectation(results: dict[tuple[str, str], RuleResult], name: str, rule: Rule):
    found = results[name, rule.name]
    assert found.error is None and not found.success, found.sentence()
