"""RDS's HTTP API over one PostgreSQL: DB instances, snapshots and snapshot exports."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, BaseResponse

from mwaa.local_aws.rds.postgres import PORT, SUPERUSER
from mwaa.local_aws.rds.rds_backend import Instance, LocalRdsBackend, RdsEngine, RdsError, Snapshot, rds_backends
from mwaa.local_aws.rds.rds_export import ExportTask

# RDS's limit for exports at the same time in an account.
CONCURRENT_EXPORTS = 5
_IDENTIFIER = re.compile(r"^[A-Za-z](?:-?[A-Za-z0-9])*$")
_EXPORT_IDENTIFIER = re.compile(r"^[a-z](?:-?[a-z0-9])*$")


class LocalRdsResponse(BaseResponse):
    """One RDS API call; the answers follow botocore's service model."""

    def __init__(self) -> None:
        super().__init__(service_name="rds")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> LocalRdsBackend:
        """The objects of the caller's account and region."""
        return rds_backends[self.current_account][self.region]

    @property
    def engine(self) -> RdsEngine:
        """The running endpoint's engine."""
        if LocalRdsBackend.engine is None:
            raise RdsError("InvalidDBInstanceStateFault", "The endpoint's database is not running: start the endpoint.")
        return LocalRdsBackend.engine

    def describe_db_instances(self) -> ActionResult:
        identifier = self.params.get("DBInstanceIdentifier")
        chosen = [self.backend.instance(identifier)] if identifier else list(self.backend.instances.values())
        return ActionResult({"DBInstances": [self._instance(instance) for instance in chosen]})

    def create_db_snapshot(self) -> ActionResult:
        identifier = self.params["DBSnapshotIdentifier"]
        _check_identifier(identifier, _IDENTIFIER, 255, "DBSnapshotIdentifier")
        instance = self.backend.instance(self.params["DBInstanceIdentifier"])
        identifier = identifier.lower()
        if identifier in self.backend.snapshots:
            raise RdsError(
                "DBSnapshotAlreadyExistsFault",
                f"Cannot create the snapshot because a snapshot with the identifier {identifier} already exists.",
            )
        snapshot = Snapshot(identifier, instance, datetime.now(UTC), list(self.params.get("Tags") or []))
        self.backend.snapshots[identifier] = snapshot
        try:
            self.engine.take_snapshot(snapshot)
        except Exception:
            del self.backend.snapshots[identifier]
            raise
        # RDS answers "creating" even when the next DescribeDBSnapshots says "available".
        return ActionResult({"DBSnapshot": {**self._snapshot(snapshot), "Status": "creating", "PercentProgress": 0}})

    def describe_db_snapshots(self) -> ActionResult:
        identifier = self.params.get("DBSnapshotIdentifier")
        of_instance = self.params.get("DBInstanceIdentifier")
        chosen = [self.backend.snapshot(identifier)] if identifier else list(self.backend.snapshots.values())
        if of_instance:
            chosen = [snapshot for snapshot in chosen if snapshot.instance.identifier == of_instance]
        if self.params.get("SnapshotType") not in (None, "manual"):
            chosen = []
        return ActionResult({"DBSnapshots": [self._snapshot(snapshot) for snapshot in chosen]})

    def delete_db_snapshot(self) -> ActionResult:
        snapshot = self.backend.snapshot(self.params["DBSnapshotIdentifier"])
        if snapshot.status == "creating":
            raise RdsError(
                "InvalidDBSnapshotState", f"Snapshot {snapshot.identifier} is creating: it cannot be deleted yet."
            )
        del self.backend.snapshots[snapshot.identifier]
        shutil.rmtree(self.engine.layout.snapshots / snapshot.identifier, ignore_errors=True)
        return ActionResult({"DBSnapshot": {**self._snapshot(snapshot), "Status": "deleted"}})

    def start_export_task(self) -> ActionResult:
        identifier = self.params["ExportTaskIdentifier"]
        _check_identifier(identifier, _EXPORT_IDENTIFIER, 60, "ExportTaskIdentifier")
        if identifier in self.backend.exports:
            raise RdsError(
                "ExportTaskAlreadyExistsFault", f"An export task with the identifier {identifier} already exists."
            )
        snapshot = self.backend.snapshot(self.params["SourceArn"])
        if snapshot.status != "available":
            raise RdsError(
                "InvalidExportSourceStateFault", f"Snapshot {snapshot.identifier} is {snapshot.status}, not available."
            )
        active = [task.identifier for task in self.backend.exports.values() if not task.finished]
        if len(active) >= CONCURRENT_EXPORTS:
            raise RdsError(
                "ExportTaskLimitReachedFault", f"{CONCURRENT_EXPORTS} exports already run: {', '.join(active)}"
            )
        _check_prefix(self.params.get("S3Prefix") or "")
        bucket = self.params["S3BucketName"]
        if not (self.engine.layout.s3 / bucket).is_dir():
            raise RdsError("InvalidS3BucketFault", f"The S3 bucket {bucket} doesn't exist.")
        _check_role(self.params["IamRoleArn"], self.backend.account_id)
        task = ExportTask(
            identifier=identifier,
            source_arn=self.backend.arn("snapshot", snapshot.identifier),
            snapshot_time=snapshot.created,
            bucket=bucket,
            prefix=(self.params.get("S3Prefix") or "").strip("/"),
            iam_role_arn=self.params["IamRoleArn"],
            kms_key_arn=_kms_key_arn(self.params["KmsKeyId"], self.backend),
            export_only=list(self.params.get("ExportOnly") or []),
        )
        self.backend.exports[identifier] = task
        answer = task.as_response()
        self.engine.start_export(task, snapshot)
        return ActionResult(answer)

    def describe_export_tasks(self) -> ActionResult:
        identifier = self.params.get("ExportTaskIdentifier")
        source = self.params.get("SourceArn")
        chosen = [self.backend.export(identifier)] if identifier else list(self.backend.exports.values())
        if source:
            chosen = [task for task in chosen if task.source_arn == source]
        return ActionResult({"ExportTasks": [task.as_response() for task in chosen]})

    def cancel_export_task(self) -> ActionResult:
        task = self.backend.export(self.params["ExportTaskIdentifier"])
        if task.finished:
            raise RdsError(
                "InvalidExportTaskStateFault", f"Export task {task.identifier} is {task.status}: it cannot be canceled."
            )
        self.engine.cancel_export(task)
        return ActionResult(task.as_response())

    def list_tags_for_resource(self) -> ActionResult:
        arn = self.params["ResourceName"]
        if ":snapshot:" not in arn:
            return ActionResult({"TagList": []})
        return ActionResult({"TagList": self.backend.snapshot(arn).tags})

    def _instance(self, instance: Instance) -> dict[str, Any]:
        return {
            "DBInstanceIdentifier": instance.identifier,
            "DBInstanceArn": self.backend.arn("db", instance.identifier),
            "DBInstanceClass": "db.t4g.medium",
            "DBInstanceStatus": "available",
            "Engine": "postgres",
            "EngineVersion": "18.4",
            "DBName": instance.database,
            "MasterUsername": instance.master_username,
            "Endpoint": {"Address": self.engine.socket_dir, "Port": PORT},
            "AllocatedStorage": 20,
            "InstanceCreateTime": instance.created,
            "StorageEncrypted": True,
            "MultiAZ": False,
        }

    def _snapshot(self, snapshot: Snapshot) -> dict[str, Any]:
        return {
            "DBSnapshotIdentifier": snapshot.identifier,
            "DBSnapshotArn": self.backend.arn("snapshot", snapshot.identifier),
            "DBInstanceIdentifier": snapshot.instance.identifier,
            "SnapshotCreateTime": snapshot.created,
            "OriginalSnapshotCreateTime": snapshot.created,
            "InstanceCreateTime": snapshot.instance.created,
            "Engine": "postgres",
            "EngineVersion": "18.4",
            "AllocatedStorage": 20,
            "Status": snapshot.status,
            "PercentProgress": 100 if snapshot.status == "available" else 0,
            "SnapshotType": "manual",
            "MasterUsername": snapshot.instance.master_username or SUPERUSER,
            "Encrypted": True,
            "TagList": snapshot.tags,
        }


