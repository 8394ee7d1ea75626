"""The HTTP server in front of the AWS services other than S3.

It reads the service from a request's signature and passes the request to the class that answers for that service.
A call that the endpoint does not serve gets an error in AWS's form, never an empty success.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError
from moto.core.request import Request
from moto.core.utils import camelcase_to_underscores
from moto.moto_server.werkzeug_app import MotoRequestHandler
from nanio.errors import S3Error
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.request_signatures import SignatureCheck, SignedRequest
from mwaa.local_aws.server.service_table import SERVICES, Service
from mwaa.local_aws.services import state

logger = logging.getLogger(__name__)

WRONG_KEY = "This endpoint answers only to the keys of its state: read them from the state folder's endpoint.json"
_READ_PREFIXES = ("Get", "Describe", "List", "BatchGet", "Filter", "Head", "Lookup", "Simulate", "AssumeRole")


class _ServerRequest(Request):
    from_wsgi_server = True


class _QuietHandler(MotoRequestHandler):
    # Keep-alive: clients make thousands of small calls.
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: Any, **kwargs: Any) -> None:
        pass


class AwsServer:
    """Serves `SERVICES` on 127.0.0.1 from background threads."""

    def __init__(self, signatures: SignatureCheck, port: int = 0) -> None:
        """Open the port (0 picks a free one).

        Args:
            signatures: accepts the clients' requests.
            port: the port.

        Raises:
            EndpointError: the port is in use.
        """
        try:
            self._server = make_server(
                "127.0.0.1", port, application(signatures), threaded=True, request_handler=_QuietHandler
            )
        except (OSError, SystemExit) as error:
            raise EndpointError(
                f"port {port} is in use: stop the process that uses it, "
                "or choose another with --port (0 picks a free one)"
            ) from error
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="aws-server", daemon=True
        )

    @property
    def url(self) -> str:
        """The value for AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to answer calls."""
        self._thread.start()

    def close(self) -> None:
        """Stop accepting calls and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def application(signatures: SignatureCheck) -> Callable[..., Iterable[bytes]]:
    """Return the WSGI application that answers AWS API calls."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = _ServerRequest(environ)
        try:
            signatures.check(_signed(request), request.get_data())
            response = _answer(request)
        except S3Error as error:
            response = _error(request, "UnrecognizedClientException", f"{error.message_text} {WRONG_KEY}", status=403)
        except NotImplementedError as error:
            response = _error(request, "UnknownOperationException", f"{error} by the local endpoint")
        except Exception as error:
            logger.exception("call failed: %s", _action(request))
            response = _error(request, "InternalFailure", f"{type(error).__name__}: {error}", status=500)
        return response(environ, start_response)

    return serve


def _signed(request: Request) -> SignedRequest:
    path, _, query = request.environ.get("RAW_URI", request.path).partition("?")
    return SignedRequest(request.method, path, query, {name.lower(): value for name, value in request.headers})


def _answer(request: Request) -> Response:
    signed_for = _signed_service(request)
    service = SERVICES.get(signed_for)
    action = _action(request)
    if service is None:
        hint = " (S3 has its own port: set AWS_ENDPOINT_URL_S3)" if signed_for == "s3" else ""
        return _error(
            request,
            "UnknownOperationException",
            f"the local endpoint does not serve '{signed_for or 'unsigned'}'{hint}; it serves s3, "
            + ", ".join(sorted(SERVICES)),
        )
    if action and not _is_served(service, action):
        return _error(
            request,
            "UnknownOperationException",
            f"the local endpoint does not implement {service.name} {action}; run it on AWS or add it to mwaa/local_aws",
        )
    guard = state.service_lock(service.name) if service.serialised else contextlib.nullcontext()
    with guard:
        try:
            status, headers, body = service.response().dispatch(request, request.raw_url, dict(request.headers))
        except ClientError as error:
            status, headers, body = 400, {}, error.response["Error"]["Message"]
    if not action.startswith(_READ_PREFIXES):
        state.touch(service.name)
    return Response(response=body, status=int(status), headers=headers)


def _is_served(service: Service, action: str) -> bool:
    if service.actions is not None:
        return action in service.actions
    return hasattr(service.response(), camelcase_to_underscores(action))


def _signed_service(request: Request) -> str:
    """Return the service in the credential scope: `Credential=<key>/<date>/<region>/<service>/aws4_request`."""
    authorization = request.headers.get("Authorization", "")
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3].lower() if len(scope) >= 5 else ""


def _action(request: Request) -> str:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    if "/operation/" in request.path:
        return request.path.rpartition("/operation/")[2]
    return request.values.get("Action", "")


def _error(request: Request, code: str, message: str, status: int = 400) -> Response:
    if request.headers.get("X-Amz-Target") or "/operation/" in request.path:
        body = json.dumps({"__type": code, "message": message, "Message": message})
        return Response(body, status, {"x-amzn-ErrorType": code}, content_type="application/x-amz-json-1.1")
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return Response(body, status, content_type="text/xml")
