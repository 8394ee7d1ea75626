"""Listings: each page goes on where the one before ended, in the order of the keys, whatever the names are."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mwaa.local_aws.s3.listing import entries

BUCKET = "business-insights-lake"
NAMES = ("a", "a-b", "a.b", "a=1", "a0", "b", "é", "Z")
KEYS = ("q/1/x", "q/1-manifest.csv", "q/1.metadata", "q/1/y/z", "q/10/x", "q/2", "r")


def expected(keys: list[str], prefix: str, delimiter: str, after: str) -> list[tuple[str, bool]]:
    """What S3 documents: keys by their bytes, those after the start, folded at the delimiter after the prefix."""
    found: list[tuple[str, bool]] = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix) or key <= after:
            continue
        head, is_folded, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        entry = (f"{prefix}{head}{delimiter}", True) if is_folded else (key, False)
        if entry not in found:
            found.append(entry)
    return found


def tree(folder: Path, chance: random.Random) -> list[str]:
    """Write files with names that sort around a slash. Return their keys."""
    keys = []
    for _ in range(40):
        path = folder.joinpath(*chance.choices(NAMES, k=chance.randint(1, 4)))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        except OSError:
            # A file has the name of a folder, or the other way round.
            continue
        keys.append(path.relative_to(folder).as_posix())
    (folder / "a-empty-folder").mkdir(exist_ok=True)
    return sorted(set(keys))


@pytest.mark.parametrize("seed", range(20))
def test_a_listing_is_what_s3_documents(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    keys = tree(tmp_path, chance)
    starts = ["", *keys, *(key[: len(key) // 2] for key in keys), "a/", "a0", "~"]
    for prefix in ("", "a", "a/", "a-b/a", "b/a", "none"):
        for delimiter in ("", "/", "-"):
            for after in chance.sample(starts, 8):
                found = list(entries(tmp_path, prefix, delimiter, after))
                assert found == expected(keys, prefix, delimiter, after), (prefix, delimiter, after)


def test_a_folder_that_is_not_there_lists_nothing(tmp_path: Path) -> None:
    assert list(entries(tmp_path / "gone")) == []


@pytest.fixture
def s3(aws: Callable[[str], Any]) -> Any:
    client = aws("s3")
    for key in KEYS:
        client.put_object(Bucket=BUCKET, Key=f"listing/{key}", Body=b"x")
    return client


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("delimiter", [None, "/"])
def test_pages_repeat_nothing_and_leave_nothing_out(s3: Any, size: int, delimiter: str | None) -> None:
    given = {"Bucket": BUCKET, "Prefix": "listing/q/", **({"Delimiter": delimiter} if delimiter else {})}
    pages = list(s3.get_paginator("list_objects_v2").paginate(**given, PaginationConfig={"PageSize": size}))
    found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    found += [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
    names = [f"listing/{key}" for key in KEYS]
    assert sorted(found) == sorted(name for name, _ in expected(names, "listing/q/", delimiter or "", ""))
    assert all(page["KeyCount"] <= size for page in pages)


def test_a_page_that_ends_with_the_last_key_is_the_last_one(s3: Any) -> None:
    page = s3.list_objects_v2(Bucket=BUCKET, Prefix="listing/q/1", MaxKeys=5)
    assert (len(page["Contents"]), page["IsTruncated"]) == (5, False)


def test_a_listing_can_begin_after_a_key(s3: Any) -> None:
    page = s3.list_objects_v2(Bucket=BUCKET, Prefix="listing/", StartAfter="listing/q/1.metadata")
    assert [entry["Key"] for entry in page["Contents"]][:2] == ["listing/q/1/x", "listing/q/1/y/z"]


def test_a_token_that_no_page_has_given_is_refused(s3: Any) -> None:
    with pytest.raises(s3.exceptions.ClientError, match="InvalidArgument"):
        s3.list_objects_v2(Bucket=BUCKET, ContinuationToken="not a token!")
