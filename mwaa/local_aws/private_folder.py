"""The state folder belongs to one user: on a shared machine nobody else can read it, or put something into it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mwaa.local_aws.errors import EndpointError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_private(folder: Path) -> str:
    """Create `folder` for this user alone, or close an existing one to others.

    Returns:
        What was changed, as a sentence for the user; empty when the folder was private.

    Raises:
        EndpointError: the folder belongs to another user, or others could put files into it.
        OSError: it cannot be created or closed.
    """
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise EndpointError(
            f"{folder} belongs to user {found.st_uid} and this is user {os.geteuid()}: choose another --state, "
            "or change its owner (chown -R)"
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & stat.S_IWOTH and any(folder.iterdir()):
        raise EndpointError(
            f"{folder} can be written by every user ({mode:04o}): check that its files are yours, "
            f"then close it with `chmod 700 {folder}` and try again"
        )
    # PostgreSQL runs as another user where this is root; its group may pass through.
    allowed = stat.S_IXGRP if os.geteuid() == 0 else 0
    if not mode & _OTHERS & ~allowed:
        return ""
    folder.chmod(mode & ~_OTHERS | (mode & allowed))
    return f"{folder} was open to other users of this machine ({mode:04o}); now it is private"


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` in one step by a file that only this user can read."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
