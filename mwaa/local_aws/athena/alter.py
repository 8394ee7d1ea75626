"""Statements that change an existing table: ALTER TABLE and MSCK REPAIR TABLE."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from mwaa.local_aws.athena.athena_catalog import Table
from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.databases import FAILED
from mwaa.local_aws.athena.external_tables import column_list
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, Reader
from mwaa.local_aws.athena.storage import HIVE_NULL, as_key, hive_folder


def alter_table(session: Session, sql: str) -> Outcome:
    """Run ADD | DROP PARTITION, [PARTITION (…)] SET LOCATION, SET TBLPROPERTIES or ADD COLUMNS; refuse the others."""
    reader = Reader(sql)
    reader.expect("ALTER", "TABLE")
    database, name = reader.qualified(session.database)
    table = session.catalog.table(database, name)
    if reader.take("ADD", "COLUMNS"):
        return _add_columns(session, table, column_list(reader))
    if reader.take("ADD"):
        return _add_partitions(session, table, reader)
    if reader.take("DROP"):
        return _drop_partitions(session, table, reader)
    values = _partition_values(reader, table) if reader.take("PARTITION") else None
    if reader.take("SET", "LOCATION"):
        return _set_location(session, table, values, reader.string())
    if values is None and reader.take("SET", "TBLPROPERTIES"):
        raw = session.catalog.raw(database, name) or {}
        changed = {**_as_input(raw), "Parameters": {**(raw.get("Parameters") or {}), **reader.properties()}}
        session.catalog.replace_table(database, changed)
        return Outcome("DDL", "ALTER_TABLE_SET_TBLPROPERTIES")
    raise AthenaQueryError.unsupported(f"ALTER TABLE {name} {reader.rest()}")


def _as_input(raw: dict[str, Any]) -> dict[str, Any]:
    read_only = {"DatabaseName", "CreateTime", "UpdateTime", "VersionId", "CatalogId", "CreatedBy"}
    return {key: value for key, value in raw.items() if key not in read_only}


def _partition_values(reader: Reader, table: Table) -> list[str]:
    reader.expect("(")
    given: dict[str, str] = {}
    while not reader.take(")"):
        key = reader.identifier()
        reader.expect("=")
        reader.take("DATE")
        token = reader.next()
        given[key] = token[1:-1] if token.startswith("'") else token
        reader.take(",")
    keys = [k.name for k in table.partition_keys]
    if sorted(given) != sorted(keys):
        raise AthenaQueryError(
            f"FAILED: SemanticException: Partition spec {given} of {table.full_name} does not match its keys {keys}"
        )
    return [given[key] for key in keys]


def _add_partitions(session: Session, table: Table, reader: Reader) -> Outcome:
    lenient = reader.take("IF", "NOT", "EXISTS")
    known = {p.values for p in table.partitions}
    keys = [k.name for k in table.partition_keys]
    while not reader.at_end:
        reader.expect("PARTITION")
        values = _partition_values(reader, table)
        location = as_key(table.location) + hive_folder(keys, list(values))
        if reader.take("LOCATION"):
            location = reader.string()
        if tuple(values) in known:
            if not lenient:
                raise AthenaQueryError(f"{FAILED}AlreadyExistsException(message:Partition already exists: {values})")
            continue
        session.catalog.add_partition(table, values, location)
        known.add(tuple(values))
    return Outcome("DDL", "ALTER_TABLE_ADD_PARTITION")


def _drop_partitions(session: Session, table: Table, reader: Reader) -> Outcome:
    lenient = reader.take("IF", "EXISTS")
    known = {p.values for p in table.partitions}
    while not reader.at_end:
        reader.expect("PARTITION")
        values = _partition_values(reader, table)
        reader.take(",")
        if tuple(values) in known:
            session.catalog.drop_partition(table, values)
        elif not lenient:
            raise AthenaQueryError(f"{FAILED}NoSuchObjectException(message:Partition not found: {values})")
    return Outcome("DDL", "ALTER_TABLE_DROP_PARTITION")


def _set_location(session: Session, table: Table, values: list[str] | None, location: str) -> Outcome:
    session.storage.path(location)
    if values is not None:
        session.catalog.set_partition_location(table, values, location)
    else:
        raw = session.catalog.raw(table.database, table.name) or {}
        changed = _as_input(raw)
        changed["StorageDescriptor"] = {**changed["StorageDescriptor"], "Location": location}
        session.catalog.replace_table(table.database, changed)
    return Outcome("DDL", "ALTER_TABLE_SET_LOCATION")


def _add_columns(session: Session, table: Table, columns: list[dict[str, str]]) -> Outcome:
    raw = session.catalog.raw(table.database, table.name) or {}
    changed = _as_input(raw)
    storage = changed["StorageDescriptor"]
    changed["StorageDescriptor"] = {**storage, "Columns": [*storage["Columns"], *columns]}
    session.catalog.replace_table(table.database, changed)
    return Outcome("DDL", "ALTER_TABLE_ADD_COLUMNS")


def repair_table(session: Session, sql: str) -> Outcome:
    """Run MSCK REPAIR TABLE: add the partitions whose folders (`key=value`) are below the table's location."""
    reader = Reader(sql)
    reader.expect("MSCK", "REPAIR", "TABLE")
    database, name = reader.qualified(session.database)
    reader.end()
    table = session.catalog.table(database, name)
    keys = [k.name for k in table.partition_keys]
    known = {p.values for p in table.partitions}
    root = session.storage.path(table.location)
    rows: list[list[str | None]] = []
    for folder in sorted(root.glob("/".join("*=*" for _ in keys))) if keys else []:
        parts = [part.partition("=") for part in folder.relative_to(root).parts]
        if [key.lower() for key, _, _ in parts] != keys:
            continue
        values = [unquote(value) for _, _, value in parts]
        if tuple(None if v == HIVE_NULL else v for v in values) not in known:
            session.catalog.add_partition(table, values, session.storage.uri(folder))
            rows.append([f"Repair: Added partition to metastore {name}:{'/'.join('='.join(p[::2]) for p in parts)}"])
    return Outcome("DDL", "MSCK_REPAIR_TABLE", columns=[], rows=rows)
