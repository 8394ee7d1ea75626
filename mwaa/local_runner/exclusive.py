"""One `make run` or `make airflow` at a time works on a state; dashboards and queries may join."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from mwaa.local_runner.environment import LocalRunError, State
from mwaa.local_runner.ownership import close_in_forks


@contextmanager
def exclusive(state: State, command: str) -> Iterator[None]:
    """Hold the state for `command` inside the block. The system releases it when the process ends.

    Raises:
        LocalRunError: another command holds it; the message names it.
    """
    file = os.open(state.root / "command.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refusal(state, command, os.pread(file, 4096, 0)) from None
        close_in_forks(file)
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps({"command": command, "pid": os.getpid(), "since": now}).encode(), 0)
        yield
    finally:
        os.close(file)


def _refusal(state: State, command: str, content: bytes) -> LocalRunError:
    try:
        found = json.loads(content)
        holder = f"`{found['command']}` (process {found['pid']}, since {found['since']})"
        end = f", or end it with `kill {found['pid']}`"
    except (ValueError, KeyError, TypeError):
        # It has the lock and has not written its name yet.
        holder, end = "another command", ""
    return LocalRunError(
        f"`{command}` cannot start: {holder} already works on {state.root}; wait for its end{end}, or give another "
        "STATE=folder (`make query` and `make dashboard` may run beside it)"
    )
