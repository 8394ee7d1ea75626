"""Customers' names on screen and in links: a deterministic cipher that only this server can turn back.

AES-SIV (RFC 5297) gives the same customer the same token, and no two customers one; without the key a token says
nothing. The key is `pseudonym_key` in Streamlit's secrets (`access` section), or BUSINESS_INSIGHTS_PSEUDONYM_KEY,
as 64 hexadecimal letters. Without either it lasts as long as the process, and so do links to customers.
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
    """The configured key is no key."""


@cache
def _process_key() -> bytes:
    return AESSIV.generate_key(256)


def key_from(text: str | None) -> bytes:
    """The key as configured, or this process's own.

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
            f"{KEY_VARIABLE} holds {len(text)} letters, not 64 hexadecimal ones; make one with `openssl rand -hex 32`"
        )
    return key


def _key() -> bytes:
    from streamlit_dashboard.access import secret

    return key_from(secret("access", "pseudonym_key") or os.environ.get(KEY_VARIABLE))


def token(app_name: str, user_id: str) -> str:
    """The customer in a link."""
    sealed = AESSIV(_key()).encrypt(json.dumps([app_name, user_id]).encode(), None)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def customer(token: str) -> tuple[str, str] | None:
    """The customer key (app_name, user_id) behind a link's token; None where it is none of this server's."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        app_name, user_id = json.loads(AESSIV(_key()).decrypt(sealed, None))
    except (ValueError, binascii.Error, InvalidTag):
        return None
    return str(app_name), str(user_id)


def pseudonym(app_name: str, user_id: str) -> str:
    """The customer on screen, for those who may not see user ids: `Customer k3J9x-Qa`."""
    return shown([(app_name, user_id)])[0]


def shown(keys: Sequence[tuple[str, str]]) -> list[str]:
    """The customers of one list: as many letters of each one's token as tell it from the others."""
    tokens = {key: token(*key) for key in keys}
    found = labels.unique(
        {
            key: [f"Customer {sealed[:letters]}" for letters in range(SHOWN_LETTERS, len(sealed) + 1)]
            for key, sealed in tokens.items()
        }
    )
    return [found[key] for key in keys]
