"""One Spark kept ready for Glue runs that need nothing of their own: it saves each the start of Java and its
first, slow steps (a third of a short job). It serves one run at a time; other runs start their own, as ever.
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

logger = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parents[3]
READY_SECONDS = 60.0
OWN_SETTINGS = ("--conf", "--extra-jars")


@dataclass(frozen=True)
class Needs:
    """What a Spark is started with; a run may use one that was started with the same."""

    buckets: tuple[str, ...]
    python_path: str


@dataclass
class WarmProcess:
    """A running `spark_gateway`: its process, its folder and log, and the environment that joins it once ready."""

    process: subprocess.Popen[str]
    needs: Needs
    folder: Path
    ready: Future[dict[str, str]] = field(default_factory=Future)

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")


class WarmSpark:
    """Keeps one Spark ready, lends it to one run at a time and takes it back."""

    def __init__(self, layout: StateLayout, environment: dict[str, str], driver_memory: str) -> None:
        self._layout = layout
        self._environment = environment
        self._driver_memory = driver_memory
        self._lock = threading.Lock()
        self._idle: WarmProcess | None = None
        self._started = 0
        self._closed = False

    def needs(self, python_path: str) -> Needs:
        """What a run with this PYTHONPATH needs now."""
        return Needs(tuple(mounted_buckets(self._layout)), python_path)

    def prepare(self, python_path: str) -> None:
        """Start a Spark in the background; returns at once."""
        with self._lock:
            if not self._closed and self._idle is None:
                self._idle = self._start(self.needs(python_path))

    def lend(self, arguments: dict[str, str], python_path: str) -> Loan | None:
        """A Spark for a run with these Glue arguments; None when the run must start its own."""
        if any(arguments.get(name) for name in OWN_SETTINGS):
            return None
        with self._lock:
            warm, self._idle = self._idle, None
        if warm is None:
            return None
        if warm.needs != self.needs(python_path):
            _end(warm)
            return None
        try:
            return Loan(self, warm, warm.ready.result(READY_SECONDS), warm.log.stat().st_size)
        except Exception as error:
            logger.warning("the warm Spark did not come up (%s): the run starts its own; log %s", error, warm.log)
            _end(warm)
            return None

    def take_back(self, warm: WarmProcess, is_clean: bool) -> None:
        """Make a lent Spark available again; one whose script was killed is replaced."""
        if is_clean:
            joining, warm.ready = warm.ready.result(), Future()
            _in_background(_reset, warm, joining)
        else:
            _end(warm)
        with self._lock:
            if self._closed:
                _end(warm)
            elif self._idle is None:
                self._idle = warm if is_clean else self._start(warm.needs)
            elif is_clean:
                _end(warm)

    def close(self) -> None:
        """End the Spark that waits."""
        with self._lock:
            self._closed = True
            warm, self._idle = self._idle, None
        if warm is not None:
            _end(warm)

    def _start(self, needs: Needs) -> WarmProcess:
        self._started += 1
        folder = self._layout.glue / f"warm-{os.getpid()}-{self._started}"
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            **self._environment,
            **spark_environment(folder, self._layout, {}, self._driver_memory),
            "PYTHONPATH": needs.python_path,
        }
        with folder.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "mwaa.local_aws.glue.spark_gateway", f"file://{folder}/exercise"],
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        warm = WarmProcess(process, needs, folder)
        _in_background(_await_ready, warm)
        return warm


@dataclass
class Loan:
    """A Spark in the hands of one run: the environment with which its script joins, and Java's log from here on."""

    owner: WarmSpark
    warm: WarmProcess
    environment: dict[str, str]
    log_start: int

    def end(self, is_clean: bool) -> bytes:
        """Give it back; returns what Java logged meanwhile. `is_clean` is False for a run that was killed."""
        with self.warm.log.open("rb") as log:
            log.seek(self.log_start)
            said = log.read()
        self.owner.take_back(self.warm, is_clean)
        return said


def _in_background(call: Any, *arguments: Any) -> None:
    threading.Thread(target=call, args=arguments, name="warm-spark", daemon=True).start()


def _await_ready(warm: WarmProcess) -> None:
    assert warm.process.stdout is not None
    line = warm.process.stdout.readline()
    shutil.rmtree(warm.folder / "exercise", ignore_errors=True)
    try:
        if not line:
            raise RuntimeError(f"it ended with code {warm.process.wait()}")
        warm.ready.set_result(json.loads(line))
    except (RuntimeError, ValueError) as error:
        # Who waits for it must hear of it, or a run would wait until READY_SECONDS are over.
        warm.ready.set_exception(error)


def _reset(warm: WarmProcess, joining: dict[str, str]) -> None:
    assert warm.process.stdin is not None and warm.process.stdout is not None
    try:
        warm.process.stdin.write("forget\n")
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
    shutil.rmtree(warm.folder, ignore_errors=True)
    warm.log.unlink(missing_ok=True)
