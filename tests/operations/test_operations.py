"""Quarantine, history, rollback, hold, lift and replay on one lake, in the order in which an operator does them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from biz_insights.aws import s3
from biz_insights.errors import PermanentError
from biz_insights.lake.holds import read_hold
from biz_insights.quality.outcome import QualityGateError
from biz_insights.steps import release_steps, rollback_steps
from biz_insights.steps.run_context import RunContext
from tests.operations.conftest import PROCESS_DATE, Operator

DAY = "2024-01-02"
TABLE = "silver_order_items"
MART = "mart_sales_trends"


def test_nothing_can_be_looked_at_or_replayed_before_a_first_run(empty: Operator) -> None:
    for arguments in (("quarantine",), ("history", TABLE)):
        assert "error: nothing is published yet; run `make run` first" in empty.refused(*arguments)
    said = empty.refused("replay")
    assert "✗ extract.resolve_process_date: nothing is published yet; run business_insights_daily first" in said
    assert "lake.end_lease" in said


def test_the_quarantine_says_how_much_why_and_what_to_do(first_release: Operator) -> None:
    operator = first_release
    said = operator.do("quarantine")
    negative, orphan, untimed = (
        said[said.index(head) :].split("\n\n")[0]
        for head in ("order_items: negative_price", "order_item_options: orphan_option", "order_items: unparseable_")
    )
    assert "1 row(s) (14.29 % of the source's rows), -2.50 of money, 2024-01-03 to 2024-01-03" in negative
    assert "what to do: If such rows are refunds, set negative_lines to refund and run make replay." in negative
    assert '"item_price":"-2.50"' in negative
    assert "1 row(s) (16.67 % of the source's rows), 0.50 of money" in orphan
    assert "5.99 of money\n" in untimed and "infinity" in untimed
    assert operator.do("quarantine", "--reason", "negative_price").startswith("order_items: negative_price")
    assert operator.do("quarantine", "--reason", "duplicate_date") == "no row is in quarantine as duplicate_date\n"
    assert "REASON=typo is not known; choose one of non_positive_quantity" in operator.refused(
        "quarantine", "--reason", "typo"
    )


def test_the_history_lists_the_releases_that_changed_a_table(operator: Operator) -> None:
    first, second = operator.do("history", TABLE).splitlines()[2:]
    assert first.split()[0::1][0] == "1" and first.split()[4:7] == ["5", "0", "0"]
    assert second.split()[0] == "2" and second.split()[4:7] == ["0", "1", "0"]
    assert "current" in second and "current" not in first
    (only,) = operator.do("history", TABLE, "--partition", "2024-01-01").splitlines()[2:]
    assert only.split()[0] == "1" and "current" in only
    assert "no release has changed partition 1999-01-01 of" in operator.refused(
        "history", TABLE, "--partition", "1999-01-01"
    )
    assert "no release has changed no_table" in operator.refused("history", "no_table")


@pytest.fixture
def run(in_process: Operator) -> Iterator[RunContext]:
    """A task of a rollback. Its lease ends with the test."""
    context = in_process.context("manual__refused")
    yield context
    release_steps.end_lease(context)


REFUSED: dict[str, tuple[tuple[str, int, str], str]] = {
    "unknown table": (("mart_typo", 1, ""), "'mart_typo' is not a table that can be rolled back; choose one of"),
    "view": (("v_location_ranking", 1, ""), "is not a table that can be rolled back"),
    "bronze": (("bronze_order_items", 1, ""), "batches are only added to it"),
    "ledger": (("row_ledger", 1, ""), "batches are only added to it"),
    "unknown release": ((TABLE, 9, ""), "there is no release 9: readers see release 2"),
    "unknown partition": ((TABLE, 1, "2023-01-01"), "has no partition 2023-01-01, neither now nor in release 1"),
    "same table": ((TABLE, 2, ""), "silver_order_items is as it was in release 2 already"),
    "same partition": ((TABLE, 1, "2024-01-01"), "partition 2024-01-01 of silver_order_items is as it was in release"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_rollback_that_cannot_be_is_refused(run: RunContext, why: str) -> None:
    (table, release, partition), message = REFUSED[why]
    with pytest.raises(PermanentError) as caught:
        rollback_steps.plan_rollback(run, table, release, partition, "")
    assert message in str(caught.value)


def test_a_hold_that_is_not_there_cannot_be_lifted(run: RunContext) -> None:
    with pytest.raises(PermanentError, match="nothing of silver_order_items is held, so there is nothing to lift"):
        rollback_steps.lift_rollback(run, TABLE)


def test_a_rollback_to_files_that_are_gone_names_them(run: RunContext) -> None:
    location = _earlier(run, MART, PROCESS_DATE)
    bucket, prefix = s3.split_uri(location)
    client = run.session.client("s3")
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    bodies = {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    try:
        client.delete_object(Bucket=bucket, Key=keys[0])
        with pytest.raises(PermanentError) as caught:
            rollback_steps.plan_rollback(run, MART, 1, "", "")
    finally:
        for key, body in bodies.items():
            client.put_object(Bucket=bucket, Key=key, Body=body)
    said = str(caught.value)
    assert f"the files of {PROCESS_DATE} are gone or damaged ({location}: missing files" in said
    assert "lake_maintenance removes files" in said


def test_a_rollback_to_other_columns_is_refused(run: RunContext) -> None:
    uri, record = _record(run, MART, _earlier(run, MART, PROCESS_DATE))
    changed = json.loads(json.dumps(record))
    changed["builds"][0]["columns"][0]["name"] = "earlier_name"
    try:
        s3.put_json(run.session, uri, changed)
        with pytest.raises(PermanentError, match=r"its columns have changed since \(.*earlier_name.* in 2024-01-04\)"):
            rollback_steps.plan_rollback(run, MART, 1, "", "")
    finally:
        s3.put_json(run.session, uri, record)


def test_a_rollback_without_a_record_of_its_audit_is_refused(run: RunContext) -> None:
    uri, record = _record(run, MART, _earlier(run, MART, PROCESS_DATE))
    try:
        s3.put_json(run.session, uri, {**record, "builds": []})
        with pytest.raises(PermanentError, match=f"no record of a passed audit says what {PROCESS_DATE} held"):
            rollback_steps.plan_rollback(run, MART, 1, "", "")
    finally:
        s3.put_json(run.session, uri, record)


def test_a_rollback_of_a_mart_alone_is_refused_when_its_facts_have_changed_since(run: RunContext) -> None:
    plan = rollback_steps.plan_rollback(run, MART, 1, "", "a trial")
    with pytest.raises(QualityGateError, match="chain_days_reconcile_with_the_facts"):
        rollback_steps.audit_rollback(run, plan)


def test_a_rollback_that_stopped_half_way_is_forgotten_by_the_next_run(run: RunContext) -> None:
    """The table is repointed and held in the working slot, and no release follows: the run after it starts afresh."""
    plan = rollback_steps.plan_rollback(run, TABLE, 1, "", "a trial")
    audits = rollback_steps.audit_rollback(run, plan)
    lines = rollback_steps.publish_rollback(run, plan, audits)
    assert lines[0] == f"{TABLE}: 1 replaced" and "a trial" in lines[1]
    assert read_hold(run.working, TABLE) is not None and read_hold(run.released, TABLE) is None


def test_a_table_goes_back_with_everything_downstream_and_is_held(operator: Operator) -> None:
    assert operator.sales()[DAY] == "8.49"
    said = operator.do("rollback", TABLE, "--to", "1", "--reason", "day 2's price is wrong")
    assert f"{TABLE}: 1 replaced" in said and "day 2's price is wrong" in said
    assert operator.sales()[DAY] == "6.49"
    history = operator.do("history", TABLE)
    assert [line.split()[0] for line in history.splitlines()[2:5]] == ["1", "2", "3"]
    assert "held" in history.splitlines()[2] and "current" in history.splitlines()[4]
    assert f"1 partition(s) ({DAY}) as in release 1, held since" in " ".join(history.split())
    # What the trial before it left in the working slot is not released.
    assert "a trial" not in history


def test_what_is_held_already_cannot_be_rolled_back(run: RunContext) -> None:
    with pytest.raises(PermanentError, match="was rolled back already: 1 partition"):
        rollback_steps.plan_rollback(run, TABLE, 2, "", "")


def test_a_later_run_leaves_the_held_day_and_says_so(operator: Operator) -> None:
    before, newest_before = _days(operator), _newest(operator)
    operator.publish({2: "9.99", 4: "1.99"})
    after = _days(operator)
    assert (operator.sales()[DAY], operator.sales()[PROCESS_DATE]) == ("6.49", "2.49")
    assert after[DAY] == before[DAY] and after[PROCESS_DATE] != before[PROCESS_DATE]
    report = _quality_report(operator)
    (held,) = report["held"]
    assert held.startswith(f"{TABLE}: 1 partition(s) ({DAY}) as in release 1, held since")
    (message,) = [text for text in _messages(operator) if "Held after a rollback" in text][-1:]
    assert f"{TABLE}: 1 partition(s)" in message
    # The hold knows the newest build by now, so that the next run does not make it again.
    assert _newest(operator) not in ("", newest_before)


def test_a_lifted_hold_and_a_replay_bring_the_newest_state(operator: Operator) -> None:
    said = operator.do("rollback", TABLE, "--lift")
    assert f"{TABLE}: no longer held" in said and "make replay does it now" in said
    assert "hold" not in operator.do("history", TABLE)
    said = operator.do("replay", settings={"BIZ_INSIGHTS_NEGATIVE_LINES": "refund"})
    assert operator.sales()[DAY] == "10.49"
    assert operator.sales()["2024-01-03"] == "4.49"
    tables = [line.split() for line in said[said.index("ledger before") :].splitlines()]
    assert ["order_items", "7", "=", "5", "+", "2"] in tables and ["order_items", "7", "=", "6", "+", "1"] in tables
    assert ["order_items", "1", "0", "negative_price"] in tables
    assert ["order_item_options", "1", "0", "orphan_option"] in tables
    assert ["order_items", "1", "0", "(all", "together)"] in tables
    assert "negative_price" not in operator.do("quarantine", settings={"BIZ_INSIGHTS_NEGATIVE_LINES": "refund"})


def _earlier(run: RunContext, table: str, value: str) -> str:
    """The location of a partition in release 1."""
    changes, _ = rollback_steps.recorded_changes(run, table)
    return next(c.new_location for c in changes if (c.release, c.partition) == (1, value))


def _record(run: RunContext, checkpoint: str, location: str) -> tuple[str, Any]:
    """The record of the audit that passed a location, with its address."""
    for uri in s3.list_uris(run.session, run.settings.lake_uri("ops/audits/")):
        if f"/{checkpoint}/" in uri:
            record = s3.get_json(run.session, uri)
            if location in json.dumps(record):
                return uri, record
    raise AssertionError(f"no record of {location}")


def _days(operator: Operator) -> dict[str, Any]:
    """The file of each day of silver, as readers see it."""
    sql = f'SELECT order_date, MIN("$path") FROM {_slot(operator)}.{TABLE} GROUP BY 1'
    return {str(day): path for day, path in operator.laptop.query(sql)}


def _slot(operator: Operator) -> str:
    ((slot,),) = operator.laptop.query("SELECT slot FROM current_release")
    return f"{operator.laptop.settings.published_database}_{slot}"


def _newest(operator: Operator) -> str:
    from biz_insights.lake.catalog import Catalog

    hold = read_hold(Catalog(operator.laptop.client("glue"), _slot(operator)), TABLE)
    assert hold is not None
    return hold.partitions[DAY]


def _quality_report(operator: Operator) -> dict[str, Any]:
    body = operator.laptop.client("s3").get_object(
        Bucket=operator.laptop.settings.lake_bucket, Key="quality/quality_report.json"
    )
    found: dict[str, Any] = json.loads(body["Body"].read())
    return found


def _messages(operator: Operator) -> list[str]:
    folder = operator.laptop.state.root / "sns"
    return [line.replace("\\n", "\n") for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
