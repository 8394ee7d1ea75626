"""What a damaged, closed or full state folder means for the user: one line with the cause and the next step."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile

from mwaa.local_runner.environment import LocalRunError, State

MEBIBYTE = 1024 * 1024
RUN_NEEDS = 800 * MEBIBYTE
"""Free space with which a run of the sample ends; a larger source needs more."""
READ_NEEDS = 20 * MEBIBYTE
FULL_BELOW = 16 * MEBIBYTE
"""Below this, a failure is put down to the full disk: PostgreSQL alone writes files of 16 MB."""
_NO_SPACE = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))


def require_usable(state: State, needed: int) -> None:
    """Check that the state folder can be written and has space.

    Raises:
        LocalRunError: it cannot be written, or has less than `needed` bytes free.
    """
    free = shutil.disk_usage(state.root).free
    if free < needed:
        raise LocalRunError(
            f"the disk of {state.root} has {free // MEBIBYTE} MB free and this needs at least "
            f"{needed // MEBIBYTE} MB: free some space, or give another STATE=folder"
        )
    try:
        with tempfile.TemporaryFile(dir=state.root):
            pass
    except OSError as error:
        error.filename = str(state.root)  # not the name of the file that was tried
        raise LocalRunError(explain(error, state) or str(error)) from error


def full_disk(state: State, error: str = "") -> str:
    """Return the sentence about a full disk; empty when there is space and `error` does not speak of it.

    A failure can free the space again that it lacked, so both are looked at.
    """
    free = shutil.disk_usage(state.root).free
    if free >= FULL_BELOW and not any(reason in error for reason in _NO_SPACE):
        return ""
    return (
        f"the disk of {state.root} is full ({free // MEBIBYTE} MB free): free at least {RUN_NEEDS // MEBIBYTE} MB, "
        "then run again; what is published stays as it is"
    )


def explain(error: BaseException, state: State) -> str | None:
    """Return the line for an error of the file system or of Airflow's database; None for any other error."""
    for cause in _chain(error):
        if isinstance(cause, sqlite3.DatabaseError):
            return database_line(cause, state)
        if isinstance(cause, OSError):
            line = _file_line(cause, state)
            if line is not None:
                return line
    return None


def database_line(error: Exception, state: State) -> str:
    """Return the line for an error of Airflow's metadata database."""
    path = state.airflow_home / "airflow.db"
    reason = str(error)
    what = f"Airflow's database {path}"
    if "locked" in reason:
        return f"{what} is locked by another process: end what uses it (`fuser {path}`), then run again"
    if "full" in reason or "disk I/O" in reason:
        return full_disk(state, reason) or f"{what} cannot be written ({reason}): check the disk, then run again"
    if "readonly" in reason or "unable to open" in reason:
        return f"{what} cannot be written ({reason}): make it writable, then run again"
    return (
        f"{what} is damaged ({reason}): move it away (`mv {path} {path}.damaged`) and run again; "
        "Airflow's list of past runs starts anew, the published tables stay"
    )


def _file_line(error: OSError, state: State) -> str | None:
    where = error.filename or state.root
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            full_disk(state, str(error))
            or f"{where} cannot be written ({error.strerror}): free some space, then run again"
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return (
            f"{where} cannot be written ({error.strerror}): make {state.root} writable, or copy it and give "
            "STATE=the copy"
        )
    return None


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return found
