"""The list of forgotten customers: digests only, and no entry is lost when two people write."""

from __future__ import annotations

from typing import Any

from biz_insights.lake import forgotten_list
from biz_insights.lake.forgotten_list import LIST_KEY, add_to_list, read_list
from biz_schema.forgotten_customers import card_digest, user_digest


def test_an_entry_is_added_once_and_holds_no_id(session: Any, lake_bucket: str) -> None:
    uri = f"s3://{lake_bucket}/{LIST_KEY}"
    assert read_list(session, uri).salt == ""
    first = add_to_list(session, uri, "", "user-1", ["4111"])
    assert first.users == (user_digest(first.salt, "", "user-1"),)
    assert first.cards == (card_digest(first.salt, "4111"),)
    assert add_to_list(session, uri, "", "user-1", []) == first == read_list(session, uri)
    body = session.client("s3").get_object(Bucket=lake_bucket, Key=LIST_KEY)["Body"].read()
    assert b"user-1" not in body and b"4111" not in body


def test_an_entry_that_somebody_adds_meanwhile_stays(session: Any, lake_bucket: str, monkeypatch: Any) -> None:
    uri = f"s3://{lake_bucket}/{LIST_KEY}"
    add_to_list(session, uri, "", "user-1", [])
    read, calls = forgotten_list._stored, []

    def raced(s3: Any, where: str) -> Any:
        found = read(s3, where)
        if not calls:
            calls.append(1)
            add_to_list(session, uri, "", "user-2", [])
        return found

    monkeypatch.setattr(forgotten_list, "_stored", raced)
    assert len(add_to_list(session, uri, "A", "user-3", []).users) == 3
