"""Conditional requests, which nanio does not know: `If-Match` and `If-None-Match` on reads and writes.

A lease or a pointer in S3 is an object that is changed only when it is still the one that was read. S3 guarantees that
of several such writers exactly one wins, and so does this layer. It lies in front of nanio (an ASGI application).

Why no writer can come in between: nanio serves every request on one event loop. A condition is checked after the whole
body has arrived, and from there to the change of the file nanio never waits. `FolderStorage` checks where nanio reads
the body itself. Programs that write to the folders without S3 are not stopped by a condition.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, unquote

from nanio.errors import NoSuchKey, NotImplemented_, PreconditionFailed, S3Error
from nanio.storage.backend import ObjectInfo
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mwaa.local_aws.s3.responses import send_answer, send_error


class ObjectLookup(Protocol):
    """What a condition is compared with."""

    def head_object(self, bucket: str, key: str) -> ObjectInfo:
        """Return what is stored; raises `NoSuchKey`."""


@dataclass(frozen=True)
class Condition:
    """The two headers of a request, without quotes; None where a header is missing."""

    if_match: frozenset[str] | None
    if_none_match: frozenset[str] | None

    @classmethod
    def of(cls, headers: Mapping[str, str], prefix: str = "") -> Condition | None:
        """Return what the headers ask for; None when they set no condition."""
        asked = (_etags(headers.get(f"{prefix}if-match")), _etags(headers.get(f"{prefix}if-none-match")))
        return None if asked == (None, None) else cls(*asked)

    def check_write(self, storage: ObjectLookup, bucket: str, key: str) -> None:
        """Refuse a write whose condition does not hold.

        Raises:
            PreconditionFailed: another object is stored than `If-Match` names, or one where none should be.
            NoSuchKey: `If-Match` is given and nothing is stored.
            NotImplemented_: `If-None-Match` names an ETag; S3 takes only `*` on writes.
        """
        if self.if_none_match is not None and self.if_none_match != {"*"}:
            raise NotImplemented_("S3 takes only '*' for If-None-Match on a write: leave the ETag out")
        try:
            stored = _bare(storage.head_object(bucket, key).etag)
        except NoSuchKey:
            if self.if_match is not None:
                raise
            return
        if self.if_none_match is not None or not self._matches(stored):
            raise PreconditionFailed(resource=f"{bucket}/{key}")

    def read_status(self, etag: str) -> int:
        """Return the status of a read of an object with this ETag: 200, 304 (not modified) or 412."""
        stored = _bare(etag)
        if not self._matches(stored):
            return 412
        if self.if_none_match is not None and ({stored, "*"} & self.if_none_match):
            return 304
        return 200

    def _matches(self, stored: str) -> bool:
        return self.if_match is None or bool({stored, "*"} & self.if_match)


_of_this_request: ContextVar[Condition | None] = ContextVar("condition", default=None)


async def checked_at_the_end(
    body: AsyncIterator[bytes], storage: ObjectLookup, bucket: str, key: str
) -> AsyncIterator[bytes]:
    """Pass on the chunks of a body, then check the condition of the request that is being served."""
    async for chunk in body:
        yield chunk
    condition = _of_this_request.get()
    if condition is not None:
        condition.check_write(storage, bucket, key)


class ConditionalRequests:
    """The layer: it answers what a condition rules out, and passes everything else to nanio."""

    def __init__(self, app: ASGIApp, storage: ObjectLookup) -> None:
        self._app = app
        self._storage = storage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        bucket, _, key = scope.get("path", "").lstrip("/").partition("/")
        if scope["type"] != "http" or not key:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        condition = Condition.of(headers)
        try:
            self._check_copy_source(headers)
            if condition is None:
                await self._app(scope, receive, send)
            elif scope["method"] in ("GET", "HEAD"):
                await self._read(condition, bucket, key, scope, receive, send)
            else:
                await self._write(condition, bucket, key, scope, receive, send)
        except S3Error as error:
            await send_error(send, error, scope["method"])

    async def _read(
        self, condition: Condition, bucket: str, key: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        etag = self._storage.head_object(bucket, key).etag
        status = condition.read_status(etag)
        if status == 304:
            await send_answer(send, 304, b"", etag)
        elif status == 412:
            raise PreconditionFailed(resource=f"{bucket}/{key}")
        else:
            await self._app(scope, receive, send)

    async def _write(
        self, condition: Condition, bucket: str, key: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        query = _operation_parameters(scope)
        method = scope["method"]
        if method == "DELETE" and not query:
            condition.check_write(self._storage, bucket, key)
        elif method == "POST" and "uploadId" in query:
            # The list of parts is read here: nanio completes the upload without waiting for anything else.
            receive = _replay(await _whole_body(receive))
            condition.check_write(self._storage, bucket, key)
        elif method != "PUT" or query:
            asked = ", ".join([method, *query])
            raise NotImplemented_(f"the local S3 takes no If-Match or If-None-Match with {asked}")
        token = _of_this_request.set(condition)
        try:
            await self._app(scope, receive, send)
        finally:
            _of_this_request.reset(token)

    def _check_copy_source(self, headers: Mapping[str, str]) -> None:
        condition = Condition.of(headers, "x-amz-copy-source-")
        source = unquote(headers.get("x-amz-copy-source", "")).lstrip("/")
        if condition is not None and source:
            bucket, _, key = source.partition("/")
            if condition.read_status(self._storage.head_object(bucket, key).etag) != 200:
                raise PreconditionFailed(resource=source)


def _operation_parameters(scope: Scope) -> list[str]:
    """Return the names in the query that choose another operation: not a signature's and not an SDK's own."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    return [name for name in query if name != "x-id" and not name.lower().startswith("x-amz-")]


def _etags(header: str | None) -> frozenset[str] | None:
    return None if header is None else frozenset(_bare(etag) for etag in header.split(","))


def _bare(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"')


async def _whole_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
