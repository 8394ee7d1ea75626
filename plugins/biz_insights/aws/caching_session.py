"""A boto3 session that creates each client once.

Creating a client takes longer than most calls on it, and libraries create many clients. PyAthena, for example, creates
an S3 client for every statement.
"""

from __future__ import annotations

import threading
from typing import Any

import boto3


class CachingSession:
    """A wrapper of a boto3 session that returns the same client for equal arguments, also to several threads.

    Everything else is taken from the wrapped session. The default is a session of the environment.
    """

    def __init__(self, session: Any = None) -> None:
        self._session: Any = session or boto3.Session()
        self._clients: dict[Any, Any] = {}
        self._creating = threading.Lock()

    def client(self, service_name: str, **options: Any) -> Any:
        """Return a client like `boto3.Session.client`. A `config` is equal only if it is the same object."""
        key = (service_name, *sorted(options.items()))
        with self._creating:
            if key not in self._clients:
                self._clients[key] = self._session.client(service_name, **options)
            return self._clients[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._session, name)
