"""A boto3 session that makes each client once.

To make a client takes longer than most of what it is asked, and libraries make many: PyAthena an S3 client for every
statement.
"""

from __future__ import annotations

import threading
from typing import Any

import boto3


class CachingSession:
    """A session in front of another (default: of the environment): equal arguments get the same client, also in several
    threads at once; all else is the other's."""

    def __init__(self, session: Any = None) -> None:
        self._session: Any = session or boto3.Session()
        self._kept: dict[Any, Any] = {}
        self._making = threading.Lock()

    def client(self, service_name: str, **options: Any) -> Any:
        """As boto3's; a `config` must be the same object to count as equal."""
        key = (service_name, *sorted(options.items()))
        with self._making:
            if key not in self._kept:
                self._kept[key] = self._session.client(service_name, **options)
            return self._kept[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._session, name)
