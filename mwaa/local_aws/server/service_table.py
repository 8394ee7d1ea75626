"""Which AWS services and actions the endpoint serves, and which moto (or own) classes answer them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from mwaa.local_aws.services import state


@dataclass(frozen=True)
class Service:
    """One AWS service: the module that answers, and what of it is really carried out.

    `actions` None means that all that moto implements is carried out in full by keeping records
    (topics, secrets, parameters …). Where moto would only pretend to work, the list names what is real.
    """

    name: str
    responses: str
    response_class: str
    actions: frozenset[str] | None = None
    serialised: bool = True

    def response(self) -> Any:
        """The moto response class; imported on first use."""
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

# Keyed by the service name a request is signed for.
SERVICES: dict[str, Service] = {
    "glue": Service("glue", "mwaa.local_aws.glue.glue_api", "LocalGlueResponse", _GLUE_ACTIONS),
    # Athena answers while queries run, and a start may take long: it guards its own objects.
    "athena": Service("athena", "moto.athena.responses", "AthenaResponse", serialised=False),
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
    """The BackendDict that holds a service's objects; the endpoint's own classes where it has them."""
    if service == "glue":
        from mwaa.local_aws.glue.glue_catalog import local_glue_backends

        return local_glue_backends()
    if service == "rds":
        from mwaa.local_aws.rds.rds_backend import rds_backends

        return rds_backends
    return state.moto_backends(service)