def _check_identifier(value: str, pattern: re.Pattern[str], longest: int, parameter: str) -> None:
    if not pattern.match(value) or len(value) > longest:
        raise RdsError(
            "InvalidParameterValue",
            f"The parameter {parameter} is not a valid identifier: '{value}'. Identifiers must begin with a "
            f"{'lowercase ' if pattern is _EXPORT_IDENTIFIER else ''}letter, contain only letters, digits and hyphens, "
            f"have no two hyphens in a row and none at the end, and be at most {longest} characters long.",
        )


def _check_prefix(prefix: str) -> None:
    if prefix.endswith("/"):
        raise RdsError(
            "InvalidParameterValue",
            f"The parameter S3Prefix is not a valid prefix: '{prefix}'. It must not end with a slash.",
        )


def _check_role(role_arn: str, account_id: str) -> None:
    from moto.iam.models import iam_backends

    roles = iam_backends[account_id]["aws"].roles.values()
    if role_arn not in {role.arn for role in roles}:
        raise RdsError("IamRoleNotFoundFault", f"The IAM role {role_arn} doesn't exist.")


def _kms_key_arn(key: str, backend: LocalRdsBackend) -> str:
    from moto.kms.models import kms_backends

    kms = kms_backends[backend.account_id][backend.region_name]
    try:
        return kms.describe_key(kms.any_id_to_key_id(key)).arn
    except Exception as error:
        raise RdsError("KMSKeyNotAccessibleFault", f"The KMS key {key} doesn't exist or cannot be used.") from error
