"""Pickling what moto's objects hold and Python's pickle refuses."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections import defaultdict
from types import FunctionType
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, RSAPrivateKey | EllipticCurvePrivateKey):
            der = obj.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            return _private_key, (der,)
        # moto's own kinds of defaultdict take arguments that pickle does not know of.
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            return copyreg.__newobj__, (type(obj),), vars(obj), None, iter(obj.items())  # type: ignore[attr-defined]
        # A default made by a lambda has no name to be found by; `restore` puts the content into a fresh one.
        if isinstance(obj, defaultdict) and isinstance(obj.default_factory, FunctionType):
            return dict, (dict(obj),)
        return NotImplemented


def dumps(content: Any) -> bytes:
    """Pickle `content`. Raises pickle.PicklingError, TypeError or AttributeError for what has no portable form."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(content)
    return buffer.getvalue()


def restore(backend: Any, attributes: dict[str, Any]) -> None:
    """Put saved attributes into a freshly made backend, keeping its dictionaries' own defaults."""
    for name, value in attributes.items():
        current = getattr(backend, name, None)
        if isinstance(current, defaultdict) and type(value) is dict:
            current.clear()
            current.update(value)
        else:
            setattr(backend, name, value)


def _private_key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, password=None)
