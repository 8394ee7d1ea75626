"""Failures of AWS while a call is made: a request that is cut off, a query or an export that does not succeed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ConnectionClosedError


@contextmanager
def half_sent(client: Any) -> Iterator[None]:
    """Break each connection of the client when half of the request's bytes are sent."""

    def cut_off(request: Any, **_: Any) -> None:
        parts = urlsplit(request.url)
        body = request.body or b""
        body = body.read() if hasattr(body, "read") else body
        body = body.encode() if isinstance(body, str) else bytes(body)
        names = {**{name: _text(value) for name, value in request.headers.items()}, "Content-Length": str(len(body))}
        names.setdefault("Host", parts.netloc)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        head = "".join(f"{name}: {value}\r\n" for name, value in names.items() if name.lower() != "expect")
        message = f"{request.method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
        with suppress(OSError), socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(message[: len(message) - max(1, len(body) // 2)])
        raise ConnectionClosedError(endpoint_url=request.url)

    events = client.meta.events
    events.register_first("before-send", cut_off)
    try:
        yield
    finally:
        events.unregister("before-send", cut_off)


def ended(how: str, client: Any, operation: str, parameters: Any, make_call: Any) -> Any:
    """Make a call that starts a query or an export, and end what it started: stopped, or failed. Return its answer."""
    if operation == "StartExportTask" and how == "failed":
        # RDS refuses a prefix that holds files, and says so in the status of the export.
        import boto3

        key = f"{parameters['S3Prefix']}/{parameters['ExportTaskIdentifier']}/occupied"
        boto3.client("s3").put_object(Bucket=parameters["S3BucketName"], Key=key, Body=b"")
    if operation == "StartQueryExecution" and how == "failed":
        parameters = {**parameters, "QueryString": _failing(parameters["QueryString"])}
    answer = make_call(client, operation, parameters)
    if how == "cancelled" and operation == "StartExportTask":
        with suppress(client.exceptions.ClientError):
            make_call(client, "CancelExportTask", {"ExportTaskIdentifier": parameters["ExportTaskIdentifier"]})
    elif how == "cancelled":
        make_call(client, "StopQueryExecution", {"QueryExecutionId": answer["QueryExecutionId"]})
    return answer


def blame_athena(answer: Any) -> None:
    """Turn the error of a failed statement into one of Athena itself, for which the statement is not to blame."""
    error = answer["QueryExecution"]["Status"].get("AthenaError")
    if error:
        error.update({"ErrorCategory": 1, "Retryable": True})


def _failing(statement: str) -> str:
    """Return a statement that creates the same table and fails when a row is read."""
    head, word, select = statement.partition("\nAS\n") if "\nAS\n" in statement else statement.partition(" AS ")
    return f"{head}{word}SELECT * FROM ({select}) AS rows_ WHERE 1 / (length('a') - 1) = 1"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
