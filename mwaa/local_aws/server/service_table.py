"""The AWS services and actions that the endpoint serves, and the classes that answer them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from mwaa.local_aws.services import moto_internals


@dataclass(frozen=True)
class Service:
    """One AWS service.

    Attributes:
        name: the service's name in moto and in messages.
        responses: the module of the class that answers.
        response_class: the class that answers.
        actions: the actions that are served. None serves all that moto implements: right for services that only store
            records (topics, secrets, parameters …). Where moto would only pretend to work, list what really works.
        serialised: whether one call at a time is served, under the service's lock.
    """

    name: str
    responses: str
    response_class: str
    actions: frozenset[str] | None = None
    serialised: bool = True

    def response(self) -> Any:
        """Return the class that answers; its module is imported on first use."""
        return getattr(importlib.import_module(self.responses), self.response_class)


_GLUE_ACTIONS = frozenset(
    {
        "CreateDatabase", "GetDatabase", "GetDatabases", "UpdateDatabase", "DeleteDatabase",
        "CreateTable", "GetTable", "GetTables", "UpdateTable", "DeleteTable", "BatchDeleteTable",
        "GetTableVersion", "GetTableVersions", "DeleteTableVersion", "GetPartitionIndexes",
        "CreatePartition", "GetPartition", "GetPartitions", "UpdatePartition", "DeletePartition",
        "BatchGetPartition", "BatchCreatePartition", "BatchUpdatePartition", "BatchDeletePartition",
        "CreateJob", "GetJob", "GetJobs", "ListJobs", "BatchGetJobs", "UpdateJob", "DeleteJob",
        "StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun",
        "GetTags", "TagResource", "UntagResource",
    }
)  # fmt: skip
_RDS_ACTIONS = frozenset(
    {
        "DescribeDBInstances", "CreateDBSnapshot", "DescribeDBSnapshots", "DeleteDBSnapshot",
        "StartExportTask", "DescribeExportTasks", "CancelExportTask", "ListTagsForResource",
    }
)  # fmt: skip

# By the service name in a request's signature.
SERVICES: dict[str, Service] = {
    "glue": Service("glue", "mwaa.local_aws.glue.glue_api", "LocalGlueResponse", _GLUE_ACTIONS),
    # Starting a query can take a second, in which other calls must be answered: Athena locks its own objects.
    "athena": Service("athena", "mwaa.local_aws.athena.athena_api", "LocalAthenaResponse", serialised=False),
    "rds": Service("rds", "mwaa.local_aws.rds.rds_api", "LocalRdsResponse", _RDS_ACTIONS, serialised=False),
    "sns": Service("sns", "mwaa.local_aws.services.sns", "LocalSnsResponse"),
    "ssm": Service("ssm", "moto.ssm.responses", "SimpleSystemManagerResponse"),
    "secretsmanager": Service("secretsmanager", "moto.secretsmanager.responses", "SecretsManagerResponse"),
    "kms": Service("kms", "moto.kms.responses", "KmsResponse"),
    "sts": Service("sts", "moto.sts.responses", "TokenResponse"),
    "iam": Service("iam", "moto.iam.responses", "IamResponse"),
    "logs": Service("logs", "moto.logs.responses", "LogsResponse"),
    "monitoring": Service("cloudwatch", "moto.cloudwatch.responses", "CloudWatchResponse"),
}


def backends_of(service: str) -> Any:
    """Return the BackendDict of a service's objects, with the endpoint's own backend class where it has one."""
    if service == "glue":
        from mwaa.local_aws.glue.glue_catalog import local_glue_backends

        return local_glue_backends()
    if service == "rds":
        from mwaa.local_aws.rds.rds_backend import rds_backends

        return rds_backends
    return moto_internals.backends_by_name(service)
