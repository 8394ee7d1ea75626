"""Texts that silver puts where the source has no value. A key of a grain is never null, or joins would drop sales."""

from __future__ import annotations

UNKNOWN = "UNKNOWN"
"""App, store and currency: nobody knows them, and the text says so."""

UNCATEGORISED = "Uncategorised"
UNNAMED_ITEM = "Unnamed item"
