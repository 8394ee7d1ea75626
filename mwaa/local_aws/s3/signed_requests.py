"""Only clients that know the key of the state get an answer from S3.

nanio has such a layer too. This one also accepts what nanio's does not: checksums after the body (`aws_chunked` reads
them), and keys with a percent sign.
"""

from __future__ import annotations

from nanio.errors import S3Error
from starlette.types import ASGIApp, Receive, Scope, Send

from mwaa.local_aws.request_signatures import SignatureCheck, SignedRequest
from mwaa.local_aws.s3.responses import send_error


class SignedRequests:
    """The layer: it refuses requests with another key or without a signature, and passes on all others."""

    def __init__(self, app: ASGIApp, signatures: SignatureCheck) -> None:
        self._app = app
        self._signatures = signatures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            try:
                self._signatures.check(_signed(scope))
            except S3Error as error:
                await send_error(send, error, scope["method"])
                return
        await self._app(scope, receive, send)


def _signed(scope: Scope) -> SignedRequest:
    return SignedRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
    )
