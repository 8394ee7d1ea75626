"""What the endpoint uses of moto beyond its documented interface.

moto keeps each service's objects in a `BackendDict` (account → region → backend) and makes a backend on first use.
The endpoint puts its own backend classes there, so that everything in moto works on the endpoint's objects.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from moto.core.base_backend import BackendDict

HOLDS_FOR = {"moto": ("5.2.5", "5.3")}
"""By package: the first version that this was checked with, and the first version outside.

It covers `BackendDict`, its `backend` attribute and its `reset`. It also covers the backend and response classes that
the other modules extend (Athena, Glue, RDS, SNS), and the request classes in `server/aws_server.py`.
"""


def use_backend_class(backends: BackendDict, backend_class: type[Any]) -> BackendDict:
    """Make moto create `backend_class` objects for a service from now on; returns `backends`.

    Backends of another class that exist already are dropped, with their objects.
    """
    if backends.backend is backend_class:
        return backends
    backends.backend = backend_class
    for account in backends.values():
        account.backend = backend_class
        for region in [name for name, backend in account.items() if not isinstance(backend, backend_class)]:
            del account[region]
    return backends


def backends_by_name(service: str) -> Any:
    """Return moto's BackendDict of `service`, e.g. `moto.sns.models.sns_backends`."""
    return getattr(importlib.import_module(f"moto.{service}.models"), f"{service}_backends")


def is_loaded(service: str) -> bool:
    """Return whether moto's module of this service has been imported in this process."""
    return f"moto.{service}.models" in sys.modules


def reset_backends() -> None:
    """Drop the objects of all services."""
    BackendDict.reset()
