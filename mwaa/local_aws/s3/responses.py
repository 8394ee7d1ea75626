"""Answers of the layers in front of nanio, in S3's form."""

from __future__ import annotations

from nanio.errors import S3Error
from starlette.types import Send


async def send_error(send: Send, error: S3Error, method: str) -> None:
    """Answer with an error; a HEAD has no body."""
    await send_answer(send, error.http_status, b"" if method == "HEAD" else error.to_xml())


async def send_answer(send: Send, status: int, body: bytes, etag: str = "") -> None:
    """Answer with a status and a body of XML, which can be empty."""
    headers = [(b"etag", etag.encode("latin-1"))] if etag else []
    if status != 304:
        headers += [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode("ascii"))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
