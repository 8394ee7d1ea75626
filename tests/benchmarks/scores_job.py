"""The scores job in a process of its own, timed by part: prints wall and CPU seconds of each as one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psutil

from spark_jobs import customer_scores as job

PARTS = {
    "job_session": "start",
    "read_inputs": "reading",
    "read_customers": "reading",
    "gather": "statistics",
    "fit_purchases": "fit",
    "fit_values": "fit",
    "run_backtests": "back-tests",
    "frozen_cutoffs": "back-tests",
    "loyalty_effects": "loyalty",
}
"""Functions by part. The rest is the scores, which are computed while they are written."""


def cpu_seconds() -> float:
    """Return CPU seconds of this process, the JVM and the Python workers, also of those that have ended."""
    roots = [psutil.Process()]
    if "SPARK_PID" in os.environ:  # the job joined a Spark that was up
        roots.append(psutil.Process(int(os.environ["SPARK_PID"])))
    times = [process.cpu_times() for root in roots for process in (root, *root.children(recursive=True))]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


class Stopwatch:
    """Measure seconds by part; a part within another is subtracted from it."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)
        self._within: list[str] = []
        self._since = (0.0, 0.0)

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            self._turn()
            self._within.append(part)
            try:
                return function(*arguments, **options)
            finally:
                self._turn()
                self._within.pop()

        return run

    def _turn(self) -> None:
        now = (time.monotonic(), cpu_seconds())
        if self._within:
            self.wall[self._within[-1]] += now[0] - self._since[0]
            self.cpu[self._within[-1]] += now[1] - self._since[1]
        self._since = now


def main(argv: list[str]) -> None:
    """Run the job with Glue's arguments."""
    stopwatch = Stopwatch()
    for name, part in PARTS.items():
        setattr(job, name, stopwatch.timed(part, getattr(job, name)))
    stopwatch.timed("scores", job.main)(argv)
    print(json.dumps({"wall": stopwatch.wall, "cpu": stopwatch.cpu}))


if __name__ == "__main__":
    main(sys.argv[1:])
