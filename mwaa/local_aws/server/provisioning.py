"""Creates in the endpoint what CDK creates in an AWS account. Running it again changes nothing.

The names are the local defaults of the pipeline's settings.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from mwaa.local_aws.glue.job_modules import glue_modules
from mwaa.local_aws.layout import ACCOUNT_ID, REGION
from mwaa.local_aws.rds.postgres import PORT, Postgres
from mwaa.local_aws.rds.rds_backend import Instance, rds_backends

Client = Any


@dataclass(frozen=True)
class Resources:
    """Names of everything that is created."""

    source_bucket: str = "business-insights-source"
    lake_bucket: str = "business-insights-lake"
    artefacts_bucket: str = "business-insights-artefacts"
    databases: tuple[str, ...] = ("biz_insights", "biz_insights_build")
    build_workgroup: str = "business-insights-build"
    read_workgroup: str = "business-insights-read"
    glue_jobs: tuple[str, ...] = ("bronze", "silver", "customer_scores")
    roles: tuple[str, ...] = ("business-insights-glue", "business-insights-rds-export", "business-insights-mwaa")
    kms_alias: str = "alias/business-insights"
    topic: str = "business-insights-alerts"
    secret: str = "business-insights/source-database"
    db_instance: str = "business-insights-source"
    db_name: str = "restaurant"
    db_user: str = "business_insights"


def provision(environment: dict[str, str], postgres: Postgres, resources: Resources | None = None) -> None:
    """Create what is missing. `environment` is the running endpoint's; `postgres` stands for RDS."""
    names = resources or Resources()
    client = client_factory(environment)
    _buckets(client("s3"), names)
    _catalog(client("glue"), names)
    _roles(client("iam"), names)
    _jobs(client("glue"), names)
    _workgroups(client("athena"), names)
    _key(client("kms"), names)
    client("sns").create_topic(Name=names.topic)
    _database(client("secretsmanager"), postgres, names)


def client_factory(environment: dict[str, str]) -> Callable[[str], Client]:
    """`factory(service)` gives boto3 clients of the endpoint, whatever the process's own AWS settings are."""
    session: Any = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    clients: dict[str, Client] = {}

    def factory(service: str) -> Client:
        if service not in clients:
            url = environment["AWS_ENDPOINT_URL_S3" if service == "s3" else "AWS_ENDPOINT_URL"]
            config = Config(retries={"max_attempts": 1})
            clients[service] = session.client(service, endpoint_url=url, config=config)
        return clients[service]

    return factory


def _unless_exists(call: Callable[..., Any], codes: str, **arguments: Any) -> None:
    """Make a creating call; the error codes (blank-separated) mean that it has been made before."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes.split():
            raise


def _buckets(s3: Client, names: Resources) -> None:
    for bucket in (names.source_bucket, names.lake_bucket, names.artefacts_bucket):
        _unless_exists(s3.create_bucket, "BucketAlreadyOwnedByYou BucketAlreadyExists", Bucket=bucket)


def _catalog(glue: Client, names: Resources) -> None:
    for database in names.databases:
        _unless_exists(glue.create_database, "AlreadyExistsException", DatabaseInput={"Name": database})


def _roles(iam: Client, names: Resources) -> None:
    for role in names.roles:
        service = {"glue": "glue", "rds-export": "export.rds", "mwaa": "airflow-env"}[role.split("-", 2)[2]]
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        _unless_exists(
            iam.create_role, "EntityAlreadyExists", RoleName=role, AssumeRolePolicyDocument=json.dumps(trust)
        )


def _jobs(glue: Client, names: Resources) -> None:
    existing = set(glue.list_jobs(MaxResults=100)["JobNames"])
    for job in names.glue_jobs:
        name = f"business-insights-{job.replace('_', '-')}"
        definition = {
            "Role": f"arn:aws:iam::{ACCOUNT_ID}:role/{names.roles[0]}",
            "Command": {
                "Name": "glueetl",
                "ScriptLocation": f"s3://{names.artefacts_bucket}/spark_jobs/{job}.py",
                "PythonVersion": "3",
            },
            "DefaultArguments": {
                "--extra-py-files": f"s3://{names.artefacts_bucket}/spark_jobs.zip",
                "--additional-python-modules": glue_modules(),
                "--job-bookmark-option": "job-bookmark-disable",
                "--enable-metrics": "true",
            },
            "ExecutionProperty": {"MaxConcurrentRuns": 3},
            "GlueVersion": "6.0",
            "WorkerType": "G.1X",
            "NumberOfWorkers": 2,
            "Timeout": 120,
            "MaxRetries": 0,
        }
        if name not in existing:
            glue.create_job(Name=name, **definition)


def _workgroups(athena: Client, names: Resources) -> None:
    existing = {group["Name"] for group in athena.list_work_groups()["WorkGroups"]}
    locations = {names.build_workgroup: ("build/", True), names.read_workgroup: ("athena-results/", False)}
    for workgroup, (prefix, enforced) in locations.items():
        if workgroup not in existing:
            athena.create_work_group(
                Name=workgroup,
                Configuration={
                    "ResultConfiguration": {"OutputLocation": f"s3://{names.lake_bucket}/{prefix}"},
                    "EnforceWorkGroupConfiguration": enforced,
                    "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
                },
            )


def _key(kms: Client, names: Resources) -> None:
    if names.kms_alias not in {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}:
        key = kms.create_key(Description="Business Insights data")["KeyMetadata"]
        kms.create_alias(AliasName=names.kms_alias, TargetKeyId=key["KeyId"])


def _database(secrets_manager: Client, postgres: Postgres, names: Resources) -> None:
    instances = rds_backends[ACCOUNT_ID][REGION].instances
    if names.db_instance not in instances:
        instances[names.db_instance] = Instance(names.db_instance, names.db_name, datetime.now(UTC), names.db_user)
    try:
        secret = json.loads(secrets_manager.get_secret_value(SecretId=names.secret)["SecretString"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        secret = {"password": secrets.token_urlsafe(24)}
        secrets_manager.create_secret(Name=names.secret, SecretString=json.dumps(secret))
    wanted = {
        "engine": "postgres",
        "host": str(postgres.socket_dir),
        "port": PORT,
        "username": names.db_user,
        "password": secret["password"],
        "dbname": names.db_name,
    }
    if secret != wanted:
        secrets_manager.put_secret_value(SecretId=names.secret, SecretString=json.dumps(wanted))
    postgres.ensure_database(names.db_name, names.db_user, secret["password"])
