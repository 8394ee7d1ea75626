"""Runs commands of the local runner as processes, and finds every process that descends from one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mwaa.local_runner.environment import REPOSITORY


def runner(state: Path, *words: str) -> list[str]:
    """Return the command line of `mwaa.local_runner` on a state folder."""
    return [sys.executable, "-m", "mwaa.local_runner", "--state", str(state), *words]


def run_command(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        runner(state, *words), cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False
    )


def one_error(done: subprocess.CompletedProcess[str]) -> str:
    """Return the only line of standard error of a command that was refused with code 1."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert line.startswith("error: "), line
    return line.removeprefix("error: ")


def wait_until(condition: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Return the first true result of `condition`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.1)
    return result


class Descendants:
    """Starts commands with a mark in their environment, by which all their descendants are found."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._mark = f"MARK_{uuid.uuid4().hex}"

    def start(self, words: list[str], output: Path) -> subprocess.Popen[Any]:
        """Start a command in a session of its own; its output goes to a file."""
        with output.open("wb") as log:
            return subprocess.Popen(
                words,
                cwd=REPOSITORY,
                env={**os.environ, self._mark: "1"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def alive(self) -> dict[int, str]:
        """Return the running descendants: process id and command. PostgreSQL's are found by the state's path."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                is_ours = self._mark.encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            if command and (is_ours or str(self.state).encode() in command) and int(folder.name) != os.getpid():
                found[int(folder.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace")[:200]
        return found

    def kill(self) -> None:
        """End whatever is left, after a test that failed."""
        for pid in self.alive():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
