"""The operators around RDS snapshots and exports. Waiting frees the worker: the sensors reschedule themselves."""

from __future__ import annotations

from typing import Any

from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.operators.rds import RdsStartExportTaskOperator
from airflow.providers.amazon.aws.sensors.rds import RdsExportTaskExistenceSensor, RdsSnapshotExistenceSensor
from airflow.sdk.exceptions import AirflowSensorTimeout

from biz_insights.aws.transient_errors import is_transient
from biz_insights.errors import PermanentError
from biz_insights.settings import load_settings
from biz_insights.source import snapshots
from biz_insights.source.export import tables_to_export


class AwaitRdsSnapshot(RdsSnapshotExistenceSensor):
    """Wait until a snapshot is available. Fail at once when it never will be."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(db_type="instance", target_statuses=["available"], mode="reschedule", **kwargs)

    def execute(self, context: Any) -> Any:
        """Check the snapshot every `reschedule_seconds` (a setting) until it is available."""
        self.poke_interval = load_settings().reschedule_seconds
        try:
            return super().execute(context)
        except AirflowSensorTimeout as error:
            raise _too_long(f"snapshot {self.db_snapshot_identifier} is not available", self.timeout) from error

    def poke(self, context: Any) -> bool:
        """Return whether the snapshot is available.

        Raises:
            PermanentError: it failed, or is gone.
        """
        status = self._status()
        if status in ("creating", "available", None):
            return status == "available"
        raise PermanentError(
            f"snapshot {self.db_snapshot_identifier} is {status}; see the instance's events in RDS, "
            "then clear extract.create_snapshot to take another"
        )

    def _status(self) -> str | None:
        rds = self.hook.conn
        try:
            found = rds.describe_db_snapshots(DBSnapshotIdentifier=self.db_snapshot_identifier)["DBSnapshots"]
        except rds.exceptions.DBSnapshotNotFoundFault:
            return "not there any more"
        except Exception as error:
            if not is_transient(error):
                raise
            self.log.warning("asking again after %s", error)
            return None
        return found[0]["Status"].lower()


class StartRdsExport(RdsStartExportTaskOperator):
    """Start the export of the three source tables, after the exports of earlier tries of this run are cancelled."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(wait_for_completion=False, **kwargs)

    def execute(self, context: Any) -> str:
        """Return the answer of StartExportTask as JSON."""
        snapshots.cancel_exports(self.hook.conn, context["run_id"])
        self.export_only = tables_to_export(load_settings().source_database)
        try:
            return super().execute(context)
        except self.hook.conn.exceptions.DBSnapshotNotFoundFault as error:
            raise PermanentError(
                f"snapshot {self.source_arn} is deleted, as after every failed extract; "
                "clear extract.create_snapshot to take another"
            ) from error


class AwaitRdsExport(RdsExportTaskExistenceSensor):
    """Wait until an export is complete. When it ends otherwise, fail with the cause that RDS gives.

    The provider's sensor, by default, also succeeds for an export that is starting or canceled.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            target_statuses=["complete"], error_statuses=["failed", "canceled"], mode="reschedule", **kwargs
        )

    def execute(self, context: Any) -> Any:
        """Check the export every `reschedule_seconds` (a setting) until it is complete."""
        self.poke_interval = load_settings().reschedule_seconds
        try:
            return super().execute(context)
        except AirflowSensorTimeout as error:
            raise _too_long(f"export {self.export_task_identifier} is not complete", self.timeout) from error

    def poke(self, context: Any) -> bool:
        """Return whether the export is complete.

        Raises:
            PermanentError: the export failed or was canceled.
        """
        try:
            return super().poke(context)
        except AirflowException as error:
            tasks = self.hook.conn.describe_export_tasks(ExportTaskIdentifier=self.export_task_identifier)
            cause = tasks["ExportTasks"][0].get("FailureCause") or "canceled"
            raise PermanentError(
                f"export {self.export_task_identifier} ended without its files: {cause}; fix the cause, "
                "then clear extract.create_snapshot to export again"
            ) from error
        except Exception as error:
            if not is_transient(error):
                raise
            self.log.warning("asking again after %s", error)
            return False


def _too_long(what: str, seconds: float) -> PermanentError:
    return PermanentError(
        f"{what} after {seconds / 3600:g} hours; see its state in RDS, then clear extract.create_snapshot to begin "
        "again"
    )
