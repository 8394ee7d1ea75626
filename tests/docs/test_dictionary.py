"""The data dictionary is the generator's, and the columns it describes are those of the code."""

from __future__ import annotations

import pytest

from biz_insights.gold.definition import gold_tables
from biz_insights.lake import history
from biz_insights.lake.operations_tables import athena_type
from biz_insights.lake.publish import Change
from biz_insights.quality.results_store import results_schema
from biz_insights.quality.suites import all_suites
from docs import lake_columns
from docs.build import DOCS
from docs.dictionary import data_dictionary
from spark_jobs.scores.tables import SCORE_TABLES
from spark_jobs.tables import SOURCE_TABLES
from spark_jobs.transforms import date_dim, ledger, lines, options


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


@pytest.mark.parametrize(
    ("described", "declared"),
    [
        (lake_columns.SILVER_ORDER_ITEMS, lines.SILVER_COLUMNS),
        (lake_columns.SILVER_ORDER_ITEM_OPTIONS, options.SILVER_COLUMNS),
        (lake_columns.SILVER_DATE_DIM, date_dim.SILVER_COLUMNS),
    ],
)
def test_silver_columns_are_those_that_the_job_writes(described, declared):
    assert tuple(described) == declared


def test_ledger_columns_and_types_are_those_that_the_job_declares():
    declared = [tuple(entry.split()) for entry in ledger.LEDGER_SCHEMA.split(", ")]
    assert [(name, column.type) for name, column in lake_columns.ROW_LEDGER.items()] == declared


def test_quality_results_are_those_of_the_schema():
    declared = [(field.name, athena_type(field.type)) for field in results_schema()]
    described = [(name, column.type) for name, column in lake_columns.DATA_QUALITY_RESULTS.items()]
    assert described == [*declared, ("run", "string"), ("checkpoint", "string")]


def test_publish_history_is_what_a_publish_records(monkeypatch):
    recorded = []
    monkeypatch.setattr(history, "record", lambda *args, **kwargs: recorded.append(args))
    change = Change("t", "2024-02-17", "added", "", "s3://b/k/", "1-a")
    history.record_changes(
        "t", [change], run="manual-1", process_date="2024-02-17", database="biz_insights", ops_uri="ops/", session=None
    )
    _, _, schema, partition = recorded[0]
    declared = [(field.name, athena_type(field.type)) for field in schema] + [(name, "string") for name in partition]
    assert [(name, column.type) for name, column in lake_columns.PUBLISH_HISTORY.items()] == declared


def test_every_declared_reason_is_explained(text):
    reasons = text.split("### Quarantine reasons")[1].split("\n## ")[0]
    declared = {column.reason for table in SOURCE_TABLES for column in table.columns if column.required}
    declared |= {table.duplicate_reason for table in SOURCE_TABLES if table.duplicate_reason}
    for reason in {*declared, options.ORPHAN, "non_positive_quantity"}:
        assert f"| `{reason}` |" in reasons
