"""AWS's service descriptions, read once for all the clients that the tasks of one process make."""

from __future__ import annotations

import functools

import botocore.session


def share() -> None:
    """Let every boto3 session of this process use one loader, which keeps what it has read.

    A task makes its sessions anew, and each would read the descriptions of its services again (80 to 200 ms a
    client, a hundred clients a run). On MWAA every task is a process of its own and nothing could be shared.
    """
    if not hasattr(botocore.session.create_loader, "cache_info"):
        botocore.session.create_loader = functools.cache(botocore.session.create_loader)
