"""What local runs replace in botocore: each session creates a loader of its own for AWS's service descriptions."""

from __future__ import annotations

import functools

import botocore.session

HOLDS_FOR = {"botocore": ("1.40", "2")}
"""By package: the first version that this was checked with, and the first version outside.

It covers that sessions call `botocore.session.create_loader`, and that a loader caches what it has read.
"""


def share_loader() -> None:
    """Let all boto3 sessions of this process use one loader.

    Each task creates new sessions, which would read the descriptions of their services again: 80 to 200 ms per client,
    for a hundred clients in a run. On MWAA each task is a process of its own, so nothing could be shared.
    """
    if not hasattr(botocore.session.create_loader, "cache_info"):
        botocore.session.create_loader = functools.cache(botocore.session.create_loader)
