"""DDL: databases, external tables, partitions, views."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from sqlglot import exp

from mwaa.local_aws.athena.catalog import Table
from mwaa.local_aws.athena.dialect import parse
from mwaa.local_aws.athena.errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, Reader
from mwaa.local_aws.athena.storage import HIVE_NULL, as_key, hive_folder
from mwaa.local_aws.athena.strictness import refuse_what_trino_lacks
from mwaa.local_aws.athena.types import described, hive_to_duckdb, to_hive, to_trino
from mwaa.local_aws.athena.views import view_table_input

_FAILED = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
_STORED_AS = {
    "PARQUET": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    "TEXTFILE": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "JSON": "org.openx.data.jsonserde.JsonSerDe",
}


def _done(kind: str) -> Outcome:
    return Outcome("DDL", kind)


# --- databases ---


def create_database(session: Session, sql: str) -> Outcome:
    """CREATE DATABASE | SCHEMA [IF NOT EXISTS] name [COMMENT '…'] [LOCATION '…'] [WITH DBPROPERTIES (…)]."""
    reader = Reader(sql)
    reader.expect("CREATE")
    reader.next()
    lenient = reader.take("IF", "NOT", "EXISTS")
    name = reader.identifier()
    comment = location = None
    while not reader.at_end:
        if reader.take("COMMENT"):
            comment = reader.string()
        elif reader.take("LOCATION"):
            location = reader.string()
        else:
            reader.expect("WITH", "DBPROPERTIES")
            reader.properties()
    if session.catalog.has_database(name):
        if not lenient:
            raise AthenaQueryError(f"{_FAILED}Database {name} already exists")
    else:
        session.catalog.create_database(name, comment, location)
    return _done("CREATE_DATABASE")


def drop_database(session: Session, sql: str) -> Outcome:
    """DROP DATABASE | SCHEMA [IF EXISTS] name [RESTRICT | CASCADE]."""
    reader = Reader(sql)
    reader.expect("DROP")
    reader.next()
    lenient = reader.take("IF", "EXISTS")
    name = reader.identifier()
    cascade = reader.take("CASCADE")
    reader.take("RESTRICT")
    reader.end()
    if not session.catalog.has_database(name):
        if not lenient:
            raise AthenaQueryError(f"FAILED: SemanticException [Error 10072]: Database does not exist: {name}")
    elif session.catalog.table_names(name) and not cascade:
        raise AthenaQueryError(
            f"{_FAILED}InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)"
        )
    else:
        session.catalog.drop_database(name)
    return _done("DROP_DATABASE")


# --- tables ---


def create_external_table(session: Session, sql: str) -> Outcome:
    """CREATE EXTERNAL TABLE for Parquet, OpenCSV, JSON and delimited text."""
    reader = Reader(sql)
    reader.expect("CREATE")
    if not reader.take("EXTERNAL"):
        raise AthenaQueryError.unsupported("CREATE TABLE without EXTERNAL and without AS SELECT (Iceberg tables)")
    reader.expect("TABLE")
    lenient = reader.take("IF", "NOT", "EXISTS")
    database, name = reader.qualified(session.database)
    columns = _column_list(reader)
    table_input = _table_clauses(reader, name, columns)
    session.catalog.require_database(database)
    if session.catalog.raw(database, name) is not None:
        if not lenient:
            raise AthenaQueryError(f"{_FAILED}AlreadyExistsException(message:Table {name} already exists.)")
    else:
        session.catalog.create_table(database, table_input)
    return _done("CREATE_TABLE")


def _column_list(reader: Reader) -> list[dict[str, str]]:
    reader.expect("(")
    columns: list[dict[str, str]] = []
    while not reader.take(")"):
        name = reader.identifier()
        reader.take(":")
        kind, depth = "", 0
        while depth or reader.peek() not in (",", ")"):
            if not depth and reader.peek().upper() == "COMMENT":
                break
            token = reader.next()
            depth += (token in "<(") - (token in ">)")
            kind += token
        hive_to_duckdb(kind)
        column = {"Name": name, "Type": kind.lower()}
        if reader.take("COMMENT"):
            column["Comment"] = reader.string()
        columns.append(column)
        reader.take(",")
    return columns


def _table_clauses(reader: Reader, name: str, columns: list[dict[str, str]]) -> dict[str, Any]:
    keys: list[dict[str, str]] = []
    serde, serde_parameters, location = _STORED_AS["TEXTFILE"], {"serialization.format": "1"}, ""
    parameters: dict[str, str] = {"EXTERNAL": "TRUE"}
    while not reader.at_end:
        if reader.take("COMMENT"):
            parameters["comment"] = reader.string()
        elif reader.take("PARTITIONED", "BY"):
            keys = _column_list(reader)
        elif reader.take("ROW", "FORMAT", "SERDE"):
            serde = reader.string()
        elif reader.take("WITH", "SERDEPROPERTIES"):
            serde_parameters = reader.properties()
        elif reader.take("ROW", "FORMAT", "DELIMITED"):
            serde_parameters = _delimited(reader)
        elif reader.take("STORED", "AS", "INPUTFORMAT"):
            reader.string()
            reader.expect("OUTPUTFORMAT")
            reader.string()
        elif reader.take("STORED", "AS"):
            serde = _stored_as(reader.next())
        elif reader.take("LOCATION"):
            location = reader.string()
        else:
            reader.expect("TBLPROPERTIES")
            parameters |= reader.properties()
    if not location:
        raise AthenaQueryError(f"FAILED: SemanticException: CREATE EXTERNAL TABLE {name} needs a LOCATION 's3://…'")
    return {
        "Name": name, "TableType": "EXTERNAL_TABLE", "Parameters": parameters, "PartitionKeys": keys,
        "StorageDescriptor": {
            "Columns": columns, "Location": location, "Compressed": False, "NumberOfBuckets": -1,
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
            if "Parquet" in serde else "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
            if "Parquet" in serde else "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters},
            "BucketColumns": [], "SortColumns": [], "StoredAsSubDirectories": False,
        },
    }  # fmt: skip


def _stored_as(name: str) -> str:
    if name.upper() not in _STORED_AS:
        raise AthenaQueryError.unsupported(f"STORED AS {name.upper()} (use PARQUET, TEXTFILE or JSON)")
    return _STORED_AS[name.upper()]


def _delimited(reader: Reader) -> dict[str, str]:
    found = {"serialization.format": "1"}
    words = {"FIELDS": "field.delim", "LINES": "line.delim", "COLLECTION": "collection.delim", "MAP": "mapkey.delim"}
    while reader.peek().upper() in {*words, "ESCAPED", "NULL"}:
        word = reader.next().upper()
        if word == "ESCAPED":
            reader.expect("BY")
            found["escape.delim"] = reader.string()
        elif word == "NULL":
            reader.expect("DEFINED", "AS")
            found["serialization.null.format"] = reader.string()
        else:
            if word in ("COLLECTION", "MAP"):
                reader.next()
            reader.expect("TERMINATED", "BY")
            found[words[word]] = reader.string().replace("\\t", "\t").replace("\\n", "\n").replace("\\001", "\x01")
    if "field.delim" in found:
        found["serialization.format"] = found["field.delim"]
    return found


def drop_table(session: Session, sql: str) -> Outcome:
    """DROP TABLE [IF EXISTS] name: the catalog's entry only, as for any external table."""
    reader = Reader(sql)
    reader.expect("DROP", "TABLE")
    lenient = reader.take("IF", "EXISTS")
    database, name = reader.qualified(session.database)
    reader.end()
    if session.catalog.raw(database, name) is None:
        if not lenient:
            raise AthenaQueryError(f"FAILED: SemanticException [Error 10001]: Table not found {database}.{name}")
    else:
        session.catalog.drop_table(database, name)
    return _done("DROP_TABLE")


