"""Pickle moto's objects, including those that Python's pickle alone refuses.

Loading calls nothing but the constructors of the classes that saved state contains: a file that names anything else is
refused.
"""

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

PERSISTED_SERVICES = ("glue", "athena", "rds", "sns", "ssm", "secretsmanager", "kms", "iam", "logs")
"""The services whose objects are saved."""
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

_MODULES = frozenset(
    {
        *MOVED_MODULES.values(),
        "mwaa.local_aws.athena.statement",
        "moto.core.common_models",
        "moto.utilities.tagging_service",
    }
)
"""Modules whose classes saved state contains."""
_MOTO = tuple(f"moto.{service}." for service in PERSISTED_SERVICES)
"""Moto's modules of the services: their classes, too."""
_NAMES = {
    "builtins": (
        "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "set", "str",
        "tuple", "Exception", "KeyError", "RuntimeError", "ValueError",
    ),
    "collections": ("OrderedDict", "defaultdict", "deque"),
    "copyreg": ("__newobj__", "_reconstructor"),
    "datetime": ("date", "datetime", "time", "timedelta", "timezone"),
    "dateutil.tz.tz": ("tzutc",),
    "decimal": ("Decimal",),
    "re": ("_compile",),
    "uuid": ("UUID",),
}  # fmt: skip
"""Classes and functions of Python itself, by module."""


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
        module = MOVED_MODULES.get(module, module)
        if not may_be_loaded(module, name):
            raise pickle.UnpicklingError(f"it names {module}.{name}, which saved state never contains")
        found = super().find_class(module, name)
        # A function could do anything when it is called; a class of these modules only makes an object.
        if module in _MODULES or module.startswith(_MOTO):
            is_own_class = isinstance(found, type) and found.__module__ == module
            if not is_own_class and found is not _private_key:
                raise pickle.UnpicklingError(f"{module}.{name} is not a class of that module")
        return found

    def persistent_load(self, pid: Any) -> Any:
        account, region = pid
        return self._backends[account][region]


def may_be_loaded(module: str, name: str) -> bool:
    """Return whether saved state may name this class or function. `name` has no dots: it is no attribute of another."""
    if not name.isidentifier():
        return False
    return name in _NAMES.get(module, ()) or module in _MODULES or module.startswith(_MOTO)


def loads(data: bytes, backends: Any) -> Any:
    """Return what `dumps` was given; `backends` is moto's BackendDict (account → region → backend) of the service.

    Raises:
        pickle.UnpicklingError: it names a class or function that saved state never contains.
    """
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
