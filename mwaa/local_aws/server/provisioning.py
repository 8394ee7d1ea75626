"""Create the declared resources in the endpoint, as CDK creates them in an AWS account.

What exists already stays as it is, so that a second start changes nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from mwaa.local_aws.layout import ACCOUNT_ID, REGION
from mwaa.local_aws.rds.postgres import PORT, Postgres
from mwaa.local_aws.rds.rds_backend import Instance, rds_backends
from mwaa.local_aws.server.provisioning_file import DbInstance, Job, Resources, Role, Workgroup, python_modules

Client = Any


def provision(environment: dict[str, str], postgres: Postgres, resources: Resources, folder: Path) -> None:
    """Create what is missing.

    Args:
        environment: the running endpoint's.
        postgres: the server behind RDS.
        resources: what to create.
        folder: the provisioning file's; paths in `resources` are relative to it.
    """
    client = client_factory(environment)
    for bucket in resources.buckets:
        _unless_exists(client("s3").create_bucket, "BucketAlreadyOwnedByYou BucketAlreadyExists", Bucket=bucket)
    for database in resources.databases:
        _unless_exists(client("glue").create_database, "AlreadyExistsException", DatabaseInput={"Name": database})
    for role in resources.roles:
        _create_role(client("iam"), role)
    _create_jobs(client("glue"), resources.jobs, folder)
    _create_workgroups(client("athena"), resources.workgroups)
    _create_keys(client("kms"), resources.kms_aliases)
    for topic in resources.topics:
        client("sns").create_topic(Name=topic)
    for instance in resources.db_instances:
        _create_database(client("secretsmanager"), postgres, instance)


def client_factory(environment: dict[str, str]) -> Callable[[str], Client]:
    """Return a function that makes boto3 clients of the endpoint: `factory(service)`.

    The process's own AWS settings play no part.
    """
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
    """Make a call that creates something; the error codes (separated by blanks) mean that it exists already."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes.split():
            raise


def _create_role(iam: Client, role: Role) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": role.service}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    _unless_exists(iam.create_role, "EntityAlreadyExists", RoleName=role.name, AssumeRolePolicyDocument=trust)


def _create_jobs(glue: Client, jobs: tuple[Job, ...], folder: Path) -> None:
    existing = set(glue.list_jobs(MaxResults=100)["JobNames"]) if jobs else set()
    for job in jobs:
        if job.name not in existing:
            glue.create_job(Name=job.name, **_job_definition(job, folder))


def _job_definition(job: Job, folder: Path) -> dict[str, Any]:
    arguments = {"--job-bookmark-option": "job-bookmark-disable", **job.arguments}
    if job.libraries:
        arguments["--extra-py-files"] = ",".join(job.libraries)
    if job.modules_file:
        arguments["--additional-python-modules"] = python_modules(folder / job.modules_file)
    return {
        "Role": f"arn:aws:iam::{ACCOUNT_ID}:role/{job.role}",
        "Command": {"Name": "glueetl", "ScriptLocation": job.script, "PythonVersion": "3"},
        "DefaultArguments": arguments,
        "ExecutionProperty": {"MaxConcurrentRuns": job.concurrent_runs},
        "GlueVersion": job.glue_version,
        "WorkerType": job.worker_type,
        "NumberOfWorkers": job.workers,
        "Timeout": job.timeout_minutes,
        "MaxRetries": 0,
    }


def _create_workgroups(athena: Client, workgroups: tuple[Workgroup, ...]) -> None:
    existing = {group["Name"] for group in athena.list_work_groups()["WorkGroups"]} if workgroups else set()
    for group in workgroups:
        if group.name not in existing:
            athena.create_work_group(
                Name=group.name,
                Configuration={
                    "ResultConfiguration": {"OutputLocation": group.output_location},
                    "EnforceWorkGroupConfiguration": group.enforced,
                    "EngineVersion": {"SelectedEngineVersion": "Athena engine version 3"},
                },
            )


def _create_keys(kms: Client, aliases: tuple[str, ...]) -> None:
    existing = {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]} if aliases else set()
    for alias in aliases:
        if alias not in existing:
            key = kms.create_key(Description=alias)["KeyMetadata"]
            kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])


def _create_database(secrets_manager: Client, postgres: Postgres, declared: DbInstance) -> None:
    instances = rds_backends[ACCOUNT_ID][REGION].instances
    if declared.identifier not in instances:
        instances[declared.identifier] = Instance(
            declared.identifier, declared.database, datetime.now(UTC), declared.username
        )
    try:
        secret = json.loads(secrets_manager.get_secret_value(SecretId=declared.secret)["SecretString"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        secret = {"password": secrets.token_urlsafe(24)}
        secrets_manager.create_secret(Name=declared.secret, SecretString=json.dumps(secret))
    wanted = {
        "engine": "postgres",
        "host": str(postgres.socket_dir),
        "port": PORT,
        "username": declared.username,
        "password": secret["password"],
        "dbname": declared.database,
    }
    if secret != wanted:
        secrets_manager.put_secret_value(SecretId=declared.secret, SecretString=json.dumps(wanted))
    postgres.ensure_database(declared.database, declared.username, secret["password"])
