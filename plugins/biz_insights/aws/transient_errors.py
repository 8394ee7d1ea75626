"""Which errors of an AWS call pass by themselves."""

from __future__ import annotations

import re

from airflow.providers.amazon.aws.utils.waiter_with_logging import RETRIABLE_ERROR_CODES
from botocore.exceptions import BotoCoreError, ClientError

SERVER_ERROR_CODES = frozenset(
    {
        "InternalError", "InternalServerException", "InternalServiceError", "InternalServiceException",
        "ServiceUnavailableException", "SlowDown",
    }
)  # fmt: skip
"""Codes that come with an HTTP status from 500 on, which the text of an error does not show."""

CALL_ERROR = re.compile(r"An error occurred \((\w+)\).* when calling the \w+ operation")
CONNECTION_ERROR = re.compile(
    r"Could not connect to the endpoint URL|Connection was closed before we received a valid response|"
    r"(?:Read|Connect) timeout on endpoint URL"
)
"""Texts of botocore's errors."""


def is_transient(error: Exception) -> bool:
    """Return whether the same call may succeed later: throttling, a fault of the service, a lost connection.

    Whoever waits for a long job asks again after such an error. The job runs on, whatever happens to one question.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in RETRIABLE_ERROR_CODES or status >= 500
    return isinstance(error, BotoCoreError)


def is_transient_text(message: str) -> bool:
    """Return whether the text of an error is that of a transient one, where a library has kept only the text."""
    call = CALL_ERROR.search(message)
    if call:
        return call[1] in RETRIABLE_ERROR_CODES or call[1] in SERVER_ERROR_CODES
    return CONNECTION_ERROR.search(message) is not None
