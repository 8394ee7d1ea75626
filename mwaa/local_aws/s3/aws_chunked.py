"""Bodies in AWS's chunks (`aws-chunked`), which SDKs send when a checksum follows the content.

    <size in hexadecimal>[;chunk-signature=…]\\r\\n<content>\\r\\n … 0\\r\\n<checksum header>:<value>\\r\\n\\r\\n

nanio would store this framing as content. The chunks' own signatures are not checked: the request's is.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from nanio.errors import BadDigest, InvalidRequest, S3Error
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mwaa.local_aws.s3.responses import send_error

ENCODING = "aws-chunked"
LINE_LIMIT = 8192


class ChunkedBodies:
    """The layer: it passes on the content without the framing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and _is_chunked(scope):
            length = _header(scope, b"x-amz-decoded-content-length")
            try:
                content = _content(_Lines(receive), int(length) if length else None)
                await self._app(_without_framing(scope), _as_receive(content), send)
            except S3Error as error:
                await send_error(send, error, scope["method"])
            return
        await self._app(scope, receive, send)


def _is_chunked(scope: Scope) -> bool:
    is_streaming = _header(scope, b"x-amz-content-sha256").startswith("STREAMING-")
    return is_streaming or ENCODING in _encodings(_header(scope, b"content-encoding"))


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for found, value in scope["headers"] if found.lower() == name), "")


def _encodings(header: str) -> list[str]:
    return [encoding.strip() for encoding in header.split(",") if encoding.strip()]


def _without_framing(scope: Scope) -> Scope:
    """Return the scope with the headers that the content has without chunks."""
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if name.lower() not in (b"content-encoding", b"content-length")
    ]
    kept = [name for name in _encodings(_header(scope, b"content-encoding")) if name != ENCODING]
    if kept:
        headers.append((b"content-encoding", ", ".join(kept).encode("latin-1")))
    return {**scope, "headers": headers}


class _Lines:
    """Reads a request's body by lines and by lengths."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._ended = False

    async def line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > LINE_LIMIT:
                raise InvalidRequest("a line of the aws-chunked body is too long")
            await self._more()
        found = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return found

    async def part(self, limit: int) -> bytes:
        """Return what is there, at least one byte and at most `limit`."""
        while not self._buffer:
            await self._more()
        found = bytes(self._buffer[:limit])
        del self._buffer[: len(found)]
        return found

    async def _more(self) -> None:
        if self._ended:
            raise InvalidRequest("the aws-chunked body ends too early")
        message = await self._receive()
        self._buffer += message.get("body", b"")
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)


async def _content(lines: _Lines, expected_length: int | None) -> AsyncIterator[bytes]:
    checksums = {name: new() for name, new in _CHECKSUMS.items()}
    length = 0
    while size := _size(await lines.line()):
        while size:
            part = await lines.part(size)
            size -= len(part)
            length += len(part)
            for checksum in checksums.values():
                checksum.update(part)
            yield part
        if await lines.line():
            raise InvalidRequest("a chunk of the aws-chunked body is longer than its size says")
    while trailer := await lines.line():
        name, _, value = trailer.decode("latin-1").partition(":")
        checksum = checksums.get(name.strip().lower())
        if checksum is not None and base64.b64encode(checksum.digest()).decode() != value.strip():
            raise BadDigest(f"the content does not match {name.strip()}")
    if expected_length is not None and length != expected_length:
        raise InvalidRequest(f"the content has {length} bytes and x-amz-decoded-content-length says {expected_length}")


def _size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError as error:
        raise InvalidRequest(f"{line[:40]!r} does not begin a chunk of an aws-chunked body") from error


def _as_receive(content: AsyncIterator[bytes]) -> Receive:
    async def receive() -> Message:
        async for part in content:
            return {"type": "http.request", "body": part, "more_body": True}
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, part: bytes) -> None:
        self._value = zlib.crc32(part, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


# CRC-32C and CRC-64/NVME are not in Python's library: content with one of them is stored unchecked.
_CHECKSUMS: dict[str, Callable[[], Any]] = {
    "x-amz-checksum-crc32": _Crc32,
    "x-amz-checksum-sha1": hashlib.sha1,
    "x-amz-checksum-sha256": hashlib.sha256,
}
