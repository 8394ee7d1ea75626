"""The list of forgotten customers is guarded: a run stops when it lost entries, and never for another reason."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.forgotten_list import LIST_KEY, add_to_list, list_mark, read_list
from biz_insights.lake.releases import release_after
from biz_insights.settings import Settings
from biz_insights.steps import bronze_steps, forget_steps
from biz_insights.steps.forgotten_guard import list_uri, next_mark, require_list
from biz_insights.steps.run_context import RunContext
from biz_schema.forgotten_customers import ForgottenCustomers


@pytest.fixture
def run(session: Any, lake_bucket: str) -> RunContext:
    """Return a run on a lake on which two customers with a card each are forgotten, as its release notes."""
    name = f"db_{uuid.uuid4().hex[:10]}"
    for database in (name, f"{name}_a", f"{name}_b"):
        session.client("glue").create_database(DatabaseInput={"Name": database})
    context = RunContext(Settings(lake_bucket=lake_bucket, published_database=name), "run-1", "2024-02-17")
    context.__dict__["session"] = session
    context.lease.acquire(context.holder)
    context.releases.prepare()
    for number in (1, 2):
        add_to_list(session, list_uri(context), "", f"user-{number}", [f"card-{number}"])
    publish(context)
    return context


def publish(run: RunContext, forgotten: str | None = None) -> None:
    """Publish an empty release that carries a mark, by default the one that a run would give it."""
    run.__dict__.setdefault("current", None)
    mark = next_mark(run) if forgotten is None else forgotten
    made = release_after(
        run.current, slot="a", run=run.run, try_number=1, process_date="2024-02-17", batch_id="", snapshot_at="",
        forgotten=mark,
    )  # fmt: skip
    run.releases.switch(made, [], [])
    del run.__dict__["current"]


def write(run: RunContext, text: str) -> None:
    run.session.client("s3").put_object(Bucket=run.settings.lake_bucket, Key=LIST_KEY, Body=text.encode())


def delete(run: RunContext) -> None:
    run.session.client("s3").delete_object(Bucket=run.settings.lake_bucket, Key=LIST_KEY)


def stored(run: RunContext) -> ForgottenCustomers:
    return read_list(run.session, list_uri(run))


def test_a_complete_list_passes_and_the_release_carries_its_mark(run: RunContext) -> None:
    require_list(run, "x")
    assert run.current is not None
    assert run.current.forgotten == list_mark(stored(run)) and run.current.forgotten.startswith("2-2-")


def test_a_missing_list_stops_the_run_and_says_what_to_do(run: RunContext) -> None:
    delete(run)
    with pytest.raises(PermanentError) as error:
        require_list(run, "lake.check_files")
    said = str(error.value)
    assert f"{list_uri(run)} is missing, and the published release knew of 2 customers and 2 cards" in said
    assert "restore the list from the bucket's versions, then clear lake.check_files" in said


def test_a_smaller_list_stops_the_run(run: RunContext) -> None:
    salt = stored(run).salt
    write(run, f'{{"salt": "{salt}", "users": ["a"], "cards": ["b", "c"]}}')
    with pytest.raises(PermanentError, match="has 1 customers and 2 cards, and the published release knew of 2"):
        require_list(run, "x")


def test_another_list_of_the_same_size_stops_the_run(run: RunContext) -> None:
    write(run, '{"salt": "other", "users": ["a", "b"], "cards": ["c", "d"]}')
    with pytest.raises(PermanentError, match="restore the list"):
        require_list(run, "x")


def test_a_damaged_list_stops_the_run(run: RunContext) -> None:
    for text in ("{", "[]", '{"salt": "s"}'):
        write(run, text)
        with pytest.raises(PermanentError, match="cannot be read"):
            require_list(run, "x")


def test_a_customer_is_not_added_to_a_list_that_lost_entries(run: RunContext) -> None:
    delete(run)
    with pytest.raises(PermanentError, match="then clear prepare"):
        forget_steps.prepare(run, "user-3", "")
    assert stored(run) == ForgottenCustomers()


def test_a_batch_is_not_audited_without_the_list(run: RunContext) -> None:
    delete(run)
    with pytest.raises(PermanentError, match=r"then clear bronze\.build"):
        bronze_steps.audit_bronze(run, "jr_1")
    with pytest.raises(PermanentError, match=r"then clear bronze\.build"):
        forget_steps.audit_bronze(run, "jr_1", {})


def test_a_run_that_died_after_it_wrote_the_list_locks_nobody_out(run: RunContext) -> None:
    add_to_list(run.session, list_uri(run), "", "user-3", [])
    require_list(run, "x")
    publish(run)
    assert run.current is not None and run.current.forgotten.startswith("3-2-")


@pytest.mark.parametrize("text", ["", "{"])
def test_a_release_without_the_list_carries_the_mark_on(run: RunContext, text: str) -> None:
    assert run.current is not None
    before = run.current.forgotten
    write(run, text) if text else delete(run)
    publish(run)
    assert run.current is not None and run.current.forgotten == before


def test_a_lake_without_forgotten_customers_needs_no_list(run: RunContext) -> None:
    delete(run)
    publish(run, forgotten="")
    require_list(run, "x")
    assert next_mark(run) == ""


def test_a_lake_of_an_older_version_notes_its_list_with_the_next_release(run: RunContext) -> None:
    publish(run, forgotten="")
    require_list(run, "x")
    assert next_mark(run) == list_mark(stored(run)) != ""


def test_a_new_lake_has_nothing_to_guard(run: RunContext) -> None:
    run.__dict__["current"] = None
    delete(run)
    require_list(run, "x")
    assert next_mark(run) == ""


def test_a_list_that_is_lost_for_good_is_given_up_by_its_mark_only(run: RunContext) -> None:
    assert run.current is not None
    mark = run.current.forgotten
    delete(run)
    run.settings = replace(run.settings, lost_forgotten_list="1" + mark[1:])
    with pytest.raises(PermanentError, match=f"set lost_forgotten_list to '{mark}'"):
        require_list(run, "x")
    run.settings = replace(run.settings, lost_forgotten_list=mark)
    require_list(run, "x")
    add_to_list(run.session, list_uri(run), "", "user-1", ["card-1"])
    publish(run)
    assert run.current is not None and run.current.forgotten.startswith("1-1-")
    # The setting has done its work: the next loss stops a run again.
    delete(run)
    with pytest.raises(PermanentError, match="knew of 1 customers"):
        require_list(run, "x")
