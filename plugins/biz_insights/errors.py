"""The two kinds of failure: one that a retry may cure, one that it cannot.

A transient failure (throttling, a lost connection) is left to raise whatever it raises, and Airflow retries.
A permanent one is a fact about the data or the settings; retrying it costs time and money.
"""

from __future__ import annotations

from airflow.sdk.exceptions import AirflowFailException


class PermanentError(AirflowFailException):
    """Fails the task at once. The message names the thing, the value and the next step, on one line."""
