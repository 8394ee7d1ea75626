"""Errors of the endpoint's own commands and threads. Each message is one line and says what to do."""

from __future__ import annotations


class EndpointError(RuntimeError):
    """The endpoint cannot start, stop or be reached; the message says why and what to do."""


class StateUnreadableError(EndpointError):
    """Saved state is damaged, or another version of the endpoint wrote it."""


class StateUnsavedError(EndpointError):
    """The last changes could not be saved; what was saved before is complete."""
