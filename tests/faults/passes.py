"""The passes: runs in which every task suffers faults of one kind, and Airflow or an operator repeats it.

Each task's faults are chosen from the calls to AWS that it makes in the run without faults.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from tests.faults.crash_points import Fault, Faults

Calls = Mapping[str, Sequence[str]]
"""By task: the calls that it makes, such as `glue.GetTable`, in order."""


def killed(calls: Calls) -> Faults:
    """Kill each task before it begins, then after its first call, then after its last call, which has its effect."""
    return {
        task: [Fault(0, "before"), *([Fault(1, "after"), Fault(len(made), "after")] if made else [])]
        for task, made in calls.items()
    }


def killed_at_random(calls: Calls, seed: int, tries: int = 1) -> Faults:
    """Kill each task at any of its calls, as often before the call takes effect as after."""
    chance = random.Random(seed)

    def fault(made: Sequence[str]) -> Fault:
        if not made:
            return Fault(0, "before")
        return Fault(chance.randint(1, len(made)), "before" if chance.random() < 0.5 else "after")

    return {task: [fault(made) for _ in range(tries)] for task, made in calls.items()}


def refused(calls: Calls, services: Sequence[str]) -> Faults:
    """Let each service that a task uses refuse it, one service a try, beyond the client's own retries."""

    def used(made: Sequence[str]) -> list[str]:
        return [service for service in services if any(call.startswith(f"{service}.") for call in made)]

    return {task: [Fault(1, "refused", service) for service in used(made)] for task, made in calls.items()}


def refused_midway(calls: Calls, seed: int) -> Faults:
    """Let AWS refuse everything from a call in the middle of each task on."""
    chance = random.Random(seed)
    return {task: [Fault(chance.randint(1, len(made)), "refused")] for task, made in calls.items() if made}


def writes_lost(calls: Calls) -> Faults:
    """Break the connection in the middle of each task's first write to S3; in its next try, right after a write."""
    found = {}
    for task, made in calls.items():
        written = [call for call in made if call == "s3.PutObject"]
        if written:
            last = len(written)
            found[task] = [Fault(1, "half", "s3", "PutObject"), Fault(last, "unanswered", "s3", "PutObject")]
    return found


def queries_ended(calls: Calls) -> Faults:
    """Stop a query of each build, and let one fail in its next try."""
    query = ("athena", "StartQueryExecution")
    return {
        task: [Fault(1, "cancelled", *query), Fault(1, "failed", *query)]
        for task, made in calls.items()
        if task.endswith(".build") and ".".join(query) in made
    }


def exports_ended() -> Faults:
    """Cancel the export, and let the next one fail."""
    return {
        "extract.start_export": [
            Fault(1, "cancelled", "rds", "StartExportTask"),
            Fault(1, "failed", "rds", "StartExportTask"),
        ]
    }


PASSES: dict[str, Callable[[Calls], Faults]] = {
    "killed before, after the first call, after the last call": killed,
    "killed at random calls, seed 1": lambda calls: killed_at_random(calls, 1),
    "killed at random calls, three times, seed 2": lambda calls: killed_at_random(calls, 2, 3),
    "killed at random calls, three times, seed 3": lambda calls: killed_at_random(calls, 3, 3),
    "refused by S3, Glue and Athena": lambda calls: refused(calls, ("s3", "glue", "athena")),
    "refused by RDS, SNS and Secrets Manager": lambda calls: refused(calls, ("rds", "sns", "secretsmanager")),
    "refused midway": lambda calls: refused_midway(calls, 4),
    "writes to S3 broken off": writes_lost,
    "queries stopped and failed": queries_ended,
    "exports cancelled and failed": lambda calls: exports_ended(),
}
"""By name: the faults of a pass."""

FAST = ("killed at random calls, seed 1",)
"""The passes of `make test`."""
