"""RDS's HTTP API over one PostgreSQL: DB instance, snapshots and snapshot exports."""

from __future__ import annotations

import logging
import re
import shutil
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from mwaa.local_aws import state
from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.postgres import PORT, SUPERUSER, Postgres
from mwaa.local_aws.rds_export import ExportRun, ExportTask
from mwaa.local_aws.rds_snapshot import SnapshotCopy

logger = logging.getLogger(__name__)

# Clients poll a snapshot every 30 s; a small copy is finished before the call returns, so that they need not.
SNAPSHOT_CALL_SECONDS = 20.0
# RDS: at most this many exports at once in an account.
CONCURRENT_EXPORTS = 5
_IDENTIFIER = re.compile(r"^[A-Za-z](?:-?[A-Za-z0-9])*$")
_EXPORT_IDENTIFIER = re.compile(r"^[a-z](?:-?[a-z0-9])*$")


@dataclass
class Instance:
    """The DB instance; `database` is the one that snapshots copy."""

    identifier: str
    database: str
    created: datetime
    master_username: str


@dataclass
class Snapshot:
    """What DescribeDBSnapshots tells about one snapshot."""

    identifier: str
    instance: Instance
    created: datetime
    tags: list[dict[str, str]]
    status: str = "creating"
    bytes: int = 0
    rows: int = 0


class LocalRdsBackend(BaseBackend):
    """Instances, snapshots and exports; `engine` (set by the endpoint) does the work behind them."""

    engine: RdsEngine | None = None

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.instances: dict[str, Instance] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.exports: dict[str, ExportTask] = {}

    def arn(self, kind: str, identifier: str) -> str:
        """`arn:aws:rds:<region>:<account>:<kind>:<identifier>`; kind is db or snapshot."""
        return f"arn:aws:rds:{self.region_name}:{self.account_id}:{kind}:{identifier}"

    def instance(self, identifier: str) -> Instance:
        """The instance, or DBInstanceNotFoundFault."""
        if identifier not in self.instances:
            raise ServiceException("DBInstanceNotFoundFault", f"DBInstance {identifier} not found.")
        return self.instances[identifier]

    def snapshot(self, identifier: str) -> Snapshot:
        """The snapshot of this identifier or ARN, or DBSnapshotNotFoundFault."""
        name = identifier.rpartition(":snapshot:")[2].lower()
        if name not in self.snapshots:
            raise ServiceException("DBSnapshotNotFoundFault", f"DBSnapshot {identifier} not found.")
        return self.snapshots[name]

    def export(self, identifier: str) -> ExportTask:
        """The export task, or ExportTaskNotFoundFault."""
        if identifier not in self.exports:
            raise ServiceException("ExportTaskNotFoundFault", f"Cannot find specified export task: {identifier}")
        return self.exports[identifier]

    def fail_interrupted(self) -> None:
        """After a restart: what was under way has no thread any more."""
        for snapshot in self.snapshots.values():
            if snapshot.status == "creating":
                snapshot.status = "failed"
        for task in self.exports.values():
            if not task.finished:
                task.status = "FAILED"
                task.failure_cause = "The endpoint was stopped during the export: start another"
                task.ended = datetime.now(UTC)


rds_backends = BackendDict(LocalRdsBackend, "rds")


