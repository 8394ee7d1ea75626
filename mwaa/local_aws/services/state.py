"""Keeping the AWS services' memory across restarts.

moto holds everything in Python objects. Each service's backends are pickled to `DIR/aws/<service>.pickle`
shortly after a call changed them, and once more on shutdown. One file a service, so that a burst of catalog
calls does not rewrite the rest; a rename makes each save all or nothing.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mwaa.local_aws.errors import StateUnreadableError
from mwaa.local_aws.services import state_pickle

logger = logging.getLogger(__name__)

# Raise this when a change makes older state files unusable; the reader then tells people to `make clean`.
STATE_VERSION = 2
SAVE_DELAY_SECONDS = 0.5
# A catalog of ten thousand partitions takes half a second to save, in which no call is answered: while calls keep
# changing it, saving may take this share of the time.
SAVING_SHARE = 0.02
PERSISTED_SERVICES = ("glue", "athena", "rds", "sns", "ssm", "secretsmanager", "kms", "iam", "logs")
# Importing moto's ssm pulls in the whole of ec2 (over a second), so it is loaded on first use or with saved state.
LAZY_SERVICES = frozenset({"ssm"})

# One lock a service: held while a call is served and while its state is pickled, so a save is never half a call.
_locks: dict[str, threading.RLock] = {service: threading.RLock() for service in PERSISTED_SERVICES}
_active: StateStore | None = None


def service_lock(service: str) -> threading.RLock:
    """The lock that guards one service's objects; take it when changing them outside an HTTP call."""
    return _locks.setdefault(service, threading.RLock())


def touch(*services: str) -> None:
    """Say that these services' state has changed and should be saved soon. Does nothing outside an endpoint."""
    if _active is not None:
        _active.touch(*services)


class StateStore:
    """Loads, saves and forgets the state of the running endpoint's services."""

    def __init__(self, folder: Path, backends_of: Callable[[str], Any]) -> None:
        """`backends_of(service)` gives moto's BackendDict (account → region → backend) of a service."""
        self._folder = folder
        self._backends_of = backends_of
        self._dirty: set[str] = set()
        self._changed = threading.Condition()
        self._stopping = False
        self._saver = threading.Thread(target=self._save_loop, name="state-saver", daemon=True)

    def start(self) -> None:
        """Load what was saved before and begin saving changes.

        Raises StateUnreadableError when a file cannot be read back.
        """
        global _active
        for service in PERSISTED_SERVICES:
            path = self._path(service)
            if path.exists():
                self._load(service, path)
        _active = self
        self._saver.start()

    def stop(self) -> None:
        """Save everything once more and stop saving."""
        global _active
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._saver.join()
        _active = None
        self.save(service for service in PERSISTED_SERVICES if self._in_use(service))

    def touch(self, *services: str) -> None:
        """Queue these services for saving."""
        with self._changed:
            self._dirty.update(services)
            self._changed.notify_all()

    def save(self, services: Iterable[str]) -> None:
        """Write the given services' state now; one that cannot be saved is logged and does not hold up the rest."""
        for service in services:
            path = self._path(service)
            partial = path.with_suffix(".partial")
            try:
                partial.write_bytes(self._dump(service))
                partial.replace(path)
            except Exception:
                logger.exception("could not save the state of %s", service)

    def _save_loop(self) -> None:
        delay = SAVE_DELAY_SECONDS
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty or self._stopping)
                # A publish makes many calls in a row; waiting lets one save cover them.
                self._changed.wait_for(lambda: self._stopping, timeout=delay)
                if self._stopping:
                    return
                dirty, self._dirty = self._dirty, set()
            began = time.monotonic()
            self.save(sorted(dirty & set(PERSISTED_SERVICES)))
            delay = max(SAVE_DELAY_SECONDS, (time.monotonic() - began) / SAVING_SHARE)

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
                # Executor threads change dictionaries without the lock now and then; the next try sees them whole.
                if attempt == attempts:
                    raise
        raise AssertionError("unreachable")

    def _load(self, service: str, path: Path) -> None:
        try:
            backends = self._backends_of(service)
            version, content = state_pickle.loads(path.read_bytes(), backends)
            if version != STATE_VERSION:
                raise ValueError(f"version {version}, expected {STATE_VERSION}")
            for (account, region), attributes in content.items():
                state_pickle.restore(backends[account][region], attributes)
        except Exception as error:
            raise StateUnreadableError(
                f"saved state {path} cannot be read ({type(error).__name__}: {error}): "
                "run `make clean` to start from nothing, or go back to the version that wrote it"
            ) from error

    def _in_use(self, service: str) -> bool:
        return service not in LAZY_SERVICES or module_loaded(service)

    def _path(self, service: str) -> Path:
        return self._folder / f"{service}.pickle"


def module_loaded(service: str) -> bool:
    """Whether moto's module of this service has been imported in this process."""
    import sys

    return f"moto.{service}.models" in sys.modules


def moto_backends(service: str) -> Any:
    """moto's BackendDict of `service`, e.g. `moto.sns.models.sns_backends`."""
    module = importlib.import_module(f"moto.{service}.models")
    return getattr(module, f"{service}_backends")
