"""Live progress of a DAG run: a line for each finished task, and the running tasks with their seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa.local_runner.task_processes import Event

MARKS = {"success": "✓", "failed": "✗", "skipped": "–"}
STEP_SECONDS = 1.0


def stage_seconds(spans: Iterable[tuple[str, float, float]]) -> dict[str, float]:
    """Return the seconds in which at least one task of a stage ran, by stage.

    Args:
        spans: stage, begin and end (Unix seconds) of each task.
    """
    total: dict[str, float] = {}
    until: dict[str, float] = {}
    for stage, began, ended in sorted(spans, key=lambda span: span[1]):
        uncounted = max(began, until.get(stage, began))
        total[stage] = total.get(stage, 0.0) + max(0.0, ended - uncounted)
        until[stage] = max(ended, until.get(stage, ended))
    return total


class Progress:
    """Prints a run's progress to a console and records the tasks' spans: (stage, begin, end) in Unix seconds.

    A stage is a task group at the DAG's top level, or the DAG itself for a task without a group.
    """

    def __init__(self, console: IO[str]) -> None:
        self.console = console
        self.spans: list[tuple[str, float, float]] = []
        self.failures: list[tuple[str, str]] = []
        self._live = console.isatty()
        self._running: dict[str, float] = {}
        self._dag = ""
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def __enter__(self) -> Progress:
        if self._live:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def begin(self, dag_id: str, about: str) -> None:
        """Begin a DAG: the tasks that follow belong to it."""
        self._dag = dag_id
        self.say(f"{dag_id}{about}")

    def on_event(self, event: Event) -> None:
        """Record and print a change of a task, or print a warning."""
        state, task_id, index, error = event
        if state == "warning":
            self.say(f"  warning  {error}")
            return
        label = task_id if index < 0 else f"{task_id} [{index}]"
        if state == "running":
            with self._lock:
                # A deferred task runs twice. It began when it began first.
                self._running.setdefault(label, time.time())
            return
        self._finish(label, state)
        if state == "failed":
            self.failures.append((task_id, error))
            self.say(f"    {error}")

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by stage, see `stage_seconds`."""
        return stage_seconds(self.spans)

    def say(self, line: str) -> None:
        """Print a line above the live line."""
        with self._lock:
            self.console.write(("\r\x1b[K" if self._live else "") + line + "\n")
            self.console.flush()

    def _finish(self, label: str, state: str) -> None:
        now = time.time()
        with self._lock:
            began = self._running.pop(label, now)
        group, _, rest = label.partition(".")
        self.spans.append((group if rest else self._dag, began, now))
        note = "  nothing to do" if state == "skipped" else ""
        self.say(f"  {self._clock()}  {MARKS[state]} {label:<58}{now - began:6.1f} s{note}")

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60:d}:{seconds % 60:02d}"

    def _tick(self) -> None:
        while not self._stop.wait(STEP_SECONDS):
            with self._lock:
                now = time.time()
                tasks = "  ".join(f"{label} {now - began:.0f} s" for label, began in self._running.items())
                if tasks:
                    self.console.write(f"\r\x1b[K  {self._clock()}  ▸ {tasks[:100]}")
                    self.console.flush()
