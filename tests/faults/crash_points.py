"""Faults inside a task: its process is killed, or AWS fails, at a chosen call to AWS.

A task of a pass has one fault for each of its first tries, so that a later try finds what several failed ones left.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.faults import service_failures

When = Literal["before", "after", "refused", "half", "unanswered", "cancelled", "failed"]

REFUSALS = {
    "s3": ("SlowDown", 503),
    "glue": ("ThrottlingException", 400),
    "athena": ("TooManyRequestsException", 400),
    "rds": ("Throttling", 400),
    "sns": ("InternalError", 500),
    "secretsmanager": ("InternalServiceError", 500),
}
"""By service: the error with which it refuses a call, and its HTTP status."""

REFUSED_CALLS = 40
"""How many calls of one try are refused: more than a client repeats. A task that waits for a job asks on for hours."""


@dataclass(frozen=True)
class Fault:
    """A fault in one try of a task.

    Attributes:
        call: number of the call to AWS at which it happens, from 1; 0 means before the task begins. Only calls that
            `service` and `operation` match are counted.
        when: `before` and `after` kill the process without and with the effect of the call. `refused` makes AWS refuse
            this call and the `REFUSED_CALLS` from it on, as often as the client repeats them. `half` breaks the
            connection when half of the request is sent, `unanswered` when the call has had its effect. `cancelled` and
            `failed` end the query or the export that the call started.
        service: for example `s3`; empty for all.
        operation: for example `PutObject`; empty for all.
    """

    call: int
    when: When
    service: str = ""
    operation: str = ""

    def concerns(self, service: str, operation: str) -> bool:
        """Return whether a call counts."""
        return self.service in ("", service) and self.operation in ("", operation)


Faults = Mapping[str, Sequence[Fault]]
"""By task id: the fault of its first try, of its second one, and so on."""


def read_faults(path: Path) -> Faults:
    """Read the faults of a pass."""
    return {task: [Fault(**entry) for entry in entries] for task, entries in json.loads(path.read_text()).items()}


def write_faults(faults: Faults, path: Path) -> None:
    """Write the faults of a pass."""
    path.write_text(json.dumps({task: [asdict(fault) for fault in tries] for task, tries in faults.items()}))


def die() -> None:
    """Kill this process as the operating system does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def armed(fault: Fault | None, happened: Callable[[str], None]) -> Iterator[list[str]]:
    """Count the calls to AWS inside the block, by name, and let the fault happen.

    Args:
        fault: the fault; None for a try without one.
        happened: called with a description right before the fault happens.
    """
    calls: list[str] = []
    if fault is not None and fault.call == 0:
        happened("before the task")
        die()
    make_call = BaseClient._make_api_call
    hit = _Injection(fault, make_call, happened, calls)
    BaseClient._make_api_call = lambda client, operation, parameters: hit(client, operation, parameters)
    try:
        yield calls
    finally:
        BaseClient._make_api_call = make_call


class _Injection:
    """Replaces botocore's method that makes a call."""

    def __init__(self, fault: Fault | None, make_call: Any, happened: Callable[[str], None], calls: list[str]) -> None:
        self._fault, self._make_call, self._happened, self._calls = fault, make_call, happened, calls
        self._counting = threading.Lock()
        self._counted = 0
        self._failing: set[str | None] = set()

    def __call__(self, client: Any, operation: str, parameters: Any) -> Any:
        service = client.meta.service_model.service_name
        with self._counting:
            self._calls.append(f"{service}.{operation}")
            fault = self._due(service, operation)
        if fault is not None:
            return self._fail(fault, client, service, operation, parameters)
        answer = self._make_call(client, operation, parameters)
        if operation == "GetQueryExecution" and parameters.get("QueryExecutionId") in self._failing:
            service_failures.blame_athena(answer)
        return answer

    def _due(self, service: str, operation: str) -> Fault | None:
        """Count a call. Return the fault if it happens at this call."""
        fault = self._fault
        if fault is None or not fault.concerns(service, operation):
            return None
        self._counted += 1
        if self._counted == fault.call:
            self._happened(f"{fault.when} {service}.{operation}")
            return fault
        is_refused = fault.when == "refused" and fault.call < self._counted < fault.call + REFUSED_CALLS
        return fault if is_refused else None

    def _fail(self, fault: Fault, client: Any, service: str, operation: str, parameters: Any) -> Any:
        if fault.when == "refused":
            code, status = REFUSALS.get(service, ("InternalFailure", 500))
            answer = {"Error": {"Code": code, "Message": "made up by a test"}}
            raise ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)
        if fault.when == "half":
            with service_failures.half_sent(client):
                return self._make_call(client, operation, parameters)
        if fault.when in ("cancelled", "failed"):
            answer = service_failures.ended(fault.when, client, operation, parameters, self._make_call)
            self._failing.add(answer.get("QueryExecutionId"))
            return answer
        if fault.when in ("after", "unanswered"):
            self._make_call(client, operation, parameters)
        if fault.when == "unanswered":
            raise ConnectionClosedError(endpoint_url=client.meta.endpoint_url)
        die()
        raise AssertionError("unreachable")
