"""The keys of one state folder: random, created with it, and readable by its owner only."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mwaa.local_aws.errors import EndpointError, StateUnreadableError
from mwaa.local_aws.private_folder import write_private


@dataclass(frozen=True)
class StateKeys:
    """What clients and files of one state must know.

    Attributes:
        access_key: AWS access key id of the clients.
        secret_key: AWS secret access key of the clients.
        postgres_password: password of PostgreSQL's superuser.
        signing_key: key of the code over each saved file, as hexadecimal digits.
        accepts_unsigned: whether the folder holds files of an earlier version, which did not sign them. They are
            loaded once and signed; from then on a file without a signature is refused.
        saved: services that have a saved file; one that is missing later is noticed.
    """

    access_key: str
    secret_key: str
    postgres_password: str
    signing_key: str
    accepts_unsigned: bool = False
    saved: tuple[str, ...] = ()


def open_keys(path: Path, saved_files: Path) -> StateKeys:
    """Return the keys in `path`; create them for a new state, or for one of an earlier version.

    Args:
        path: the key file.
        saved_files: folder of the saved services.

    Raises:
        StateUnreadableError: the file is damaged, or it is missing and the saved files are signed.
        EndpointError: the file cannot be written.
    """
    if path.exists():
        return _read(path)
    saved = sorted(saved_files.glob("*.pickle"))
    signed = next((file for file in saved if file.read_bytes()[: len(SIGNED)] == SIGNED), None)
    if signed is not None:
        raise StateUnreadableError(
            f"{path} is missing, and {signed} is signed with it: restore {path.name} from a copy, "
            "or choose another --state"
        )
    keys = StateKeys(
        access_key=f"LOCAL{secrets.token_hex(8).upper()}",
        secret_key=secrets.token_urlsafe(30),
        postgres_password=secrets.token_urlsafe(30),
        signing_key=secrets.token_hex(32),
        accepts_unsigned=bool(saved),
    )
    write_keys(path, keys)
    return keys


SIGNED = b"signed-state:"
"""How a signed file begins."""


def write_keys(path: Path, keys: StateKeys) -> None:
    """Write the key file.

    Raises:
        EndpointError: it cannot be written.
    """
    try:
        write_private(path, json.dumps(asdict(keys), indent=1).encode())
    except OSError as error:
        raise EndpointError(
            f"{path} cannot be written ({error.strerror}): make the folder writable and free some space, "
            "or choose another --state"
        ) from error


def _read(path: Path) -> StateKeys:
    try:
        content = json.loads(path.read_bytes())
        keys = StateKeys(**{**content, "saved": tuple(content["saved"])})
        if not all((keys.access_key, keys.secret_key, keys.postgres_password)) or len(keys.signing_key) != 64:
            raise ValueError("a key is too short")
        bytes.fromhex(keys.signing_key)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StateUnreadableError(
            f"{path} cannot be read ({error}): restore it from a copy; without it the saved state cannot be "
            "checked. Or choose another --state"
        ) from error
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return keys


def without_unsigned(keys: StateKeys) -> StateKeys:
    """Return the same keys for a state whose files are all signed."""
    return replace(keys, accepts_unsigned=False)
