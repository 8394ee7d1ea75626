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

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.layout import ACCESS_KEY, REGION, SECRET_KEY
from mwaa.local_aws.s3.conditional_requests import ConditionalRequests
from mwaa.local_aws.s3.nanio_internals import FolderStorage

START_SECONDS = 10.0


class S3Server:
    """Serves the folders under `root` as buckets on 127.0.0.1."""

    def __init__(self, root: Path, port: int = 0) -> None:
        """Open the port (0 picks a free one).

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
        app = build_app(
            Settings(
                data_dir=root,
                region=REGION,
                credentials=StaticCredentialResolver({ACCESS_KEY: SECRET_KEY}),
                # Accept every client on this machine: tools differ in their presigned URLs and default credentials.
                auth_disabled=True,
            )
        )
        app.state.storage = FolderStorage(root)
        served = ConditionalRequests(app, app.state.storage)
        config = uvicorn.Config(
            served, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1
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
