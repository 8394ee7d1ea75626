"""Customers' names on screen and in links: encrypted so that only this server can decrypt them.

AES-SIV (RFC 5297) always gives the same customer the same token, and never one token to two customers. Without the key
a token tells nothing. The key is `pseudonym_key` in Streamlit's secrets (section `access`), or the variable
`BUSINESS_INSIGHTS_PSEUDONYM_KEY`, as 64 hexadecimal letters. Without either, the server makes a key, and links to
customers work until it ends.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Sequence
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from biz_insights import labels

KEY_VARIABLE = "BUSINESS_INSIGHTS_PSEUDONYM_KEY"
SHOWN_LETTERS = 8


class PseudonymKeyError(ValueError):
    """The configured key cannot be used."""


@cache
def _process_key() -> bytes:
    return AESSIV.generate_key(256)


def key_from(text: str | None) -> bytes:
    """Return the configured key, or this process's own.

    Raises:
        PseudonymKeyError: it is not 64 hexadecimal letters.
    """
    if not text:
        return _process_key()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise PseudonymKeyError(
            f"{KEY_VARIABLE} has {len(text)} characters instead of 64 hexadecimal ones; "
            "make a key with `openssl rand -hex 32`"
        )
    return key


def _key() -> bytes:
    from streamlit_dashboard.access import secret

    return key_from(secret("access", "pseudonym_key") or os.environ.get(KEY_VARIABLE))


def token(app_name: str, user_id: str) -> str:
    """Return the customer as links name them."""
    sealed = AESSIV(_key()).encrypt(json.dumps([app_name, user_id]).encode(), None)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def customer(token: str) -> tuple[str, str] | None:
    """Return the customer key (app_name, user_id) of a link's token; None if this server did not make the token."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        app_name, user_id = json.loads(AESSIV(_key()).decrypt(sealed, None))
    except (ValueError, binascii.Error, InvalidTag):
        return None
    return str(app_name), str(user_id)


def pseudonym(app_name: str, user_id: str) -> str:
    """Return the customer's name on screen for viewers who may not see user ids: `Customer k3J9x-Qa`."""
    return shown([(app_name, user_id)])[0]


def shown(keys: Sequence[tuple[str, str]]) -> list[str]:
    """Return names for the customers of one list: the first letters of each token, enough to tell them apart."""
    tokens = {key: token(*key) for key in keys}
    found = labels.unique(
        {
            key: [f"Customer {sealed[:letters]}" for letters in range(SHOWN_LETTERS, len(sealed) + 1)]
            for key, sealed in tokens.items()
        }
    )
    return [found[key] for key in keys]
