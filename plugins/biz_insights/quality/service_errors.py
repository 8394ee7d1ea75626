"""Audits whose queries a service refuses: the first refusal ends the audit, and Airflow repeats it.

Each refused query has waited for its retries, and Great Expectations asks each query of a rule several times. A suite
whose rules were all asked would take many minutes to learn nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from biz_insights.aws.transient_errors import is_transient_text


class AuditInterruptedError(Exception):
    """A service did not answer an audit, so nothing is known about the data. Airflow repeats the task."""


@contextmanager
def ended_by_a_refusal(engine: Any) -> Iterator[None]:
    """Send no further query to a SQLAlchemy engine once a service has refused one.

    The queries that are not sent fail with `AuditInterruptedError` and the text of the first refusal.
    """
    from sqlalchemy import event

    refusals: list[str] = []

    def remember(failed: Any) -> None:
        if is_transient_text(str(failed.original_exception)):
            refusals.append(str(failed.original_exception))

    def refuse(*_: Any) -> None:
        if refusals:
            raise AuditInterruptedError(refusals[0])

    event.listen(engine, "handle_error", remember)
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "handle_error", remember)
        event.remove(engine, "before_cursor_execute", refuse)
