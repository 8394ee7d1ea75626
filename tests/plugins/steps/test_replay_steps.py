"""The report of a replay: ledgers that add up, and what left or entered the quarantine."""

from __future__ import annotations

from typing import Any

import pytest

from biz_insights.errors import PermanentError
from biz_insights.settings import Settings
from biz_insights.steps import replay_steps
from biz_insights.steps.operator_runs import published_day
from biz_insights.steps.run_context import RunContext
from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.dialect import to_duckdb


def row(accepted: int, quarantined: int, *, source: int = 10, amount: str = "25.50", kept: str = "20.00") -> Any:
    return {
        "source_table": "order_items",
        "database_rows_min": 10,
        "database_rows_max": 10,
        "source_rows": source,
        "accepted_rows": accepted,
        "quarantined_rows": quarantined,
        "source_amount": amount,
        "accepted_amount": kept,
        "quarantined_amount": "5.50",
    }


CHANGED = [
    {"source_table": "order_items", "reason": "", "rows_left": 2, "rows_entered": 0},
    {"source_table": "order_items", "reason": "negative_price", "rows_left": 2, "rows_entered": 0},
    {"source_table": "order_items", "reason": "duplicate_line", "rows_left": 0, "rows_entered": 1},
]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> RunContext:
    monkeypatch.setattr(replay_steps, "write_outcome", lambda _run, text: text)
    return RunContext(Settings(), "manual__1", "2024-01-05")


def compared(before: Any, after: Any, changed: Any = ()) -> dict[str, Any]:
    return {"before": [before], "after": [after], "changed": list(changed)}


def test_the_report_has_both_ledgers_and_the_rows_by_reason(run: RunContext) -> None:
    lines = replay_steps.report_replay(run, compared(row(8, 2), row(10, 0), CHANGED)).splitlines()
    words = [line.split() for line in lines]
    assert ["order_items", "10", "=", "8", "+", "2"] in words and ["order_items", "10", "=", "10", "+", "0"] in words
    assert words.count(["money", "25.50", "=", "20.00", "+", "5.50"]) == 2
    assert ["order_items", "2", "0", "negative_price"] in words and ["order_items", "0", "1", "duplicate_line"] in words
    one = replay_steps.report_replay(run, compared(row(8, 2), row(10, 0), CHANGED), "negative_price")
    assert "negative_price" in one and "duplicate_line" not in one and "(all together)" not in one


def test_a_replay_without_changes_says_so(run: RunContext) -> None:
    said = replay_steps.report_replay(run, compared(row(8, 2), row(8, 2)))
    assert said.endswith("no row left or entered the quarantine")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (row(8, 1), row(10, 0), "order_items before the replay does not add up: 10 rows are not 8 accepted"),
        (row(8, 2), row(9, 0), "order_items after the replay does not add up"),
        (row(8, 2), row(10, 0, kept="19.99"), "order_items after the replay does not add up"),
        (row(8, 2), row(11, 0, source=11), "the replay read other source rows"),
    ],
)
def test_a_ledger_that_does_not_add_up_fails_the_run(run: RunContext, before: Any, after: Any, message: str) -> None:
    with pytest.raises(PermanentError) as caught:
        replay_steps.report_replay(run, compared(before, after))
    assert message in str(caught.value)


def test_rows_that_left_and_rows_that_entered_are_counted_by_reason() -> None:
    connection = macros.connect()
    quarantined = "SELECT 'order_items' AS source_table, {id} AS source_id, {reasons} AS reasons"
    seen = [(1, ["a"]), (2, ["a", "b"]), (3, ["c"])]
    built = [(2, ["b"]), (3, ["c"]), (4, ["d"])]
    for schema, rows in (("seen_slot", seen), ("built_slot", built)):
        connection.execute(f"CREATE SCHEMA {schema}")
        select = " UNION ALL ".join(quarantined.format(id=number, reasons=reasons) for number, reasons in rows)
        connection.execute(f"CREATE TABLE {schema}.quarantine AS {select}")
    sql = replay_steps.change_sql("seen_slot", "built_slot")
    assert connection.execute(to_duckdb(sql)).fetchall() == [
        ("order_items", "", 1, 1),
        ("order_items", "a", 2, 0),
        ("order_items", "d", 0, 1),
    ]


def test_without_a_release_there_is_no_day_to_build_for(run: RunContext) -> None:
    run.__dict__["current"] = None
    with pytest.raises(PermanentError, match="nothing is published yet; run business_insights_daily first"):
        published_day(run)