# --- ALTER TABLE, MSCK ---


def alter_table(session: Session, sql: str) -> Outcome:
    """ADD | DROP PARTITION, [PARTITION (…)] SET LOCATION, SET TBLPROPERTIES, ADD COLUMNS, RENAME is refused."""
    reader = Reader(sql)
    reader.expect("ALTER", "TABLE")
    database, name = reader.qualified(session.database)
    table = session.catalog.table(database, name)
    if reader.take("ADD", "COLUMNS"):
        return _add_columns(session, table, _column_list(reader))
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
        return _done("ALTER_TABLE_SET_TBLPROPERTIES")
    raise AthenaQueryError.unsupported(f"ALTER TABLE {name} {reader.rest()}")


def _as_input(raw: dict[str, Any]) -> dict[str, Any]:
    read_only = {"DatabaseName", "CreateTime", "UpdateTime", "VersionId", "CatalogId", "CreatedBy", "IsRegisteredWithLakeFormation"}
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
                raise AthenaQueryError(f"{_FAILED}AlreadyExistsException(message:Partition already exists: {values})")
            continue
        session.catalog.add_partition(table, values, location)
        known.add(tuple(values))
    return _done("ALTER_TABLE_ADD_PARTITION")


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
            raise AthenaQueryError(f"{_FAILED}NoSuchObjectException(message:Partition not found: {values})")
    return _done("ALTER_TABLE_DROP_PARTITION")


