"""The HTTP server: clients find it by the environment alone, and what it does not serve is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.request_signatures import SignatureCheck
from mwaa.local_aws.server.aws_server import AwsServer
from mwaa.local_aws.server.endpoint import LocalEndpoint


def test_clients_find_the_endpoint_by_the_environment_alone(endpoint: LocalEndpoint) -> None:
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert boto3.client("s3").list_buckets()["Buckets"]


@pytest.mark.parametrize(
    ("service", "call", "arguments"),
    [
        ("sqs", "list_queues", {}),
        ("ec2", "describe_instances", {}),
        ("lambda", "list_functions", {}),
        ("glue", "start_crawler", {"Name": "x"}),
        ("glue", "start_trigger", {"Name": "x"}),
        ("rds", "restore_db_instance_from_db_snapshot", {"DBInstanceIdentifier": "x", "DBSnapshotIdentifier": "y"}),
        ("sns", "get_sms_sandbox_account_status", {}),
    ],
)
def test_a_call_that_is_not_served_is_refused(
    aws: Callable[[str], Any], service: str, call: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="local endpoint does not"):
        getattr(aws(service), call)(**arguments)


def test_an_s3_call_to_the_wrong_port_is_answered_with_the_right_variable(endpoint: LocalEndpoint) -> None:
    misdirected = boto3.client("s3", endpoint_url=endpoint.environment["AWS_ENDPOINT_URL"])
    with pytest.raises(ClientError, match="AWS_ENDPOINT_URL_S3"):
        misdirected.list_buckets()


def test_a_port_in_use_is_named(endpoint: LocalEndpoint) -> None:
    port = int(endpoint.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
    with pytest.raises(EndpointError, match=f"port {port} is in use.*--port"):
        AwsServer(SignatureCheck("key", "secret"), port)


@pytest.mark.parametrize("service", ["sts", "secretsmanager", "glue", "rds"])
def test_another_key_is_refused(endpoint: LocalEndpoint, service: str) -> None:
    call = {
        "sts": "get_caller_identity",
        "secretsmanager": "list_secrets",
        "glue": "get_databases",
        "rds": "describe_db_instances",
    }[service]
    access_key = endpoint.environment["AWS_ACCESS_KEY_ID"]
    for guess in (("local-access-key", "local-secret-key"), (access_key, "guessed")):
        session = boto3.Session(*guess, region_name="us-east-1")
        stranger = session.client(service, endpoint_url=endpoint.environment["AWS_ENDPOINT_URL"])
        with pytest.raises(ClientError, match="answers only to the keys of its state"):
            getattr(stranger, call)()
