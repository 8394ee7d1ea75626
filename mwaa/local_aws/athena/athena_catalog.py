"""The Glue catalog as the engine sees it: databases, tables and partitions of moto's Glue backend."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from moto.glue.models import GlueBackend, glue_backends

from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.storage import HIVE_NULL, as_key, hive_folder
from mwaa.local_aws.services import state

CATALOG = "awsdatacatalog"


@dataclass(frozen=True)
class Column:
    """A column by its Hive type."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class Partition:
    """Values in the order of the table's partition keys, as the catalog's text (None for NULL), and the location."""

    values: tuple[str | None, ...]
    location: str


@dataclass
class Table:
    """One table or view of the catalog."""

    database: str
    name: str
    columns: list[Column]
    partition_keys: list[Column]
    location: str
    serde: str
    serde_parameters: dict[str, str]
    parameters: dict[str, str]
    view_text: str | None
    partitions: list[Partition] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        """`awsdatacatalog.database.table`, as messages name it."""
        return f"{CATALOG}.{self.database}.{self.name}"

    @property
    def all_columns(self) -> list[Column]:
        """Data columns, then partition keys: the order of SELECT *."""
        return [*self.columns, *self.partition_keys]


class Catalog:
    """Reads and writes one region's catalog; names are lower case, as Glue keeps them."""

    def __init__(self, account_id: str, region: str) -> None:
        self.glue: GlueBackend = glue_backends[account_id][region]

    def databases(self) -> list[str]:
        """Names in order."""
        return sorted(self.glue.databases)

    def has_database(self, name: str) -> bool:
        """Whether the database is there."""
        return name.lower() in self.glue.databases

    def require_database(self, name: str, at: str = "line 1:1") -> Any:
        """Glue's own object. Raises SCHEMA_NOT_FOUND."""
        if not self.has_database(name):
            raise AthenaQueryError(f"SCHEMA_NOT_FOUND: {at}: Schema '{name.lower()}' does not exist")
        return self.glue.databases[name.lower()]

    def table_names(self, database: str) -> list[str]:
        """Tables and views of a database, in order."""
        return sorted(self.require_database(database).tables)

    def raw(self, database: str, name: str) -> dict[str, Any] | None:
        """The Table structure as Glue's API answers it, or None."""
        if not self.has_database(database):
            return None
        table = self.glue.databases[database.lower()].tables.get(name.lower())
        return table.as_dict() if table else None

    def table(self, database: str, name: str, at: str = "line 1:1", partitions: bool = True) -> Table:
        """Raises SCHEMA_NOT_FOUND or TABLE_NOT_FOUND with Athena's words."""
        self.require_database(database, at)
        raw = self.raw(database, name)
        if raw is None:
            raise AthenaQueryError(
                f"TABLE_NOT_FOUND: {at}: Table '{CATALOG}.{database.lower()}.{name.lower()}' does not exist"
            )
        table = _from_glue(database.lower(), name.lower(), raw)
        if partitions and table.partition_keys:
            known = list(self.glue.databases[table.database].tables[table.name].partitions.values())
            table.partitions = [_partition(p.partition_input, table) for p in known]
        return table

    def create_database(self, name: str, comment: str | None, location: str | None) -> None:
        """Raises whatever Glue raises when it is there already."""
        given = {"Name": name.lower(), "Description": comment, "LocationUri": location}
        with state.service_lock("glue"):
            self.glue.create_database(name.lower(), {k: v for k, v in given.items() if v})

    def create_table(self, database: str, table_input: dict[str, Any]) -> None:
        """Add a table or view from Glue's TableInput."""
        with state.service_lock("glue"):
            self.glue.create_table(database.lower(), table_input["Name"], table_input)

    def replace_table(self, database: str, table_input: dict[str, Any]) -> None:
        """Put a new version of a table or view."""
        with state.service_lock("glue"):
            self.glue.update_table(database.lower(), table_input["Name"], table_input)

    def drop_table(self, database: str, name: str) -> None:
        """Remove the entry; the data stays where it is, as for any external table."""
        with state.service_lock("glue"):
            self.glue.delete_table(database.lower(), name.lower())

    def drop_database(self, name: str) -> None:
        """Remove the database and its tables' entries."""
        with state.service_lock("glue"):
            self.glue.delete_database(name.lower())

    def add_partition(self, table: Table, values: list[str], location: str) -> None:
        """Register one partition with the table's own storage description."""
        raw = self.raw(table.database, table.name) or {}
        storage = {**copy.deepcopy(raw.get("StorageDescriptor", {})), "Location": location}
        entry = {"Values": list(values), "StorageDescriptor": storage, "Parameters": {}}
        with state.service_lock("glue"):
            self.glue.create_partition(table.database, table.name, entry)

    def drop_partition(self, table: Table, values: list[str]) -> None:
        """Remove the entry; the data stays."""
        with state.service_lock("glue"):
            self.glue.delete_partition(table.database, table.name, values)  # type: ignore[arg-type]

    def set_partition_location(self, table: Table, values: list[str], location: str) -> None:
        """Repoint one partition."""
        held = self.glue.get_partition(table.database, table.name, values)  # type: ignore[arg-type]
        changed = copy.deepcopy(held.partition_input)
        changed.setdefault("StorageDescriptor", {})["Location"] = location
        with state.service_lock("glue"):
            self.glue.update_partition(table.database, table.name, changed, values)  # type: ignore[arg-type]


def _columns(raw: list[dict[str, Any]]) -> list[Column]:
    return [Column(c["Name"].lower(), c.get("Type") or "string", c.get("Comment") or "") for c in raw]


def _from_glue(database: str, name: str, raw: dict[str, Any]) -> Table:
    storage = raw.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    is_view = raw.get("TableType") == "VIRTUAL_VIEW"
    return Table(
        database=database,
        name=name,
        columns=_columns(storage.get("Columns") or []),
        partition_keys=_columns(raw.get("PartitionKeys") or []),
        location=storage.get("Location") or "",
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=dict(serde.get("Parameters") or {}),
        parameters=dict(raw.get("Parameters") or {}),
        view_text=(raw.get("ViewOriginalText") or "") if is_view else None,
    )


def _partition(raw: dict[str, Any], table: Table) -> Partition:
    values = tuple(None if v == HIVE_NULL else v for v in raw["Values"])
    location = (raw.get("StorageDescriptor") or {}).get("Location")
    if not location:
        location = as_key(table.location) + hive_folder([k.name for k in table.partition_keys], list(values))
    return Partition(values, location)