def _set_location(session: Session, table: Table, values: list[str] | None, location: str) -> Outcome:
    session.storage.path(location)
    if values is not None:
        session.catalog.set_partition_location(table, values, location)
    else:
        raw = session.catalog.raw(table.database, table.name) or {}
        changed = _as_input(raw)
        changed["StorageDescriptor"] = {**changed["StorageDescriptor"], "Location": location}
        session.catalog.replace_table(table.database, changed)
    return _done("ALTER_TABLE_SET_LOCATION")


def _add_columns(session: Session, table: Table, columns: list[dict[str, str]]) -> Outcome:
    raw = session.catalog.raw(table.database, table.name) or {}
    changed = _as_input(raw)
    storage = changed["StorageDescriptor"]
    changed["StorageDescriptor"] = {**storage, "Columns": [*storage["Columns"], *columns]}
    session.catalog.replace_table(table.database, changed)
    return _done("ALTER_TABLE_ADD_COLUMNS")


def repair_table(session: Session, sql: str) -> Outcome:
    """MSCK REPAIR TABLE: add the Hive-style folders under the table's location that the catalog lacks."""
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


# --- views ---


def create_view(session: Session, tree: exp.Create, sql: str) -> Outcome:
    """CREATE [OR REPLACE] VIEW: the SELECT is planned once, so a view that cannot run is refused now."""
    node = tree.this.find(exp.Table)
    if node is None:
        raise MalformedQuery("mismatched input. Expecting: <view name>")
    database, name = (node.db or session.database).lower(), node.name.lower()
    session.catalog.require_database(database)
    body = re.split(r"\bAS\b", sql, maxsplit=1, flags=re.IGNORECASE)[1].strip()
    query = parse(body)
    refuse_what_trino_lacks(query, body)
    plan = session.planner.plan(query)
    columns = [(n, to_trino(kind), to_hive(kind)) for n, kind in described(session.cursor, plan.sql)]
    for index, (column, _, _) in enumerate(columns, start=1):
        if re.fullmatch(r"_col\d+", column):
            raise AthenaQueryError(f"MISSING_COLUMN_NAME: line 1:1: Column name not specified at position {index}")
    # The view keeps the database it was written in for its own unqualified names.
    table_input = view_table_input(name, session.database, body, columns)
    held = session.catalog.raw(database, name)
    if held is None:
        session.catalog.create_table(database, table_input)
    elif held.get("TableType") != "VIRTUAL_VIEW":
        raise AthenaQueryError(f"TABLE_ALREADY_EXISTS: line 1:1: Table already exists: '{database}.{name}'")
    elif not tree.args.get("replace"):
        raise AthenaQueryError(f"TABLE_ALREADY_EXISTS: line 1:1: View already exists: '{database}.{name}'")
    else:
        session.catalog.replace_table(database, table_input)
    return _done("CREATE_VIEW")


def drop_view(session: Session, sql: str) -> Outcome:
    """DROP VIEW [IF EXISTS] name."""
    reader = Reader(sql)
    reader.expect("DROP", "VIEW")
    lenient = reader.take("IF", "EXISTS")
    database, name = reader.qualified(session.database)
    reader.end()
    raw = session.catalog.raw(database, name)
    if raw is None or raw.get("TableType") != "VIRTUAL_VIEW":
        if not lenient:
            raise AthenaQueryError(f"TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.{database}.{name}' does not exist")
    else:
        session.catalog.drop_table(database, name)
    return _done("DROP_VIEW")
