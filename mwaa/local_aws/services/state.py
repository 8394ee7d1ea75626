"""Save the AWS services' objects, so that they survive a restart.

moto holds everything in Python objects. Each service's backends are pickled to `DIR/aws/<service>.pickle` shortly
after a call changed them, and once more at shutdown. There is one file per service: a burst of catalog calls does not
rewrite the others. `state_files` signs them and writes each in one step, so that a file is always complete.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from mwaa.local_aws.errors import StateUnreadableError, StateUnsavedError
from mwaa.local_aws.services import moto_internals, state_pickle
from mwaa.local_aws.services.state_files import StateFiles
from mwaa.local_aws.services.state_pickle import PERSISTED_SERVICES

logger = logging.getLogger(__name__)

# Raise this number when a change makes older state files unusable.
STATE_VERSION = 2
SAVE_DELAY_SECONDS = 0.5
# After a save that failed, as on a full disk.
RETRY_SECONDS = 5.0
# Saving a catalog of ten thousand partitions takes half a second, in which no call is answered. While calls keep
# changing it, saving takes at most this share of the time.
SAVING_SHARE = 0.02
# Importing moto's ssm imports all of ec2 (over a second), so it is loaded on first use or with saved state.
LAZY_SERVICES = frozenset({"ssm"})

# One lock per service, taken while a call is served and while its state is pickled: a save never sees half a call.
_locks: dict[str, threading.RLock] = {service: threading.RLock() for service in PERSISTED_SERVICES}
_active: StateStore | None = None


def service_lock(service: str) -> threading.RLock:
    """Return the lock that guards one service's objects; take it when changing them outside an HTTP call."""
    return _locks.setdefault(service, threading.RLock())


def touch(*services: str) -> None:
    """Mark these services as changed, so that they are saved soon. Does nothing outside an endpoint."""
    if _active is not None:
        _active.touch(*services)


class StateStore:
    """Loads and saves the state of the running endpoint's services."""

    def __init__(self, files: StateFiles, backends_of: Callable[[str], Any]) -> None:
        """Use `files`; `backends_of(service)` returns moto's BackendDict of a service."""
        self._files = files
        self._backends_of = backends_of
        self._dirty: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._saver = threading.Thread(target=self._save_loop, name="state-saver", daemon=True)

    def start(self) -> None:
        """Load the saved state and begin to save changes.

        Raises:
            StateUnreadableError: a file cannot be read.
        """
        global _active
        for service in PERSISTED_SERVICES:
            content = self._files.read(service)
            if content is not None:
                self._load(service, content)
        self._files.sign_all()
        _active = self
        self._saver.start()

    def stop(self) -> None:
        """Save everything once more and stop saving.

        Raises:
            StateUnsavedError: a service could not be saved; its file is as it was after the save before.
        """
        global _active
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._saver.join()
        _active = None
        failures = self.save(service for service in PERSISTED_SERVICES if self._in_use(service))
        if failures:
            service, error = next(iter(failures.items()))
            reason = getattr(error, "strerror", None) or str(error)
            raise StateUnsavedError(
                f"the last changes of {', '.join(failures)} could not be saved in {self._files.path(service)} "
                f"({reason}): free space or make the folder writable, then repeat what you did last"
            )

    def touch(self, *services: str) -> None:
        """Queue these services for saving."""
        with self._changed:
            self._dirty.update(services)
            self._changed.notify_all()

    def save(self, services: Iterable[str]) -> dict[str, Exception]:
        """Save the given services now; returns the errors of those that could not be saved, and logs them."""
        failures: dict[str, Exception] = {}
        for service in services:
            try:
                self._files.write(service, self._dump(service))
            except Exception as error:
                logger.exception("could not save the state of %s", service)
                failures[service] = error
        return failures

    def _save_loop(self) -> None:
        delay = SAVE_DELAY_SECONDS
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._stopping)
                # Clients make many changes in a row: one save after a short wait covers them all.
                self._changed.wait_for(lambda: self._stopping, timeout=delay)
                if self._stopping:
                    return
                dirty, self._dirty = self._dirty, set()
            began = time.monotonic()
            failed = self.save(sorted(dirty & set(PERSISTED_SERVICES)))
            with self._changed:
                self._dirty.update(failed)
            delay = RETRY_SECONDS if failed else max(SAVE_DELAY_SECONDS, (time.monotonic() - began) / SAVING_SHARE)

    def _dump(self, service: str) -> bytes:
        attempts = 5
        for attempt in range(1, attempts + 1):
            try:
                with service_lock(service):
                    content = {
                        (account, region): vars(backend)
                        for account, region, backend in self._backends_of(service).iter_backends()
                    }
                    return state_pickle.dumps((STATE_VERSION, content))
            except RuntimeError:
                # A worker thread changed a dictionary without the lock, during the save: try again.
                if attempt == attempts:
                    raise
        raise AssertionError("unreachable")

    def _load(self, service: str, content: bytes) -> None:
        try:
            backends = self._backends_of(service)
            version, saved = state_pickle.loads(content, backends)
            if version != STATE_VERSION:
                raise ValueError(f"version {version}, expected {STATE_VERSION}")
            for (account, region), attributes in saved.items():
                state_pickle.restore(backends[account][region], attributes)
        except Exception as error:
            raise StateUnreadableError(
                f"saved state {self._files.path(service)} cannot be read ({type(error).__name__}: {error}): restore it "
                "from a copy, or go back to the version that wrote it, or choose another --state to start without data"
            ) from error

    def _in_use(self, service: str) -> bool:
        return service not in LAZY_SERVICES or moto_internals.is_loaded(service)
