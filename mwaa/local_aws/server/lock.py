"""One process a state folder: a lock that the system lets go when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class StateLock:
    """The lock file of a state folder; it holds the holder's process id."""

    def __init__(self, root: Path) -> None:
        self._file = (root / "endpoint.lock").open("a+")

    def acquire(self) -> bool:
        """Take the lock; False when a live process has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return True

    def holder(self) -> str:
        """Process id of the holder, for people to read."""
        self._file.seek(0)
        return self._file.read().strip() or "unknown"

    def release(self) -> None:
        """Let the lock go."""
        self._file.close()


def is_served(root: Path) -> bool:
    """Whether a live process serves this state folder."""
    if not (root / "endpoint.lock").exists():
        return False
    lock = StateLock(root)
    try:
        # A shared lock is refused only while a holder has the exclusive one, and leaves the file as it is.
        fcntl.flock(lock._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        lock.release()
    return False
