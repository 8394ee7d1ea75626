"""New columns and renamed tables: what a publish reports and records about them."""

from __future__ import annotations

from typing import Any

import pytest

from biz_insights.lake.builds import Column, PartitionBuild, TableBuild
from biz_insights.lake.publish import Change
from biz_insights.settings import Settings
from biz_insights.steps import gold_steps, run_context
from biz_insights.steps.run_context import RunContext

COLUMNS = (Column("user_id", "string"),)
WIDER = (*COLUMNS, Column("repeat_active_days", "bigint"))
OLD, NEW = "gold_customer_history", "gold_customer_day_by_quarter"


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Change]]]:
    """The changes that would be written to `publish_history`, by table."""
    found: list[tuple[str, list[Change]]] = []
    monkeypatch.setattr(run_context, "record_changes", lambda table, changes, **_: found.append((table, changes)))
    return found


@pytest.fixture
def run(endpoint: Any, recorded: Any, monkeypatch: pytest.MonkeyPatch) -> RunContext:
    """The context of a task, with two new databases on the endpoint."""
    context = RunContext(
        Settings(published_database="renames", build_database="renames_build"), "manual__1", "2024-02-17"
    )
    glue = context.session.client("glue")
    for database in ("renames", "renames_build"):
        glue.create_database(DatabaseInput={"Name": database})
    yield context
    for database in ("renames", "renames_build"):
        glue.delete_database(Name=database)


def built(table: str, value: str, columns: tuple[Column, ...] = COLUMNS, key: str = "as_of_date") -> TableBuild:
    location = f"s3://lake/build/{table}/{key}={value}/"
    return TableBuild(table, columns, Column(key, "date"), (PartitionBuild(value, location, "f"),))


def test_a_publish_reports_new_columns_that_are_null_in_older_partitions(run: RunContext) -> None:
    run.publish_builds([built("gold_customer_facts", "2024-02-16")], [])
    (nulls, counts) = run.publish_builds([built("gold_customer_facts", "2024-02-17", WIDER)], [])
    assert nulls.startswith("gold_customer_facts: repeat_active_days are new columns and null in 1 older partitions")
    assert counts == "gold_customer_facts: 1 added"


def test_a_publish_without_older_partitions_reports_no_new_columns(run: RunContext) -> None:
    run.publish_builds([built("gold_customer_facts", "2024-02-17")], [])
    assert run.publish_builds([built("gold_customer_facts", "2024-02-17", WIDER)], []) == []


def test_the_first_publish_under_a_new_name_removes_the_old_table_from_the_catalog(
    run: RunContext, recorded: list[tuple[str, list[Change]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.publish_builds([built(OLD, "2023-10-01", key="quarter")], [])
    recorded.clear()
    monkeypatch.setattr(gold_steps, "gather_build", lambda *_: built(NEW, "2023-10-01", key="quarter"))
    lines = gold_steps.publish_table(run, {"table": NEW}, [], {})
    assert lines[-1] == f"{OLD}: is now called {NEW} and was removed from the catalog; queries must use the new name"
    assert run.published.table(OLD) is None and run.published.table(NEW) is not None
    table, changes = recorded[-1]
    assert table == OLD
    assert [(c.change, c.old_location) for c in changes] == [("removed", f"s3://lake/build/{OLD}/quarter=2023-10-01/")]
    # A repeated publish has nothing to report.
    assert gold_steps.publish_table(run, {"table": NEW}, [], {}) == []
