"""Faults inside a task: its process is killed, or AWS refuses, at a chosen call to AWS."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from botocore.client import BaseClient
from botocore.exceptions import ClientError

When = Literal["before", "after", "refused"]

REFUSALS = {
    "s3": ("SlowDown", 503),
    "glue": ("ThrottlingException", 400),
    "athena": ("TooManyRequestsException", 400),
    "rds": ("Throttling", 400),
    "sns": ("InternalError", 500),
    "secretsmanager": ("InternalServiceError", 500),
}
"""By service: the error with which it refuses a call, and its HTTP status."""


@dataclass(frozen=True)
class Fault:
    """A fault in the first try of a task.

    Attributes:
        call: number of the call to AWS at which it happens, from 1; 0 means before the task begins.
        when: `before` and `after` kill the process without and with the effect of the call; `refused` makes AWS refuse
            the call and those after it, as often as the client retries it.
        service: for `refused`: the service that refuses, for example `s3`; empty for all.
    """

    call: int
    when: When
    service: str = ""

    @classmethod
    def read(cls, path: Path) -> dict[str, Fault]:
        """Read the faults of a run by task id."""
        return {task: cls(**entry) for task, entry in json.loads(path.read_text()).items()}

    @staticmethod
    def write(faults: dict[str, Fault], path: Path) -> None:
        """Write the faults of a run."""
        path.write_text(json.dumps({task: asdict(fault) for task, fault in faults.items()}))


def die() -> None:
    """Kill this process as the operating system does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def armed(fault: Fault | None) -> Iterator[list[str]]:
    """Count the calls to AWS inside the block, by name, and let the fault happen."""
    calls: list[str] = []
    counting = threading.Lock()
    make_call = BaseClient._make_api_call

    def counted(client: Any, operation: str, parameters: Any) -> Any:
        service = client.meta.service_model.service_name
        with counting:
            if fault is None or not fault.service or fault.service == service:
                calls.append(f"{service}.{operation}")
            number = len(calls)
        if fault is None or number < fault.call or (fault.service and fault.service != service):
            return make_call(client, operation, parameters)
        if fault.when == "refused":
            code, status = REFUSALS.get(service, ("InternalFailure", 500))
            answer = {"Error": {"Code": code, "Message": "made up by a test"}}
            raise ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)
        if number > fault.call:
            return make_call(client, operation, parameters)
        if fault.when == "after":
            make_call(client, operation, parameters)
        die()
        raise AssertionError("unreachable")

    if fault is not None and fault.call == 0:
        die()
    BaseClient._make_api_call = counted  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        BaseClient._make_api_call = make_call  # type: ignore[method-assign]
