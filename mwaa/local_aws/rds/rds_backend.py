"""RDS's records (instances, snapshots, exports) and the threads that do the work."""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException

from mwaa.local_aws.layout import StateLayout
from mwaa.local_aws.rds.postgres import Postgres
from mwaa.local_aws.rds.rds_export import ExportRun, ExportTask
from mwaa.local_aws.rds.rds_snapshot import SnapshotCopy
from mwaa.local_aws.services import state

logger = logging.getLogger(__name__)

# CreateDBSnapshot waits up to this long for the copy: clients poll every 30 s, and most copies are faster.
SNAPSHOT_CALL_SECONDS = 20.0


@dataclass
class Instance:
    """A DB instance; `database` is the one that snapshots copy."""

    identifier: str
    database: str
    created: datetime
    master_username: str


@dataclass
class Snapshot:
    """One snapshot: what DescribeDBSnapshots answers from."""

    identifier: str
    instance: Instance
    created: datetime
    tags: list[dict[str, str]]
    status: str = "creating"
    bytes: int = 0
    rows: int = 0


class RdsError(ServiceException):
    """An RDS error: code and message. moto finds the code by the class's module, so RDS needs a class of its own."""


class LocalRdsBackend(BaseBackend):
    """Instances, snapshots and exports; `engine`, which the endpoint sets, does the work."""

    engine: RdsEngine | None = None

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.instances: dict[str, Instance] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.exports: dict[str, ExportTask] = {}

    def arn(self, kind: str, identifier: str) -> str:
        """Return `arn:aws:rds:<region>:<account>:<kind>:<identifier>`; kind is db or snapshot."""
        return f"arn:aws:rds:{self.region_name}:{self.account_id}:{kind}:{identifier}"

    def instance(self, identifier: str) -> Instance:
        """Return the instance; raises RdsError (DBInstanceNotFoundFault) when there is none."""
        if identifier not in self.instances:
            raise RdsError("DBInstanceNotFoundFault", f"DBInstance {identifier} not found.")
        return self.instances[identifier]

    def snapshot(self, identifier: str) -> Snapshot:
        """Return the snapshot of an identifier or ARN; raises RdsError (DBSnapshotNotFoundFault) when there is none."""
        name = identifier.rpartition(":snapshot:")[2].lower()
        if name not in self.snapshots:
            raise RdsError("DBSnapshotNotFoundFault", f"DBSnapshot {identifier} not found.")
        return self.snapshots[name]

    def export(self, identifier: str) -> ExportTask:
        """Return the export task; raises RdsError (ExportTaskNotFoundFault) when there is none."""
        if identifier not in self.exports:
            raise RdsError("ExportTaskNotFoundFault", f"Cannot find specified export task: {identifier}")
        return self.exports[identifier]

    def fail_interrupted(self) -> None:
        """Mark what was unfinished when the endpoint stopped as failed: its threads are gone."""
        for snapshot in self.snapshots.values():
            if snapshot.status == "creating":
                snapshot.status = "failed"
        for task in self.exports.values():
            if not task.finished:
                task.status = "FAILED"
                task.failure_cause = "The endpoint was stopped during the export: start another export"
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
        """The folder of the Unix socket that database clients connect to."""
        return str(self._postgres.socket_dir)

    def take_snapshot(self, snapshot: Snapshot) -> None:
        """Fix the point in time now, copy in a thread, and wait up to SNAPSHOT_CALL_SECONDS for its end."""
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
        """Write the export in a thread; returns at once."""
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
        """Ask the export to stop before its next file."""
        if run := self._exports.get(task.identifier):
            task.status = "CANCELING"
            run.cancelled.set()

    def close(self) -> None:
        """Stop all copies and exports and wait for their threads."""
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
