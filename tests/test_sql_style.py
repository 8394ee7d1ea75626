"""The SQL of gold and of the suites is written in one style and is SQL that Athena's dialect can read."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from biz_insights.gold.definition import gold_tables
from biz_insights.quality.rule_sql import placeholder_values
from biz_insights.quality.suites import all_suites
from tests.dags.gold.harness import render
from tests.sql_style import problems

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path for folder in ("dags/gold", "expectations") for path in (ROOT / folder).rglob("*.sql"))
RULES = {f"{suite.name}-{rule.name}": rule for suite in all_suites() for rule in suite.rules if rule.is_sql}
VALUES = placeholder_values(published="biz_insights", process_date="2024-01-31")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_written_in_the_house_style(path: Path):
    assert problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_one_query_in_athenas_dialect(name: str):
    parsed = sqlglot.parse(RULES[name].query("build.candidate", VALUES), dialect="athena")
    assert len(parsed) == 1 and isinstance(parsed[0], sqlglot.exp.Query)
    assert parsed[0].ctes[0].alias == "built"
    (read,) = (table for table in parsed[0].find_all(sqlglot.exp.Table) if table.name == "candidate")
    assert read.find_ancestor(sqlglot.exp.CTE).alias == "built"


@pytest.mark.parametrize("name", gold_tables())
def test_a_gold_table_is_one_query_in_athenas_dialect(name: str):
    (parsed,) = sqlglot.parse(render(gold_tables()[name]), dialect="athena")
    assert isinstance(parsed, sqlglot.exp.Query)


SOUND = """-- about: a header may be as long as it likes: {long}
{{% import 'x' as x %}}
WITH built AS (
    SELECT *, COUNT(*) OVER (PARTITION BY a ORDER BY b) AS n
    FROM {{{{ batch }}}}
    WHERE day BETWEEN 1 AND 2
        AND name <> 'select from where'
        OR a IN (SELECT a FROM b WHERE c AND d)
)
SELECT
    a,
    MAX(b) FILTER (WHERE c) AS b
FROM built
""".format(long="x" * 200)


def test_sound_sql_has_no_problems():
    assert problems(SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("MAX(b)", "max(b)", "write the function max in upper case"),
        ("FROM built", "from built", "write the keyword from in upper case"),
        ("    a,\n", "    a, c,\n", "one column a line"),
        ("    a,\n", "   a,\n", "indented by 3"),
        ("    a,\n", "    a, \n", "blanks at the end"),
        ("    a,\n", "\ta,\n", "a tab"),
        ("    a,\n", f"    a{'a' * 120},\n", "126 characters"),
        ("BETWEEN 1 AND 2\n        AND", "BETWEEN 1 AND 2 AND", "one condition a line"),
        ("*, COUNT(*) OVER (PARTITION BY a ORDER BY b) AS n\n    FROM", "* FROM", "begin a line with FROM"),
        ("FROM built\n", "FROM built", "end with one line break"),
    ],
)
def test_a_fault_of_style_is_named(old: str, new: str, problem: str):
    assert old in SOUND
    found = problems(SOUND.replace(old, new))
    assert any(problem in said for said in found), found
