"""Results, stored per publish version: only a new publish makes a statement run again.

All sessions of the server share these results, so no code may change a frame in place.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import pandas as pd

from streamlit_dashboard.warehouse.athena import UnreachableError

MAX_BYTES = 400_000_000
PAUSE_SECONDS = 10.0
"""How long to wait after a failed attempt: a page must not wait for a service that does not answer at each chart."""


@dataclass(frozen=True)
class Loaded:
    """A result, its version, and why it is older than what is published (None: it is not)."""

    frame: pd.DataFrame
    version: str
    loaded_at: float
    stale_because: str | None = None


class ResultCache:
    """The results used last, limited by bytes. Safe for many threads; a load runs once even if many need it."""

    def __init__(self, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.time) -> None:
        self._stored: OrderedDict[Hashable, Loaded] = OrderedDict()
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._loading: dict[Hashable, threading.Lock] = {}
        self._silent: tuple[float, str] | None = None

    def get(self, key: Hashable, version: str, load: Callable[[], pd.DataFrame]) -> Loaded:
        """Return the result of `load` for this version, stored or made now.

        Raises:
            UnreachableError: the service does not answer and there is no older result to show instead.
        """
        found = self._find(key)
        if found is not None and found.version == version:
            return found
        with self._lock:
            one_at_a_time = self._loading.setdefault(key, threading.Lock())
        with one_at_a_time:
            found = self._find(key)
            if found is not None and found.version == version:
                return found
            try:
                self._refuse_while_silent()
                loaded = Loaded(load(), version, self._clock())
            except UnreachableError as error:
                self._note_silence(str(error))
                if found is None:
                    raise
                return replace(found, stale_because=str(error))
            self._store(key, loaded)
            return loaded

    def clear(self) -> None:
        """Remove all results."""
        with self._lock:
            self._stored.clear()
            self._silent = None

    def _find(self, key: Hashable) -> Loaded | None:
        with self._lock:
            found = self._stored.get(key)
            if found is not None:
                self._stored.move_to_end(key)
            return found

    def _store(self, key: Hashable, loaded: Loaded) -> None:
        with self._lock:
            self._stored[key] = loaded
            self._stored.move_to_end(key)
            self._silent = None
            size = sum(_bytes(stored.frame) for stored in self._stored.values())
            while size > self._max_bytes and len(self._stored) > 1:
                oldest, dropped = self._stored.popitem(last=False)
                self._loading.pop(oldest, None)
                size -= _bytes(dropped.frame)

    def _refuse_while_silent(self) -> None:
        if self._silent is not None and self._clock() < self._silent[0]:
            raise UnreachableError(self._silent[1])

    def _note_silence(self, reason: str) -> None:
        with self._lock:
            if self._silent is None or self._clock() >= self._silent[0]:
                self._silent = (self._clock() + PAUSE_SECONDS, reason)


def _bytes(frame: pd.DataFrame) -> int:
    return int(frame.memory_usage(deep=False).sum())
