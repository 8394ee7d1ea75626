"""What is served, what is refused, and the small services' records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mwaa.local_aws.errors import EndpointError
from mwaa.local_aws.server.aws_server import AwsServer
from mwaa.local_aws.server.endpoint import LocalEndpoint


def test_the_environment_alone_leads_clients_here(endpoint: LocalEndpoint) -> None:
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    buckets = {bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]}
    assert {"business-insights-source", "business-insights-lake", "business-insights-artefacts"} <= buckets


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
def test_what_is_not_served_is_refused(
    aws: Callable[[str], Any], service: str, call: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="local endpoint does not"):
        getattr(aws(service), call)(**arguments)


def test_s3_on_the_wrong_port_says_where_it_is(endpoint: LocalEndpoint) -> None:
    lost = boto3.client("s3", endpoint_url=endpoint.environment["AWS_ENDPOINT_URL"])
    with pytest.raises(ClientError, match="AWS_ENDPOINT_URL_S3"):
        lost.list_buckets()


def test_objects_are_files_and_follow_changes_from_outside(endpoint: LocalEndpoint, aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    place = {"Bucket": "business-insights-lake", "Key": "ops/report.json"}
    first = s3.put_object(**place, Body=b"{}")["ETag"]
    path = endpoint.layout.object_path("s3://business-insights-lake/ops/report.json")
    assert path.read_bytes() == b"{}"
    path.write_bytes(b'{"rows": 12}')
    found = s3.get_object(**place)
    assert found["Body"].read() == b'{"rows": 12}'
    assert found["ContentLength"] == 12
    assert found["ETag"] not in (first, '""')


def test_published_messages_can_be_read(endpoint: LocalEndpoint, aws: Callable[[str], Any]) -> None:
    topic = aws("sns").create_topic(Name="business-insights-alerts")["TopicArn"]
    aws("sns").publish(TopicArn=topic, Subject="Quality", Message="score 72 < 80 — naïve")
    with pytest.raises(ClientError):
        aws("sns").publish(TopicArn=f"{topic}-unknown", Message="lost")
    lines = (endpoint.layout.sns / "business-insights-alerts.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert (last["subject"], last["message"], last["topic_arn"]) == ("Quality", "score 72 < 80 — naïve", topic)


def test_secrets_parameters_and_keys_keep_what_they_are_given(aws: Callable[[str], Any]) -> None:
    aws("ssm").put_parameter(Name="/business-insights/gate", Value="80", Type="String")
    assert aws("ssm").get_parameter(Name="/business-insights/gate")["Parameter"]["Value"] == "80"
    secret = json.loads(
        aws("secretsmanager").get_secret_value(SecretId="business-insights/source-database")["SecretString"]
    )
    assert set(secret) == {"engine", "host", "port", "username", "password", "dbname"}
    assert len(secret["password"]) >= 24
    kms = aws("kms")
    sealed = kms.encrypt(KeyId="alias/business-insights", Plaintext=b"hello")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"hello"


def test_production_s_resources_are_there(aws: Callable[[str], Any]) -> None:
    assert {"biz_insights", "biz_insights_build"} <= {
        database["Name"] for database in aws("glue").get_databases()["DatabaseList"]
    }
    jobs = {job["Name"]: job for job in aws("glue").get_jobs()["Jobs"]}
    for name in ("business-insights-bronze", "business-insights-silver"):
        assert jobs[name]["GlueVersion"] == "6.0"
        assert jobs[name]["DefaultArguments"]["--extra-py-files"] == "s3://business-insights-artefacts/spark_jobs.zip"
        assert jobs[name]["DefaultArguments"]["--additional-python-modules"].startswith("holidays==")
    group = aws("athena").get_work_group(WorkGroup="business-insights-build")["WorkGroup"]["Configuration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["ResultConfiguration"]["OutputLocation"] == "s3://business-insights-lake/build/"
    instance = aws("rds").describe_db_instances(DBInstanceIdentifier="business-insights-source")["DBInstances"][0]
    assert (instance["DBInstanceStatus"], instance["DBName"]) == ("available", "restaurant")


def test_a_taken_port_is_named(endpoint: LocalEndpoint) -> None:
    port = int(endpoint.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
    with pytest.raises(EndpointError, match=f"port {port} is in use.*--port"):
        AwsServer(port)


def test_one_endpoint_a_process(endpoint: LocalEndpoint, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(EndpointError, match="already runs an endpoint"):
        LocalEndpoint(tmp_path_factory.mktemp("second")).start()
