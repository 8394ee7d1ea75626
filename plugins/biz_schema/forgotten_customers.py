"""The list of forgotten customers: salted digests, in one form for the plugins, which write it, and the bronze job.

The list holds no id. Whoever has an id and the list can tell whether the id is on it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

SEPARATOR = "\x1f"
EVERY_APP = ""
"""Channel of a customer who is forgotten in every channel."""
CARD = "card"

USER_COLUMN = "user_id"
CARD_COLUMN = "printed_card_number"
APP_COLUMN = "app_name"

BLANKS = " \t\r\n\f\u000b\u00a0\ufeff"
"""Characters around a text that do not belong to it."""


@dataclass(frozen=True)
class ForgottenCustomers:
    """The list: a salt, and digests of customers and of their card numbers."""

    salt: str = ""
    users: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()


def user_digest(salt: str, app_name: str, user_id: str) -> str:
    """Return the digest of a customer; `app_name` is EVERY_APP for a customer who is forgotten in every channel."""
    return _digest(salt, app_name.strip(BLANKS), user_id.strip(BLANKS))


def card_digest(salt: str, card_number: str) -> str:
    """Return the digest of a card number."""
    return _digest(salt, CARD, CARD, card_number.strip(BLANKS))


def _digest(*parts: str) -> str:
    return hashlib.sha256(SEPARATOR.join(parts).encode()).hexdigest()
