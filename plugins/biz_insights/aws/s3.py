"""Small reads and writes on S3 by `s3://` address: reports, logs and web pages, but not the data of tables."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an address: `s3://bucket/some/key` → `("bucket", "some/key")`.

    Raises:
        ValueError: the address does not begin with `s3://` or names no bucket.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise ValueError(f"{uri!r} is not an S3 address; write it as s3://bucket/prefix/")
    return bucket, key


def put_bytes(
    session: Any,
    uri: str,
    body: bytes,
    content_type: str = "application/octet-stream",
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write one object with its metadata (ASCII). An existing object and its metadata are replaced."""
    bucket, key = split_uri(uri)
    session.client("s3").put_object(
        Bucket=bucket, Key=key, Body=body, ContentType=content_type, Metadata=dict(metadata or {})
    )


def get_bytes(session: Any, uri: str) -> bytes | None:
    """Return the content of one object, or None when there is no such object."""
    bucket, key = split_uri(uri)
    client = session.client("s3")
    try:
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except client.exceptions.NoSuchKey:
        return None
    return body


def put_json(session: Any, uri: str, document: object) -> None:
    """Write one JSON document, indented. Dates and decimals are written as text."""
    body = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    put_bytes(session, uri, body.encode(), "application/json")


def get_json(session: Any, uri: str) -> Any:
    """Return one JSON document."""
    bucket, key = split_uri(uri)
    return json.loads(session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def find_json(session: Any, uri: str) -> Any:
    """Return one JSON document, or None when there is no such object."""
    body = get_bytes(session, uri)
    return None if body is None else json.loads(body)


def exists(session: Any, uri: str) -> bool:
    """Return whether there is an object at this address."""
    bucket, key = split_uri(uri)
    client = session.client("s3")
    try:
        client.head_object(Bucket=bucket, Key=key)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True


def list_uris(session: Any, prefix_uri: str) -> Iterator[str]:
    """Yield the address of every object under a prefix, in the order of the keys."""
    bucket, prefix = split_uri(prefix_uri)
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", []):
            yield f"s3://{bucket}/{entry['Key']}"


def upload_folder(session: Any, folder: Path, prefix_uri: str) -> int:
    """Upload every file below `folder` to the prefix, with its content type. Return the number of files."""
    bucket, prefix = split_uri(prefix_uri.rstrip("/") + "/")
    client = session.client("s3")
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in paths:
        client.put_object(
            Bucket=bucket,
            Key=prefix + path.relative_to(folder).as_posix(),
            Body=path.read_bytes(),
            ContentType=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        )
    return len(paths)
