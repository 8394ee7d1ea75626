"""Which errors of an AWS call pass by themselves."""

from __future__ import annotations

from airflow.providers.amazon.aws.utils.waiter_with_logging import RETRIABLE_ERROR_CODES
from botocore.exceptions import BotoCoreError, ClientError


def is_transient(error: Exception) -> bool:
    """Return whether the same call may succeed later: throttling, a fault of the service, a lost connection.

    Whoever waits for a long job asks again after such an error. The job runs on, whatever happens to one question.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in RETRIABLE_ERROR_CODES or status >= 500
    return isinstance(error, BotoCoreError)
