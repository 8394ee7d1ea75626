"""The Glue catalog for the engine: databases, tables and partitions of moto's Glue backend."""

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
    """A column with its Hive type."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class Partition:
    """A partition: its values as text, in the order of the table's partition keys (None is NULL), and its location."""

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
        """The name in messages: `awsdatacatalog.database.table`."""
        return f"{CATALOG}.{self.database}.{self.name}"

    @property
    def all_columns(self) -> list[Column]:
        """Data columns, then partition keys: the order of `SELECT *`."""
        return [*self.columns, *self.partition_keys]


class Catalog:
    """Reads and writes the catalog of one region. Names are in lower case, as Glue stores them."""

    def __init__(self, account_id: str, region: str) -> None:
        self.glue: GlueBackend = glue_backends[account_id][region]

    def databases(self) -> list[str]:
        """Return the names of the databases, sorted."""
        return sorted(self.glue.databases)

    def has_database(self, name: str) -> bool:
        """Return whether the database exists."""
        return name.lower() in self.glue.databases

    def require_database(self, name: str, at: str = "line 1:1") -> Any:
        """Return moto's database object; raises AthenaQueryError (SCHEMA_NOT_FOUND) when there is none."""
        if not self.has_database(name):
            raise AthenaQueryError(f"SCHEMA_NOT_FOUND: {at}: Schema '{name.lower()}' does not exist")
        return self.glue.databases[name.lower()]

    def table_names(self, database: str) -> list[str]:
        """Return the names of a database's tables and views, sorted."""
        return sorted(self.require_database(database).tables)

    def raw(self, database: str, name: str) -> dict[str, Any] | None:
        """Return the Table structure of Glue's API, or None."""
        if not self.has_database(database):
            return None
        table = self.glue.databases[database.lower()].tables.get(name.lower())
        return table.as_dict() if table else None

    def table(self, database: str, name: str, at: str = "line 1:1", partitions: bool = True) -> Table:
        """Return a table or view, with its partitions unless `partitions` is false.

        Raises:
            AthenaQueryError: SCHEMA_NOT_FOUND or TABLE_NOT_FOUND, at the position `at` of the query.
        """
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
        """Create a database; raises Glue's error when it exists."""
        given = {"Name": name.lower(), "Description": comment, "LocationUri": location}
        with state.service_lock("glue"):
            self.glue.create_database(name.lower(), {k: v for k, v in given.items() if v})

    def create_table(self, database: str, table_input: dict[str, Any]) -> None:
        """Create a table or view from Glue's TableInput."""
        with state.service_lock("glue"):
            self.glue.create_table(database.lower(), table_input["Name"], table_input)

    def replace_table(self, database: str, table_input: dict[str, Any]) -> None:
        """Store a new version of a table or view."""
        with state.service_lock("glue"):
            self.glue.update_table(database.lower(), table_input["Name"], table_input)

    def drop_table(self, database: str, name: str) -> None:
        """Remove the table from the catalog. Its data stays, as for every external table."""
        with state.service_lock("glue"):
            self.glue.delete_table(database.lower(), name.lower())

    def drop_database(self, name: str) -> None:
        """Remove the database and its tables from the catalog."""
        with state.service_lock("glue"):
            self.glue.delete_database(name.lower())

    def add_partition(self, table: Table, values: list[str], location: str) -> None:
        """Add a partition with the table's storage description."""
        raw = self.raw(table.database, table.name) or {}
        storage = {**copy.deepcopy(raw.get("StorageDescriptor", {})), "Location": location}
        entry = {"Values": list(values), "StorageDescriptor": storage, "Parameters": {}}
        with state.service_lock("glue"):
            self.glue.create_partition(table.database, table.name, entry)

    def drop_partition(self, table: Table, values: list[str]) -> None:
        """Remove a partition from the catalog. Its data stays."""
        with state.service_lock("glue"):
            self.glue.delete_partition(table.database, table.name, values)  # type: ignore[arg-type]

    def set_partition_location(self, table: Table, values: list[str], location: str) -> None:
        """Change the location of one partition."""
        stored = self.glue.get_partition(table.database, table.name, values)  # type: ignore[arg-type]
        changed = copy.deepcopy(stored.partition_input)
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
