"""Pickle moto's objects, including those that Python's pickle alone refuses."""

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
from moto.core.base_backend import BaseBackend

MOVED_MODULES = {
    "mwaa.local_aws.athena.backend": "mwaa.local_aws.athena.athena_backend",
    "mwaa.local_aws.athena.errors": "mwaa.local_aws.athena.athena_errors",
    "mwaa.local_aws.glue_catalog": "mwaa.local_aws.glue.glue_catalog",
    "mwaa.local_aws.glue_jobs": "mwaa.local_aws.glue.glue_jobs",
    "mwaa.local_aws.rds_backend": "mwaa.local_aws.rds.rds_backend",
    "mwaa.local_aws.rds_export": "mwaa.local_aws.rds.rds_export",
    "mwaa.local_aws.rds_snapshot": "mwaa.local_aws.rds.rds_snapshot",
    "mwaa.local_aws.state_pickle": "mwaa.local_aws.services.state_pickle",
}
"""Old module → new module of classes and functions that saved state refers to. When you move or rename one, add it."""


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> tuple[str, str] | None:
        """Save a backend as its account and region: objects that refer to it must find the running one, not a copy."""
        return (obj.account_id, obj.region_name) if isinstance(obj, BaseBackend) else None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, RSAPrivateKey | EllipticCurvePrivateKey):
            der = obj.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            return _private_key, (der,)
        # moto's subclasses of defaultdict take constructor arguments that pickle does not know.
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            return copyreg.__newobj__, (type(obj),), vars(obj), None, iter(obj.items())  # type: ignore[attr-defined]
        # A lambda cannot be pickled: save the content only; `restore` puts it into the new backend's defaultdict.
        if isinstance(obj, defaultdict) and isinstance(obj.default_factory, FunctionType):
            return dict, (dict(obj),)
        return NotImplemented


def dumps(content: Any) -> bytes:
    """Return `content` as bytes.

    Raises:
        pickle.PicklingError, TypeError, AttributeError: an object cannot be pickled.
    """
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(content)
    return buffer.getvalue()


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, backends: Any) -> None:
        super().__init__(io.BytesIO(data))
        self._backends = backends

    def find_class(self, module: str, name: str) -> Any:
        return super().find_class(MOVED_MODULES.get(module, module), name)

    def persistent_load(self, pid: Any) -> Any:
        account, region = pid
        return self._backends[account][region]


def loads(data: bytes, backends: Any) -> Any:
    """Return what `dumps` was given; `backends` is moto's BackendDict (account → region → backend) of the service."""
    return _Unpickler(data, backends).load()


def restore(backend: Any, attributes: dict[str, Any]) -> None:
    """Put saved attributes into a new backend. Its defaultdicts stay: only their content is replaced."""
    for name, value in attributes.items():
        current = getattr(backend, name, None)
        if isinstance(current, defaultdict) and type(value) is dict:
            current.clear()
            current.update(value)
        else:
            setattr(backend, name, value)


def _private_key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, password=None)
