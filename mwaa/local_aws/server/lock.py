"""A lock, so that one process at a time serves a state folder. The system releases it when the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class StateLock:
    """The lock file of a state folder; it contains the process id of the endpoint that serves it."""

    def __init__(self, root: Path) -> None:
        self._file = (root / "endpoint.lock").open("a+")

    def acquire(self) -> bool:
        """Take the lock. Return False when another running process has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return True

    def holder(self) -> str:
        """Return the process id of the endpoint that has the lock, for messages."""
        self._file.seek(0)
        return self._file.read().strip() or "unknown"

    def release(self) -> None:
        """Release the lock."""
        self._file.close()


def is_served(root: Path) -> bool:
    """Return whether a running process serves this state folder."""
    if not (root / "endpoint.lock").exists():
        return False
    lock = StateLock(root)
    try:
        # A shared lock is refused only while an endpoint has the exclusive one, and it does not change the file.
        fcntl.flock(lock._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        lock.release()
    return False
