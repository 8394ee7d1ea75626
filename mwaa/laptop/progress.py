"""Live progress of a DAG run for a person: a line a finished task, and the one that is running with its clock."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import IO, Any

from airflow.listeners import hookimpl

MARKS = {"success": "✓", "failed": "✗", "skipped": "–"}
STEP_SECONDS = 1.0


class Progress:
    """Airflow listener that prints to a console and keeps the spans (stage, began, ended; Unix seconds) of tasks.

    A stage is a task group of the DAG's top level, or the DAG itself where it has none.
    """

    def __init__(self, console: IO[str]) -> None:
        self.console = console
        self.spans: list[tuple[str, float, float]] = []
        self.failures: list[tuple[str, str]] = []
        self._live = console.isatty()
        self._task: tuple[str, float] | None = None
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def __enter__(self) -> Progress:
        from airflow.sdk.listener import get_listener_manager

        get_listener_manager().add_listener(self)
        if self._live:
            threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        from airflow.sdk.listener import get_listener_manager

        self._stop.set()
        get_listener_manager().pm.unregister(self)

    @hookimpl
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        """A task has begun."""
        self._task = (_label(task_instance), time.monotonic())

    @hookimpl
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        """A task has succeeded."""
        self._finish(task_instance, "success")

    @hookimpl
    def on_task_instance_skipped(self, previous_state: Any, task_instance: Any) -> None:
        """A task has decided that there is nothing to do."""
        self._finish(task_instance, "skipped")

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        """A task has failed."""
        self._finish(task_instance, "failed")
        self.failures.append((task_instance.task_id, " ".join(str(error).split())))
        self.say(f"    {self.failures[-1][1]}")

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds that tasks ran, by stage."""
        total: dict[str, float] = defaultdict(float)
        for stage, began, ended in self.spans:
            total[stage] += ended - began
        return dict(total)

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        with self._lock:
            self.console.write(("\r\x1b[K" if self._live else "") + line + "\n")
            self.console.flush()

    def _finish(self, task_instance: Any, state: str) -> None:
        label, began = self._task or (_label(task_instance), time.monotonic())
        self._task = None
        elapsed = time.monotonic() - began
        self.spans.append((_stage(task_instance), time.time() - elapsed, time.time()))
        note = "  nothing to do" if state == "skipped" else ""
        self.say(f"  {self._clock()}  {MARKS[state]} {label:<58}{elapsed:6.1f} s{note}")

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60:d}:{seconds % 60:02d}"

    def _tick(self) -> None:
        while not self._stop.wait(STEP_SECONDS):
            task = self._task
            if task:
                with self._lock:
                    elapsed = time.monotonic() - task[1]
                    self.console.write(f"\r\x1b[K  {self._clock()}  ▸ {task[0]:<58}{elapsed:6.0f} s")
                    self.console.flush()


def _label(task_instance: Any) -> str:
    index = getattr(task_instance, "map_index", -1)
    return task_instance.task_id + (f" [{index}]" if index is not None and index >= 0 else "")


def _stage(task_instance: Any) -> str:
    group, _, rest = task_instance.task_id.partition(".")
    return group if rest else task_instance.dag_id
