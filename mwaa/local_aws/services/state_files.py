"""The files of saved state: signed with the state's key, written in one step, and never deleted by the endpoint.

A file that somebody else put there or changed has no valid signature and is refused before it is loaded. Files of an
earlier version have none: they are accepted once, when nobody but this user could have written them, and signed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from dataclasses import replace
from pathlib import Path

from mwaa.local_aws.errors import StateUnreadableError
from mwaa.local_aws.private_folder import write_private
from mwaa.local_aws.state_keys import SIGNED, StateKeys, without_unsigned, write_keys

RESTORE = "restore it from a copy, or choose another --state to start without data"


class StateFiles:
    """One file for each service, below one folder."""

    def __init__(self, folder: Path, keys: StateKeys, key_file: Path) -> None:
        self._folder = folder
        self._keys = keys
        self._key_file = key_file

    def path(self, service: str) -> Path:
        """Return the file of a service."""
        return self._folder / f"{service}.pickle"

    def read(self, service: str) -> bytes | None:
        """Return the saved content of a service, or None when it was never saved.

        Raises:
            StateUnreadableError: the file is missing, cut off, or not this endpoint's.
        """
        path = self.path(service)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            if service in self._keys.saved:
                raise StateUnreadableError(f"saved state {path} is missing: {RESTORE}") from error
            return None
        except OSError as error:
            raise StateUnreadableError(f"saved state {path} cannot be read ({error.strerror}): {RESTORE}") from error
        if content.startswith(SIGNED):
            return self._checked(path, service, content)
        if not self._keys.accepts_unsigned:
            raise StateUnreadableError(f"saved state {path} is not signed by this endpoint: {RESTORE}")
        _check_owner(path)
        return content

    def write(self, service: str, content: bytes) -> None:
        """Replace the file of a service in one step.

        Raises:
            OSError: it cannot be written; the file before stays.
        """
        signature = self._signature(service, content)
        write_private(self.path(service), SIGNED + signature + b"\n" + content)
        if service not in self._keys.saved:
            self._remember(replace(self._keys, saved=tuple(sorted({*self._keys.saved, service}))))

    def sign_all(self) -> None:
        """Sign the files of an earlier version, after all of them were loaded."""
        if not self._keys.accepts_unsigned:
            return
        for path in sorted(self._folder.glob("*.pickle")):
            content = path.read_bytes()
            if not content.startswith(SIGNED):
                self.write(path.stem, content)
        self._remember(without_unsigned(self._keys))

    def _remember(self, keys: StateKeys) -> None:
        write_keys(self._key_file, keys)
        self._keys = keys

    def _signature(self, service: str, content: bytes) -> bytes:
        key = bytes.fromhex(self._keys.signing_key)
        # With the service's name: the file of one service is not valid for another.
        return hmac.new(key, service.encode() + b"\0" + content, hashlib.sha256).hexdigest().encode()

    def _checked(self, path: Path, service: str, content: bytes) -> bytes:
        signature, _, body = content[len(SIGNED) :].partition(b"\n")
        if not hmac.compare_digest(signature, self._signature(service, body)):
            raise StateUnreadableError(
                f"saved state {path} is cut off or was changed by another program (its signature is wrong): {RESTORE}"
            )
        return body


def _check_owner(path: Path) -> None:
    for checked in (path, path.parent):
        found = checked.stat()
        if found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
            raise StateUnreadableError(
                f"saved state {path} is not signed, and other users could have written it: check it, then make "
                f"{checked} yours (chown) and close it (chmod go-w)"
            )
