"""Forgetting a customer: what a request needs, what is deleted with what is found, and a proof that can fail."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from biz_insights.errors import PermanentError
from biz_insights.lake.forgotten_list import add_to_list
from biz_insights.lake.objects import listed_objects
from biz_insights.lake.references import references
from biz_insights.settings import Settings
from biz_insights.steps import forget_steps, purge_steps
from biz_insights.steps.run_context import RunContext

ID = "5f84f2848a6be2ee37b12ef4"


@pytest.fixture
def run(session: Any, lake_bucket: str, monkeypatch: pytest.MonkeyPatch) -> RunContext:
    """Return a run that has the lease of an empty lake; the source database has two lines of the customer."""
    name = f"db_{uuid.uuid4().hex[:10]}"
    for database in (name, f"{name}_a", f"{name}_b", f"{name}_build"):
        session.client("glue").create_database(DatabaseInput={"Name": database})
    settings = Settings(lake_bucket=lake_bucket, published_database=name, build_database=f"{name}_build")
    context = RunContext(settings, "forget-1", "2024-02-17", dag_id="forget_customer")
    context.__dict__["session"] = session
    context.lease.acquire(context.holder)
    context.releases.prepare()
    monkeypatch.setattr(forget_steps, "source_lines", lambda *_: 2)
    monkeypatch.setattr(purge_steps, "source_lines", lambda *_: 2)
    return context


def put(run: RunContext, key: str, text: str) -> None:
    run.session.client("s3").put_object(Bucket=run.settings.lake_bucket, Key=key, Body=text.encode())


def keys(run: RunContext) -> set[str]:
    found = listed_objects(run.session, run.settings.lake_uri(""))
    return {stored.uri.removeprefix(run.settings.lake_uri("")) for stored in found}


@pytest.mark.parametrize(("user", "confirm"), [("", ""), ("  ", ""), (ID, "another"), (ID, ID[:-1])])
def test_a_request_without_an_id_or_with_another_confirmation_is_refused(user: str, confirm: str) -> None:
    with pytest.raises(PermanentError) as error:
        forget_steps.requested(user, "", confirm)
    assert ID not in str(error.value)


def test_a_request_is_read_as_silver_writes_it() -> None:
    assert forget_steps.requested(f" {ID} ", " Quillmoor   Fresh ", ID) == (ID, "Quillmoor Fresh")


def test_the_search_says_where_the_customer_is_named_and_nowhere_the_id(run: RunContext) -> None:
    put(run, "athena-results/q.csv", f"a,{ID}\n")
    put(run, "quality/run=r/quality_report.json", f'{{"samples": ["{ID}"]}}')
    put(run, "silver/_plan/r/known.json", "{}")
    found = forget_steps.find(run, ID, "", "")
    assert found["found"] == {"athena-results": 1, "quality": 1}
    assert not found["is_confirmed"]
    assert "Dry run: nothing was changed" in found["message"] and "still has 2 lines" in found["message"]
    assert ID not in json.dumps(found)


def test_what_names_the_customer_goes_and_documents_stay_without_the_id(run: RunContext) -> None:
    add_to_list(run.session, forget_steps.list_uri(run), "", ID, [])
    put(run, "landing/bi-1/restaurant/part-0.csv", f"a,{ID}\n")
    put(run, "landing/bi-1/export_info.json", "{}")
    put(run, "landing/bi-2/restaurant/part-0.csv", "a,b\n")
    put(run, "gold/tables/q/as_of_date=d/part-0.csv", f"{ID}\n")
    put(run, "gold/tables/q/as_of_date=d/part-1.csv", "b\n")
    put(run, "gold/tables/q/as_of_date=e/part-0.csv", "b\n")
    put(run, "quality/run=r/quality_report.json", f'{{"samples": ["{ID}"], "score": 99}}')
    before = keys(run)
    removed = purge_steps.purge(run, ID, "")
    assert removed == {"gold": 2, "landing": 2, "quality": 1}
    # A folder goes as a whole, so that nobody publishes half of it again.
    assert before - keys(run) == {
        "landing/bi-1/restaurant/part-0.csv",
        "landing/bi-1/export_info.json",
        "gold/tables/q/as_of_date=d/part-0.csv",
        "gold/tables/q/as_of_date=d/part-1.csv",
    }
    body = run.session.client("s3").get_object(Bucket=run.settings.lake_bucket, Key="quality/run=r/quality_report.json")
    assert json.loads(body["Body"].read()) == {"samples": ["erased"], "score": 99}
    receipt = purge_steps.prove(run, ID, "", removed)
    stored = [key for key in keys(run) if key.startswith("erasure/receipts/")]
    assert len(stored) == 1 and ID not in json.dumps(receipt)
    assert receipt["objects_that_name_the_customer"] == 0


def test_the_proof_fails_while_an_object_names_the_customer_or_cannot_be_read(run: RunContext) -> None:
    add_to_list(run.session, forget_steps.list_uri(run), "", ID, [])
    for text in (f"{ID}", "PAR1 cut off"):
        put(run, "something/else", text)
        with pytest.raises(
            PermanentError, match=r"1 object\(s\) of the lake still name the customer or cannot be read"
        ):
            purge_steps.prove(run, ID, "", {})
    assert not [key for key in keys(run) if key.startswith("erasure/receipts/")]


def test_a_published_file_that_names_the_customer_is_never_deleted(
    run: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_to_list(run.session, forget_steps.list_uri(run), "", ID, [])
    put(run, "silver/order_items/run=1/order_date=d/part-0.csv", ID)
    needed = references([run.settings.lake_uri("silver/order_items/run=1/order_date=d/")])
    monkeypatch.setattr(purge_steps, "catalog_references", lambda _run: needed)
    with pytest.raises(PermanentError, match=r"1 published file\(s\) still name the customer"):
        purge_steps.purge(run, ID, "")
    assert "silver/order_items/run=1/order_date=d/part-0.csv" in keys(run)
