"""Processes end with their owner, also when the owner is killed and can no longer end them itself."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

PARENT_SECONDS = 0.5
STOP_SECONDS = 60.0

_closed_in_forks: set[int] = set()
_alive: tuple[int, int] | None = None
"""A pipe that only this process can write to: its end of file tells forked processes that this one is gone."""


def end_with_parent() -> None:
    """End this process, as by SIGTERM, soon after its parent has ended (`make` was killed, a terminal was closed)."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def interrupt_on_terminate() -> None:
    """Treat SIGTERM as Ctrl-C: what was started is ended in order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def close_in_forks(descriptor: int) -> None:
    """Have forked processes close their copy of this file: a lock on it then ends with this process."""
    _closed_in_forks.add(descriptor)


def forks_end_with_this_process() -> None:
    """Make processes that are forked from now on end soon after this one has ended."""
    global _alive
    if _alive is None:
        _alive = os.pipe()
        close_in_forks(_alive[1])
        os.register_at_fork(after_in_child=_in_fork)


def _in_fork() -> None:
    assert _alive is not None
    read_end, _ = _alive
    # Once only: in a fork of a fork the same number may belong to another file.
    for descriptor in _closed_in_forks:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _closed_in_forks.clear()
    # As if nothing had been installed: the owner ends its workers with SIGTERM.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def watch() -> None:
        os.read(read_end, 1)
        os._exit(1)

    threading.Thread(target=watch, name="owner-watch", daemon=True).start()
