"""Errors that the endpoint's own commands and threads raise, each one line with its next step."""

from __future__ import annotations


class EndpointError(RuntimeError):
    """The endpoint cannot start, stop or be reached; the message says why and what to do."""


class StateUnreadableError(EndpointError):
    """Saved state was written by another version of the endpoint, or is damaged."""