class RdsEngine:
    """Threads that copy snapshots and write exports."""

    def __init__(self, postgres: Postgres, layout: StateLayout) -> None:
        self._postgres = postgres
        self.layout = layout
        self._copies: dict[str, SnapshotCopy] = {}
        self._exports: dict[str, ExportRun] = {}
        self._threads: list[threading.Thread] = []

    @property
    def socket_dir(self) -> str:
        """Where clients of the database connect: the folder of its Unix socket."""
        return str(self._postgres.socket_dir)

    def take_snapshot(self, snapshot: Snapshot) -> None:
        """Fix the instant now, copy in a thread, and wait a little for it to finish."""
        database = snapshot.instance.database
        folder = self.layout.snapshots / snapshot.identifier
        shutil.rmtree(folder, ignore_errors=True)
        copy = SnapshotCopy(self._postgres.uri(database), database, folder)
        self._copies[snapshot.identifier] = copy

        def run() -> None:
            try:
                tables = copy.run()
                snapshot.bytes = sum(table.bytes for table in tables)
                snapshot.rows = sum(table.rows for table in tables)
                snapshot.status = "available"
            except Exception as error:
                snapshot.status = "failed"
                if not isinstance(error, InterruptedError):
                    logger.exception("snapshot %s failed", snapshot.identifier)
            finally:
                self._copies.pop(snapshot.identifier, None)
                state.touch("rds")

        self._start(run, f"snapshot-{snapshot.identifier}").join(SNAPSHOT_CALL_SECONDS)

    def start_export(self, task: ExportTask, snapshot: Snapshot) -> None:
        """Write the export in a thread."""
        run = ExportRun(task, self.layout, self.layout.snapshots / snapshot.identifier)
        self._exports[task.identifier] = run

        def work() -> None:
            try:
                run.run()
            finally:
                self._exports.pop(task.identifier, None)
                state.touch("rds")

        self._start(work, f"export-{task.identifier}")

    def cancel_export(self, task: ExportTask) -> None:
        """Ask the export to stop at the next file."""
        if run := self._exports.get(task.identifier):
            task.status = "CANCELING"
            run.cancelled.set()

    def close(self) -> None:
        """Stop what is under way and wait for it."""
        for copy in list(self._copies.values()):
            copy.cancel()
        for run in list(self._exports.values()):
            run.cancelled.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _start(self, work: Any, name: str) -> threading.Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()
        return thread


class LocalRdsResponse(BaseResponse):
    """One RDS API call; shapes follow botocore's service model."""

    def __init__(self) -> None:
        super().__init__(service_name="rds")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> LocalRdsBackend:
        """Objects of the caller's account and region."""
        return rds_backends[self.current_account][self.region]

    @property
    def engine(self) -> RdsEngine:
        """The running endpoint's engine."""
        if LocalRdsBackend.engine is None:
            raise ServiceException("InvalidDBInstanceStateFault", "The endpoint's database is not running.")
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
            raise ServiceException(
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
        # RDS answers "creating" even when the next DescribeDBSnapshots finds it available.
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
        del self.backend.snapshots[snapshot.identifier]
        shutil.rmtree(self.engine.layout.snapshots / snapshot.identifier, ignore_errors=True)
        return ActionResult({"DBSnapshot": {**self._snapshot(snapshot), "Status": "deleted"}})

    def start_export_task(self) -> ActionResult:
        identifier = self.params["ExportTaskIdentifier"]
        _check_identifier(identifier, _EXPORT_IDENTIFIER, 60, "ExportTaskIdentifier")
        if identifier in self.backend.exports:
            raise ServiceException(
                "ExportTaskAlreadyExistsFault", f"An export task with the identifier {identifier} already exists."
            )
        snapshot = self.backend.snapshot(self.params["SourceArn"])
        if snapshot.status != "available":
            raise ServiceException(
                "InvalidExportSourceStateFault", f"Snapshot {snapshot.identifier} is {snapshot.status}, not available."
            )
        active = [task.identifier for task in self.backend.exports.values() if not task.finished]
        if len(active) >= CONCURRENT_EXPORTS:
            raise ServiceException(
                "ExportTaskLimitReachedFault", f"{CONCURRENT_EXPORTS} exports already run: {', '.join(active)}"
            )
        bucket = self.params["S3BucketName"]
        if not (self.engine.layout.s3 / bucket).is_dir():
            raise ServiceException("InvalidS3BucketFault", f"The S3 bucket {bucket} doesn't exist.")
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
        raise ServiceException(
            "InvalidParameterValue",
            f"The parameter {parameter} is not a valid identifier: '{value}'. Identifiers must begin with a "
            f"{'lowercase ' if pattern is _EXPORT_IDENTIFIER else ''}letter, hold only letters, digits and hyphens, "
            f"no two hyphens in a row or at the end, and be at most {longest} characters long.",
        )


def _check_role(role_arn: str, account_id: str) -> None:
    from moto.iam.models import iam_backends

    roles = iam_backends[account_id]["aws"].roles.values()
    if role_arn not in {role.arn for role in roles}:
        raise ServiceException("IamRoleNotFoundFault", f"The IAM role {role_arn} doesn't exist.")


def _kms_key_arn(key: str, backend: LocalRdsBackend) -> str:
    from moto.kms.models import kms_backends

    kms = kms_backends[backend.account_id][backend.region_name]
    try:
        return kms.describe_key(kms.any_id_to_key_id(key)).arn
    except Exception as error:
        raise ServiceException(
            "KMSKeyNotAccessibleFault", f"The KMS key {key} doesn't exist or cannot be used."
        ) from error
