"""The list of forgotten customers in the lake, which the bronze job applies to each batch. It holds digests, no ids.

Without the list the next export would bring everybody on it back. So each release carries the list's mark: how many
customers and cards were on it, and a digest of its salt. Entries are only ever added, so a list that lacks some, or has
another salt, is not the one that was known.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from biz_insights.aws.s3 import split_uri
from biz_insights.errors import PermanentError
from biz_insights.lake.lease import REFUSED
from biz_schema.forgotten_customers import ForgottenCustomers, card_digest, user_digest

LIST_KEY = "erasure/forgotten.json"
ATTEMPTS = 5


def read_list(session: Any, uri: str) -> ForgottenCustomers:
    """Return the list; an empty one without a salt before the first customer was forgotten.

    Raises:
        PermanentError: the list is damaged.
    """
    return _stored(session.client("s3"), uri)[0]


def list_mark(forgotten: ForgottenCustomers) -> str:
    """Return the mark of a list, `<customers>-<cards>-<digest of the salt>`; empty for an empty list."""
    if not (forgotten.users or forgotten.cards):
        return ""
    return f"{len(forgotten.users)}-{len(forgotten.cards)}-{hashlib.sha256(forgotten.salt.encode()).hexdigest()[:12]}"


def has_all(forgotten: ForgottenCustomers, mark: str) -> bool:
    """Return whether a list still has what it had when it was given the mark."""
    if not mark:
        return True
    users, cards, salt = mark.split("-")
    found_salt = list_mark(forgotten).rpartition("-")[2]
    return found_salt == salt and len(forgotten.users) >= int(users) and len(forgotten.cards) >= int(cards)


def add_to_list(session: Any, uri: str, app_name: str, user_id: str, cards: Iterable[str]) -> ForgottenCustomers:
    """Add a customer and card numbers to the list, unless they are on it. Return the list.

    The object is written only when nobody has changed it since it was read.

    Raises:
        PermanentError: somebody else changed the list each time.
    """
    s3, known = session.client("s3"), set(cards)
    bucket, key = split_uri(uri)
    for _ in range(ATTEMPTS):
        stored, etag = _stored(s3, uri)
        salt = stored.salt or secrets.token_hex(16)
        users = {*stored.users, user_digest(salt, app_name, user_id)}
        wanted = ForgottenCustomers(
            salt, tuple(sorted(users)), tuple(sorted({*stored.cards, *(card_digest(salt, card) for card in known)}))
        )
        if wanted == stored:
            return stored
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        body = json.dumps(asdict(wanted), indent=2).encode()
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in REFUSED:
                raise
            continue
        return wanted
    raise PermanentError(f"the list of forgotten customers at {uri} is being changed by somebody else; clear this task")


def _stored(s3: Any, uri: str) -> tuple[ForgottenCustomers, str | None]:
    bucket, key = split_uri(uri)
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return ForgottenCustomers(), None
    try:
        document = json.loads(found["Body"].read())
        stored = ForgottenCustomers(document["salt"], tuple(document["users"]), tuple(document["cards"]))
    except (ValueError, KeyError, TypeError) as error:
        raise PermanentError(
            f"the list of forgotten customers at {uri} cannot be read ({type(error).__name__}); restore it from the "
            "bucket's versions, then clear this task"
        ) from error
    return stored, found["ETag"]
