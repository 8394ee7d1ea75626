"""AWS sessions for the tasks: the standard credentials and endpoints, through Airflow's own AWS hook."""

from __future__ import annotations

from typing import Any

from biz_insights.kept_clients import KeptClients
from biz_insights.settings import Settings


def session(settings: Settings) -> Any:
    """A boto3 session in the project's region, which makes each client once.

    ``aws_conn_id=None`` leaves credentials and endpoints to the standard AWS configuration: the execution
    role on MWAA, the environment on a laptop.
    """
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    hook = AwsBaseHook(aws_conn_id=None, client_type="sts", region_name=settings.region)
    return KeptClients(hook.get_session())


def client(service: str, settings: Settings) -> Any:
    """A boto3 client of ``service`` from :func:`session`."""
    return session(settings).client(service)
