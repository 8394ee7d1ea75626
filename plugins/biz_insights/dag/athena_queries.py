"""One Athena statement: start it, wait for its end, and name the cause when it fails."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from airflow.exceptions import AirflowException
from botocore.exceptions import ClientError

from biz_insights.aws.transient_errors import is_transient
from biz_insights.errors import PermanentError

log = logging.getLogger(__name__)

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")

USER_ERROR = 2
"""Athena's error category for a mistake in the statement: the same statement would fail again."""

LONGEST_SECONDS = 270 * 60.0
"""How long to wait for one statement: the longest timeout that Athena's quota allows (240 minutes) and a queue before
it. Athena itself ends a statement at the account's own timeout, 30 minutes unless raised."""


@dataclass(frozen=True)
class Purpose:
    """What a statement is for, as its errors say it.

    Attributes:
        doing: such as `building mart_sales_trends`.
        next_step: what to do about a mistake in the SQL.
    """

    doing: str
    next_step: str

    def mistake(self, reason: str) -> PermanentError:
        """Return the error for a mistake in the statement."""
        return PermanentError(f"{self.doing}: {reason}; {self.next_step}")


def start(hook: Any, statement: str, where: dict[str, str], workgroup: str, token: str | None, purpose: Purpose) -> str:
    """Start a statement in the database and catalog `where`. Return the query id.

    Raises:
        PermanentError: Athena cannot parse the text. It then refuses the call and starts no query.
    """
    try:
        return hook.run_query(statement, where, {}, token, workgroup)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidRequestException":
            raise
        raise purpose.mistake(error.response["Error"]["Message"]) from error


def wait_for_success(hook: Any, query_id: str, poll_seconds: float, purpose: Purpose) -> None:
    """Wait for the end of a query.

    Raises:
        PermanentError: a mistake in the statement.
        AirflowException: it failed otherwise, was cancelled, or has not ended after `LONGEST_SECONDS`. A query that
            has not ended is stopped.
    """
    until = time.monotonic() + LONGEST_SECONDS
    while True:
        status = _status(hook, query_id)
        if status and status["State"] in ENDED:
            break
        if time.monotonic() > until:
            hook.stop_query(query_id)
            raise AirflowException(
                f"{purpose.doing}: query {query_id} has not ended after {LONGEST_SECONDS / 60:.0f} minutes and has "
                "been stopped; look at its plan in Athena, then clear the task"
            )
        time.sleep(poll_seconds)
    if status["State"] != "SUCCEEDED":
        raise _failure(status, query_id, purpose)


def _status(hook: Any, query_id: str) -> dict[str, Any] | None:
    try:
        return hook.get_query_info(query_id)["QueryExecution"]["Status"]
    except Exception as error:
        if not is_transient(error):
            raise
        log.warning("query %s: asking again after %s", query_id, error)
        return None


def _failure(status: dict[str, Any], query_id: str, purpose: Purpose) -> AirflowException:
    error = status.get("AthenaError", {})
    reason = f"{status.get('StateChangeReason', status['State'])} (query {query_id})"
    if status["State"] == "CANCELLED":
        return AirflowException(
            f"{purpose.doing}: query {query_id} was cancelled, by somebody or by a limit of the workgroup "
            f"({status.get('StateChangeReason', 'no reason given')}); it is tried again, or clear the task"
        )
    if error.get("ErrorCategory") == USER_ERROR and not error.get("Retryable"):
        return purpose.mistake(reason)
    return AirflowException(f"{purpose.doing}: {reason}")
