"""AWS sessions for the tasks: the standard credentials and endpoints, through Airflow's own AWS hook."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from biz_insights.aws.caching_session import CachingSession
from biz_insights.settings import Settings


def session(settings: Settings) -> Any:
    """A boto3 session in the project's region, which makes each client once.

    ``aws_conn_id=None`` leaves credentials and endpoints to the standard AWS configuration: the execution
    role on MWAA, the environment on a laptop. A process that runs one task after the other keeps its session, for as
    long as that configuration is the same; a forked process has its own, since connections cannot be shared.
    """
    configuration = tuple(sorted(item for item in os.environ.items() if item[0].startswith("AWS_")))
    return _session(settings.region, configuration, os.getpid())


@lru_cache(maxsize=1)
def _session(region: str, _configuration: tuple[tuple[str, str], ...], _process: int) -> CachingSession:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    hook = AwsBaseHook(aws_conn_id=None, client_type="sts", region_name=region)
    return CachingSession(hook.get_session())


def client(service: str, settings: Settings) -> Any:
    """A boto3 client of ``service`` from :func:`session`."""
    return session(settings).client(service)
