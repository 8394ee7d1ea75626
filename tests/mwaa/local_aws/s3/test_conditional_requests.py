"""Conditional reads and writes: of several writers with one condition exactly one wins."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

BUCKET = "business-insights-lake"
WRITERS = 20


@pytest.fixture
def s3(aws: Callable[[str], Any]) -> Any:
    return aws("s3")


@pytest.fixture
def target(s3: Any) -> Any:
    """A new key; what is stored under it is deleted after the test."""
    found = {"Bucket": BUCKET, "Key": f"ops/lease-{uuid.uuid4().hex}.json"}
    yield found
    s3.delete_object(**found)


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def content(s3: Any, target: dict[str, str]) -> bytes:
    body: bytes = s3.get_object(**target)["Body"].read()
    return body


def test_the_etag_of_an_object_is_the_md5_of_its_content(s3: Any, target: dict[str, str]) -> None:
    expected = f'"{hashlib.md5(b"first").hexdigest()}"'
    assert s3.put_object(**target, Body=b"first")["ETag"] == expected
    assert s3.head_object(**target)["ETag"] == expected
    assert s3.get_object(**target)["ETag"] == expected


def test_a_put_that_must_create_is_refused_when_the_key_exists(s3: Any, target: dict[str, str]) -> None:
    s3.put_object(**target, Body=b"first", IfNoneMatch="*")
    assert refused(s3.put_object, **target, Body=b"second", IfNoneMatch="*") == (412, "PreconditionFailed")
    assert content(s3, target) == b"first"
    s3.delete_object(**target)
    s3.put_object(**target, Body=b"third", IfNoneMatch="*")
    assert content(s3, target) == b"third"


def test_a_put_is_refused_when_another_object_is_stored(s3: Any, target: dict[str, str]) -> None:
    assert refused(s3.put_object, **target, Body=b"x", IfMatch='"0"') == (404, "NoSuchKey")
    first = s3.put_object(**target, Body=b"first")["ETag"]
    second = s3.put_object(**target, Body=b"second", IfMatch=first)["ETag"]
    assert refused(s3.put_object, **target, Body=b"third", IfMatch=first) == (412, "PreconditionFailed")
    assert content(s3, target) == b"second"
    s3.put_object(**target, Body=b"third", IfMatch=second.strip('"'))
    assert content(s3, target) == b"third"


def test_a_delete_is_refused_when_another_object_is_stored(s3: Any, target: dict[str, str]) -> None:
    assert refused(s3.delete_object, **target, IfMatch='"0"') == (404, "NoSuchKey")
    etag = s3.put_object(**target, Body=b"first")["ETag"]
    assert refused(s3.delete_object, **target, IfMatch='"0"') == (412, "PreconditionFailed")
    assert content(s3, target) == b"first"
    s3.delete_object(**target, IfMatch=etag)
    assert refused(s3.get_object, **target) == (404, "NoSuchKey")


def test_reads_say_not_modified_or_refuse(s3: Any, target: dict[str, str]) -> None:
    etag = s3.put_object(**target, Body=b"first")["ETag"]
    assert s3.get_object(**target, IfMatch=etag)["Body"].read() == b"first"
    assert s3.get_object(**target, IfNoneMatch='"0"')["Body"].read() == b"first"
    assert s3.head_object(**target, IfMatch=etag)["ETag"] == etag
    for read in (s3.get_object, s3.head_object):
        assert refused(read, **target, IfMatch='"0"')[0] == 412
        assert refused(read, **target, IfNoneMatch=etag)[0] == 304
    assert refused(s3.get_object, **target, IfMatch='"0"')[1] == "PreconditionFailed"
    s3.delete_object(**target)
    assert refused(s3.get_object, **target, IfMatch=etag) == (404, "NoSuchKey")


def test_s3_takes_no_etag_for_a_write_that_must_create(s3: Any, target: dict[str, str]) -> None:
    assert refused(s3.put_object, **target, Body=b"first", IfNoneMatch='"0"') == (501, "NotImplemented")


def test_a_copy_obeys_conditions_on_both_ends(s3: Any, target: dict[str, str]) -> None:
    source = {"Bucket": BUCKET, "Key": f"{target['Key']}.source"}
    etag = s3.put_object(**source, Body=b"copied")["ETag"]
    assert refused(s3.copy_object, **target, CopySource=source, CopySourceIfMatch='"0"')[0] == 412
    s3.copy_object(**target, CopySource=source, CopySourceIfMatch=etag, IfNoneMatch="*")
    s3.put_object(**target, Body=b"changed")
    assert refused(s3.copy_object, **target, CopySource=source, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert content(s3, target) == b"changed"
    s3.delete_object(**source)


def test_a_multipart_upload_obeys_the_condition_when_it_completes(s3: Any, target: dict[str, str]) -> None:
    upload = {**target, "UploadId": s3.create_multipart_upload(**target)["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=b"in parts")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.put_object(**target, Body=b"first")
    complete = s3.complete_multipart_upload
    assert refused(complete, **upload, MultipartUpload=parts, IfNoneMatch="*") == (412, "PreconditionFailed")
    assert content(s3, target) == b"first"
    s3.delete_object(**target)
    complete(**upload, MultipartUpload=parts, IfNoneMatch="*")
    assert content(s3, target) == b"in parts"


def one_wins(attempt: Callable[[int], Any]) -> int:
    """Let all writers attempt at once; return who won, after all others were refused with 412."""
    barrier = threading.Barrier(WRITERS)

    def write(writer: int) -> int | str:
        barrier.wait()
        try:
            attempt(writer)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return writer

    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = list(pool.map(write, range(WRITERS)))
    winners = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(winners) == 1, outcomes
    assert outcomes.count("PreconditionFailed") == WRITERS - 1, outcomes
    return winners[0]


def body_of(writer: int) -> bytes:
    # More than one chunk of the network and of nanio: writers' bodies arrive interleaved.
    return f"writer {writer:02d}\n".encode() * 200_000


def test_of_twenty_creators_one_wins(s3: Any, target: dict[str, str]) -> None:
    winner = one_wins(lambda writer: s3.put_object(**target, Body=body_of(writer), IfNoneMatch="*"))
    assert content(s3, target) == body_of(winner)


def test_of_twenty_changers_one_wins_again_and_again(s3: Any, target: dict[str, str]) -> None:
    etag = s3.put_object(**target, Body=b"free")["ETag"]
    for turn in range(5):
        winner = one_wins(partial(change, s3, target, turn, etag))
        found = s3.get_object(**target)
        assert found["Body"].read() == f"turn {turn} writer {winner}".encode()
        etag = found["ETag"]


def change(s3: Any, target: dict[str, str], turn: int, etag: str, writer: int) -> None:
    s3.put_object(**target, Body=f"turn {turn} writer {writer}".encode(), IfMatch=etag)


def test_a_reader_never_gets_an_etag_and_the_content_of_another_object(s3: Any, target: dict[str, str]) -> None:
    """Objects of different lengths: a mixture also breaks the response."""
    bodies = [b"short", b"much longer " * 50_000]
    s3.put_object(**target, Body=bodies[0])
    stop = threading.Event()

    def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            s3.put_object(**target, Body=bodies[turn % 2])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(100):
            found = s3.get_object(**target)
            assert found["ETag"] == f'"{hashlib.md5(found["Body"].read()).hexdigest()}"'
    finally:
        stop.set()
        writer.join()
