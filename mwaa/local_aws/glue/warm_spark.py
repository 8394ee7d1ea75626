"""One Spark that is ready for the next Glue run. It saves the run the start of Java and Java's first, slow steps: a
third of a short job. It serves one run at a time; other runs at the same time start their own Spark.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mwaa.local_aws.glue.spark_settings import mounted_buckets, spark_environment
from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.process_guard import guard

logger = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parents[3]
READY_SECONDS = 60.0
OWN_SETTINGS = ("--conf", "--extra-jars")
"""Glue arguments that change Spark's settings: a run with one of them starts its own Spark."""


@dataclass(frozen=True)
class Requirements:
    """What a Spark is started with. A run can use a Spark that was started with the same."""

    buckets: tuple[str, ...]
    python_path: str


@dataclass
class WarmProcess:
    """A running `spark_gateway`. `ready` holds the environment that joins it, once it can be used."""

    process: subprocess.Popen[str]
    requirements: Requirements
    folder: Path
    ready: Future[dict[str, str]] = field(default_factory=Future)

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")


class WarmSpark:
    """A pool with one worker: runs acquire its Spark one at a time and release it."""

    def __init__(self, layout: StateLayout, environment: dict[str, str], driver_memory: str) -> None:
        self._layout = layout
        self._environment = environment
        self._driver_memory = driver_memory
        self._lock = threading.Lock()
        self._available: WarmProcess | None = None
        self._started = 0
        self._closed = False

    def requirements(self, python_path: str) -> Requirements:
        """Return what a run with this PYTHONPATH requires now."""
        return Requirements(tuple(mounted_buckets(self._layout)), python_path)

    def prepare(self, python_path: str) -> None:
        """Start a Spark in the background, unless one is available; returns at once."""
        with self._lock:
            if not self._closed and self._available is None:
                self._available = self._start(self.requirements(python_path))

    def acquire(self, arguments: dict[str, str], python_path: str) -> Lease | None:
        """Return a Spark for a run with these Glue arguments, or None when the run must start its own."""
        if any(arguments.get(name) for name in OWN_SETTINGS):
            return None
        with self._lock:
            warm, self._available = self._available, None
        if warm is None:
            return None
        if warm.requirements != self.requirements(python_path):
            _end(warm)
            return None
        try:
            return Lease(self, warm, warm.ready.result(READY_SECONDS), warm.log.stat().st_size)
        except Exception as error:
            logger.warning("the warm Spark did not start (%s): the run starts its own; see %s", error, warm.log)
            _end(warm)
            return None

    def release(self, warm: WarmProcess, is_clean: bool) -> None:
        """Make a Spark available again. If its script was killed (`is_clean` is False), start another in its place."""
        if is_clean:
            joining, warm.ready = warm.ready.result(), Future()
            _in_background(_reset, warm, joining)
        else:
            _end(warm)
        with self._lock:
            if self._closed:
                _end(warm)
            elif self._available is None:
                self._available = warm if is_clean else self._start(warm.requirements)
            elif is_clean:
                _end(warm)

    def close(self) -> None:
        """End the available Spark and start no other."""
        with self._lock:
            self._closed = True
            warm, self._available = self._available, None
        if warm is not None:
            _end(warm)

    def _start(self, requirements: Requirements) -> WarmProcess:
        self._started += 1
        folder = self._layout.glue / f"warm-{os.getpid()}-{self._started}"
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **self._environment,
            **spark_environment(folder, self._layout, {}, self._driver_memory),
            "PYTHONPATH": requirements.python_path,
        }
        with folder.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "mwaa.local_aws.glue.spark_gateway", f"file://{folder}/warmup"],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        guard.add(process.pid)
        warm = WarmProcess(process, requirements, folder)
        _in_background(_await_ready, warm)
        return warm


@dataclass
class Lease:
    """A Spark while one run uses it.

    Attributes:
        pool: where it is released to.
        warm: its process.
        environment: the variables with which the script joins it.
        log_start: the size of Java's log at the beginning, in bytes.
    """

    pool: WarmSpark
    warm: WarmProcess
    environment: dict[str, str]
    log_start: int

    def end(self, is_clean: bool) -> bytes:
        """Release the Spark and return what Java logged meanwhile. `is_clean` is False for a run that was killed."""
        with self.warm.log.open("rb") as log:
            log.seek(self.log_start)
            logged = log.read()
        self.pool.release(self.warm, is_clean)
        return logged


def _in_background(call: Any, *arguments: Any) -> None:
    threading.Thread(target=call, args=arguments, name="warm-spark", daemon=True).start()


def _await_ready(warm: WarmProcess) -> None:
    assert warm.process.stdout is not None
    line = warm.process.stdout.readline()
    shutil.rmtree(warm.folder / "warmup", ignore_errors=True)
    try:
        if not line:
            raise RuntimeError(f"it ended with code {warm.process.wait()}")
        warm.ready.set_result(json.loads(line))
    except (RuntimeError, ValueError) as error:
        # A run that waits for this Spark must get the error at once, not after READY_SECONDS.
        warm.ready.set_exception(error)


def _reset(warm: WarmProcess, joining: dict[str, str]) -> None:
    assert warm.process.stdin is not None and warm.process.stdout is not None
    try:
        warm.process.stdin.write("reset\n")
        warm.process.stdin.flush()
        if not warm.process.stdout.readline():
            raise RuntimeError("it ended while it was being reset")
        warm.ready.set_result(joining)
    except (OSError, RuntimeError, ValueError) as error:
        warm.ready.set_exception(error)


def _end(warm: WarmProcess) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(warm.process.pid, signal.SIGKILL)
    warm.process.wait()
    guard.remove(warm.process.pid)
    shutil.rmtree(warm.folder, ignore_errors=True)
    warm.log.unlink(missing_ok=True)
