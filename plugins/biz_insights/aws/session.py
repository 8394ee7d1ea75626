"""AWS sessions for the tasks, made with Airflow's AWS hook from the standard credentials and endpoints."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from biz_insights.aws.caching_session import CachingSession
from biz_insights.settings import Settings


def session(settings: Settings) -> Any:
    """Return a boto3 session in the region of the settings. It creates each client once.

    With `aws_conn_id=None` credentials and endpoints come from the standard AWS configuration: the execution role on
    MWAA, the environment on a laptop. A process uses one session for all its tasks as long as that configuration stays
    the same. A forked process gets its own session, because processes cannot share connections.
    """
    configuration = tuple(sorted(item for item in os.environ.items() if item[0].startswith("AWS_")))
    return _session(settings.region, configuration, os.getpid())


@lru_cache(maxsize=1)
def _session(region: str, _configuration: tuple[tuple[str, str], ...], _process: int) -> CachingSession:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    hook = AwsBaseHook(aws_conn_id=None, client_type="sts", region_name=region)
    return CachingSession(hook.get_session())


def client(service: str, settings: Settings) -> Any:
    """Return a boto3 client of `service` from `session`."""
    return session(settings).client(service)
