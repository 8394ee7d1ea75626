"""The error for failures that no retry can fix.

A transient failure (throttling, a lost connection) raises its own exception, and Airflow retries the task. A permanent
failure comes from the data or the settings. Retrying it would cost time and money.
"""

from __future__ import annotations

from airflow.sdk.exceptions import AirflowFailException


class PermanentError(AirflowFailException):
    """Fail the task at once. The message says on one line what is wrong, with the value, and what to do next."""
