"""S3 on plain folders: nanio, served by uvicorn from a background thread."""

from __future__ import annotations

import logging
import socket
import threading
import time
from pathlib import Path

import uvicorn
from nanio.app import build_app
from nanio.auth.credentials import StaticCredentialResolver
from nanio.config import Settings
from nanio.errors import InternalError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.layout import REGION
from mwaa.local_aws.request_signatures import SignatureCheck
from mwaa.local_aws.s3.aws_chunked import ChunkedBodies
from mwaa.local_aws.s3.conditional_requests import ConditionalRequests
from mwaa.local_aws.s3.nanio_internals import FolderStorage
from mwaa.local_aws.s3.signed_requests import SignedRequests

logger = logging.getLogger(__name__)

START_SECONDS = 10.0


class S3Server:
    """Serves the folders under `root` as buckets on 127.0.0.1."""

    def __init__(self, root: Path, signatures: SignatureCheck, port: int = 0) -> None:
        """Open the port (0 picks a free one).

        Args:
            root: the folder of the buckets.
            signatures: accepts the clients' requests.
            port: the port.

        Raises:
            EndpointError: the port is in use.
        """
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError as error:
            self._socket.close()
            raise EndpointError(
                f"port {port} is in use: stop the process that uses it, "
                "or choose another with --s3-port (0 picks a free one)"
            ) from error
        logging.getLogger("nanio").setLevel(logging.WARNING)
        config = uvicorn.Config(
            _application(root, signatures),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="s3-server", daemon=True
        )

    @property
    def url(self) -> str:
        """The value for AWS_ENDPOINT_URL_S3."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Begin to answer calls; returns when the server accepts connections."""
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise EndpointError("the S3 server did not start: see endpoint.log in the state folder")
            time.sleep(0.01)

    def close(self) -> None:
        """Stop accepting calls and free the port."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()


def _application(root: Path, signatures: SignatureCheck) -> ASGIApp:
    """Return nanio with its layers: signature, chunks and conditions are checked in this order."""
    # nanio wants a key also where it does not check signatures.
    unused = StaticCredentialResolver({"unused": "unused"})
    app = build_app(Settings(data_dir=root, region=REGION, credentials=unused, auth_disabled=True))
    app.state.storage = FolderStorage(root)
    app.add_exception_handler(OSError, _storage_failed)
    return SignedRequests(ChunkedBodies(ConditionalRequests(app, app.state.storage)), signatures)


async def _storage_failed(request: Request, error: Exception) -> Response:
    """Say why the folder refused, such as a full disk; otherwise the client would read `InternalError` alone."""
    reason = getattr(error, "strerror", None) or str(error)
    logger.error("%s %s: %s", request.method, request.url.path, error)
    failure = InternalError(f"the folder of the buckets refused {request.method} {request.url.path}: {reason}")
    return Response(failure.to_xml(), failure.http_status, media_type="application/xml")
