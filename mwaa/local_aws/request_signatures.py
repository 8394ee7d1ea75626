"""AWS's signature version 4: which requests come from a client that knows the key of this state."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nanio.auth.sigv4 import verify_header_auth, verify_presigned_url

PAYLOAD_HASH = "x-amz-content-sha256"


@dataclass(frozen=True)
class SignedRequest:
    """What a signature covers. `path` and `query` are as sent; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


class SignatureCheck:
    """Compares signatures with the one key of a state."""

    def __init__(self, access_key: str, secret_key: str) -> None:
        self._secrets = {access_key: secret_key}

    def check(self, request: SignedRequest, body: bytes | None = None) -> None:
        """Accept a request that was signed with this key.

        Args:
            request: what was signed.
            body: the content, where the client does not send its hash as a header (all services except S3).

        Raises:
            nanio.errors.S3Error: the signature is missing or wrong, or another key made it.
        """
        if "X-Amz-Algorithm=" in request.query:
            verify_presigned_url(
                method=request.method,
                path=request.path,
                query=request.query,
                headers=request.headers,
                secret_lookup=self._secrets.get,
            )
            return
        headers = request.headers
        if body is not None and PAYLOAD_HASH not in headers:
            headers = {**headers, PAYLOAD_HASH: hashlib.sha256(body).hexdigest()}
        verify_header_auth(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=headers,
            secret_lookup=self._secrets.get,
        )
