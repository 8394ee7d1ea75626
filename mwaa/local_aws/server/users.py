"""Who uses an endpoint: each client holds a shared lock on one file, which the system releases when the client ends.

So an endpoint can serve until its last user has gone, whoever started it and however each of them ended.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Membership:
    """The membership of one client; it must live as long as the client uses the endpoint."""

    def __init__(self, root: Path) -> None:
        """Join the users of the endpoint of this state; waits while an endpoint is stopping."""
        self._file = _open(root)
        fcntl.flock(self._file, fcntl.LOCK_SH)

    @property
    def descriptor(self) -> int:
        """The file descriptor with the lock: forked processes must close their copy."""
        return self._file

    def is_last(self) -> bool:
        """Return whether no other client uses the endpoint. If so, others wait to join until `leave`."""
        return _lock(self._file, fcntl.LOCK_EX)

    def is_closing(self) -> bool:
        """Return whether the endpoint has noticed that nobody uses it, and is stopping; call it after `is_last`."""
        return not _lock(self._file, fcntl.LOCK_SH)

    def leave(self) -> None:
        """End the membership."""
        os.close(self._file)


class UserWatch:
    """The endpoint's view of its users."""

    def __init__(self, root: Path) -> None:
        self._file = _open(root)

    def nobody_left(self) -> bool:
        """Return whether there is no user. If so, nobody can join until this process ends."""
        return _lock(self._file, fcntl.LOCK_EX)


def _open(root: Path) -> int:
    return os.open(root / "endpoint.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
