"""The Glue Data Catalog: moto's, made fast and small for tens of thousands of partitions."""

from __future__ import annotations

import json
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.utils import utcnow
from moto.glue.exceptions import (
    EntityNotFoundException,
    InvalidInputException,
    PartitionAlreadyExistsException,
    PartitionNotFoundException,
    TableAlreadyExistsException,
)
from moto.glue.models import FakePartition, FakeTable, GlueBackend, glue_backends

from mwaa.local_aws.glue.glue_jobs import GlueJobs
from mwaa.local_aws.services import state
from mwaa.local_aws.services.moto_internals import use_backend_class

# The newest versions of a table that are stored. Each is a full copy of its definition; Glue stores 100,000.
STORED_TABLE_VERSIONS = 100


class LocalTable(FakeTable):
    """A table that marks the catalog as changed, and stores once what its partitions have in common."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Each partition repeats the table's columns. Stored once, 15,000 partitions are small in memory and on disk.
        self._column_lists: dict[str, list[dict[str, str]]] = {}
        self._filtered: tuple[str, list[FakePartition]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_filtered": None}

    def get_partitions(self, expression: str | None) -> list[FakePartition]:
        if not expression:
            return list(self.partitions.values())
        # Clients fetch many pages with the same expression: evaluate it once, not once per page.
        if self._filtered is None or self._filtered[0] != expression:
            self._filtered = (expression, super().get_partitions(expression))
        return self._filtered[1]

    def update(self, table_input: dict[str, Any]) -> None:
        super().update(table_input)
        for version in list(self.versions)[:-STORED_TABLE_VERSIONS]:
            del self.versions[version]
        self._changed()

    def create_partition(self, partiton_input: dict[str, Any]) -> None:
        partition = self._partition(partiton_input)
        key = str(partition.values)
        if key in self.partitions:
            raise PartitionAlreadyExistsException()
        self.partitions[key] = partition
        self._changed()

    def update_partition(self, old_values: Any, partiton_input: dict[str, Any]) -> None:
        old_key = str(old_values)
        if old_key not in self.partitions:
            raise PartitionNotFoundException()
        # In Glue the new input may have no values: then they do not change.
        partition = self._partition({**partiton_input, "Values": partiton_input.get("Values") or old_values})
        key = str(partition.values)
        if key != old_key and key in self.partitions:
            raise PartitionAlreadyExistsException()
        if key != old_key:
            del self.partitions[old_key]
        self.partitions[key] = partition
        self._changed()

    def delete_partition(self, values: Any) -> None:
        super().delete_partition(values)
        self._changed()

    def _changed(self) -> None:
        self._filtered = None
        state.touch("glue")

    def _partition(self, partition_input: dict[str, Any]) -> FakePartition:
        keys = self.partition_keys
        values = partition_input.get("Values") or []
        if len(values) != len(keys):
            raise InvalidInputException(
                "CreatePartition",
                f"The number of partition keys do not match the number of partition values: table "
                f"{self.database_name}.{self.name} has {len(keys)}, the partition {values} has {len(values)}",
            )
        storage = partition_input.get("StorageDescriptor")
        if storage and storage.get("Columns"):
            columns = self._column_lists.setdefault(json.dumps(storage["Columns"]), storage["Columns"])
            partition_input = {**partition_input, "StorageDescriptor": {**storage, "Columns": columns}}
        return FakePartition(self.database_name, self.name, partition_input)

    @property
    def partition_keys(self) -> list[dict[str, str]]:
        """Return the partition keys of the current version, `[{"Name": …, "Type": …}]`."""
        return self.versions[str(self._current_version)].get("PartitionKeys") or []


class LocalGlueBackend(GlueJobs, GlueBackend):
    """moto's Glue, with real job runs and a catalog that marks its changes."""

    def create_table(
        self,
        database_name: str,
        table_name: str,
        table_input: dict[str, Any],
        open_table_format_input: dict[str, Any] | None = None,
    ) -> LocalTable:
        database = self.get_database(database_name)
        if table_name in database.tables:
            raise TableAlreadyExistsException()
        table = LocalTable(
            database_name,
            table_name,
            table_input,
            catalog_id=self.account_id,
            open_table_format_input=open_table_format_input,
        )
        database.tables[table_name] = table
        state.touch("glue")
        return table

    def delete_table(self, database_name: str, table_name: str) -> None:
        super().delete_table(database_name, table_name)
        state.touch("glue")

    def update_table(self, database_name: str, table_name: str, table_input: dict[str, Any]) -> None:
        if not self.get_table(database_name, table_name).partitions:
            super().update_table(database_name, table_name, table_input)
            return
        table = self.get_table(database_name, table_name)
        keys = table_input.get("PartitionKeys") or []
        if len(keys) != len(table.partition_keys):
            raise InvalidInputException(
                "UpdateTable", f"Partition keys of {database_name}.{table_name} cannot change while it has partitions"
            )
        table.update(table_input)

    def update_database(self, database_name: str, database_input: dict[str, Any]) -> None:
        super().update_database(database_name, database_input)
        state.touch("glue")

    def update_job(self, name: str, job_update: dict[str, Any]) -> None:
        """Replace a job's definition. As on Glue, fields that `job_update` lacks get their defaults again."""
        job = self.get_job(name)
        for attribute, (key, default) in _JOB_FIELDS.items():
            setattr(job, attribute, job_update.get(key, default))
        job.last_modified_on = utcnow()

    def stop_job_runs(self, name: str, run_ids: list[str]) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
        """Stop runs; returns (successful submissions, errors) in BatchStopJobRun's shapes."""
        stopped, errors = [], []
        for run_id in run_ids:
            try:
                self.stop_job_run(name, run_id)
                stopped.append({"JobName": name, "JobRunId": run_id})
            except EntityNotFoundException as error:
                detail = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": error.message}
                errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
        return stopped, errors


_JOB_FIELDS: dict[str, tuple[str, Any]] = {
    "description": ("Description", None),
    "log_uri": ("LogUri", None),
    "role": ("Role", None),
    "execution_property": ("ExecutionProperty", {}),
    "command": ("Command", None),
    "default_arguments": ("DefaultArguments", {}),
    "non_overridable_arguments": ("NonOverridableArguments", None),
    "connections": ("Connections", None),
    "max_retries": ("MaxRetries", None),
    "timeout": ("Timeout", None),
    "max_capacity": ("MaxCapacity", None),
    "worker_type": ("WorkerType", None),
    "number_of_workers": ("NumberOfWorkers", None),
    "glue_version": ("GlueVersion", None),
    "security_configuration": ("SecurityConfiguration", None),
    "notification_property": ("NotificationProperty", None),
    "execution_class": ("ExecutionClass", "STANDARD"),
}


def local_glue_backends() -> BackendDict:
    """Return moto's Glue backends, which are LocalGlueBackend objects."""
    return use_backend_class(glue_backends, LocalGlueBackend)
