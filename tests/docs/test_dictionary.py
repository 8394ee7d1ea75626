"""The data dictionary is the generator's, and the columns it describes are those of the code."""

from __future__ import annotations

import pytest

from biz_insights.gold.definition import gold_tables
from biz_insights.quality.suites import all_suites
from biz_schema.bronze_tables import BRONZE_TABLES
from biz_schema.operations_tables import OPERATIONS_TABLES
from biz_schema.quarantine_reasons import QUARANTINE_REASONS
from biz_schema.score_tables import SCORE_TABLES
from biz_schema.silver_tables import SILVER_TABLES
from docs.build import DOCS
from docs.dictionary import data_dictionary


@pytest.fixture(scope="module")
def text() -> str:
    return data_dictionary()


def test_the_committed_dictionary_is_up_to_date(text):
    assert (DOCS / "data-dictionary.md").read_text(encoding="utf-8") == text, "run `make docs` and commit the result"


def test_every_table_and_every_gold_column_is_in_it(text):
    tables = [*gold_tables(), *(suite.name for suite in all_suites())]
    assert len(tables) > 20
    for name in tables:
        assert f"\n### {name}\n" in text
    for table in gold_tables().values():
        section = text.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        for column, meaning in table.columns.items():
            assert f"| `{column}` | {meaning.replace('|', chr(92) + '|')} |" in section


def test_every_column_of_the_scores_is_in_it(text):
    for table in SCORE_TABLES.values():
        section = text.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        for column, (kind, meaning) in table.columns.items():
            assert f"| `{column}` | {kind} | {meaning} |" in section


def test_every_column_of_silver_bronze_and_operations_is_in_it(text):
    tables = [*SILVER_TABLES.values(), *BRONZE_TABLES.values(), *OPERATIONS_TABLES.values()]
    assert len(tables) > 9
    for table in tables:
        section = text.split(f"\n### {table.name}\n")[1].split("\n### ")[0]
        for column, (kind, meaning) in table.columns.items():
            assert f"| `{column}` | {kind} | {meaning} |" in section


def test_every_quarantine_reason_is_explained(text):
    reasons = text.split("### Quarantine reasons")[1].split("\n## ")[0]
    assert len(QUARANTINE_REASONS) > 15
    for reason in QUARANTINE_REASONS.values():
        assert f"| `{reason.name}` | {', '.join(reason.tables)} | {reason.meaning} |" in reasons
