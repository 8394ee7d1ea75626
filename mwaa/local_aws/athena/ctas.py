"""Statements that write data: CREATE TABLE AS SELECT, INSERT INTO and UNLOAD."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from mwaa.local_aws.athena.athena_catalog import CATALOG, Table
from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.dialect import parse
from mwaa.local_aws.athena.plan import Plan
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, Reader
from mwaa.local_aws.athena.storage import HIVE_NULL, as_key
from mwaa.local_aws.athena.trino_validation import refuse_what_trino_lacks
from mwaa.local_aws.athena.types import column_info, described, hive_to_duckdb, to_hive
from mwaa.local_aws.athena.writing import Format, Written, write_manifest_of, write_rows

_CTAS_PROPERTIES = {
    "format", "write_compression", "parquet_compression", "orc_compression", "compression", "partitioned_by",
    "bucketed_by", "bucket_count", "external_location", "field_delimiter", "is_external", "table_type",
    "compression_level",
}  # fmt: skip
_ROWS = [column_info("rows", "bigint")]


def create_table_as(session: Session, tree: exp.Create) -> Outcome:
    """Run CREATE TABLE AS SELECT.

    Raises:
        AthenaQueryError: Athena refuses it: too many partitions, a target that is not empty, an unknown property, or
            partition columns that are not last.
    """
    database, name = _target(tree.this, session)
    session.catalog.require_database(database)
    empty = Outcome("DDL", "CREATE_TABLE_AS_SELECT", columns=_ROWS, update_count=0)
    if session.catalog.raw(database, name) is not None:
        if tree.args.get("exists"):
            return empty
        raise AthenaQueryError(
            f"TABLE_ALREADY_EXISTS: line 1:1: Destination table '{CATALOG}.{database}.{name}' already exists"
        )
    properties = _properties(tree)
    location = _ctas_location(session, properties)
    form = Format.of(properties)
    keys = [str(key).lower() for key in properties.get("partitioned_by", [])]
    plan = session.planner.plan(tree.expression)
    columns = _named(described(session.cursor, plan.sql))
    _require_partition_columns_last([n for n, _ in columns], keys)
    if not session.storage.is_empty(location):
        raise AthenaQueryError(
            f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{CATALOG}.{database}.{name}' already exists: "
            f"{location}. You may need to manually clean the data at location '{location}' before retrying. "
            "Athena will not delete data in your account."
        )
    hive = [(n, to_hive(kind)) for n, kind in columns]
    with_data = not (tree.args.get("no_data") or _has_no_data(tree))
    written = Written()
    if with_data:
        written = write_rows(session.cursor, session.storage, plan.sql, columns, keys, location, form, session.query_id)
    session.catalog.create_table(database, _table_input(name, hive, keys, location, form))
    if keys:
        table = session.catalog.table(database, name, partitions=False)
        for values, folder in written.partitions:
            session.catalog.add_partition(table, [_catalog_text(v) for v in values], folder.rstrip("/"))
    return _outcome(session, "DDL", "CREATE_TABLE_AS_SELECT", plan, written, in_tables=True)


def insert_into(session: Session, tree: exp.Insert) -> Outcome:
    """Run INSERT INTO … SELECT | VALUES. New partitions are added to the catalog; existing ones get more files."""
    if tree.args.get("overwrite"):
        raise MalformedQuery("mismatched input 'OVERWRITE'. Expecting: 'INTO'", 1, 8)
    target = tree.this
    listed = [c.name.lower() for c in target.expressions] if isinstance(target, exp.Schema) else []
    database, name = _target(target, session)
    table = session.catalog.table(database, name)
    if table.view_text is not None:
        raise AthenaQueryError("NOT_SUPPORTED: line 1:1: Inserting into views is not supported")
    plan = session.planner.plan(tree.expression)
    found = described(session.cursor, plan.sql)
    expected = [c.name for c in table.all_columns]
    given = listed or expected
    _check_insert(table, given, listed, found)
    sql = plan.sql
    if given != expected:
        names = ", ".join(f'"{n}"' for n in given)
        picked = ", ".join(f'"{c}"' if c in given else f'NULL AS "{c}"' for c in expected)
        sql = f"SELECT {picked} FROM ({plan.sql}) AS given({names})"
    columns: list[tuple[str, Any]] = [(c.name, hive_to_duckdb(c.type)) for c in table.all_columns]
    keys = [k.name for k in table.partition_keys]
    known = {p.values: p.location for p in table.partitions}
    written = write_rows(
        session.cursor, session.storage, sql, columns, keys, table.location, _format_of(table), session.query_id, known
    )
    for values, folder in written.partitions:
        if tuple(values) not in known:
            session.catalog.add_partition(table, [_catalog_text(v) for v in values], folder.rstrip("/"))
    return _outcome(session, "DML", "INSERT", plan, written)


_UNLOAD = re.compile(r"\s*UNLOAD\s*\((?P<query>.*)\)\s*TO\s*(?P<rest>'.*)$", re.IGNORECASE | re.DOTALL)


def unload(session: Session, sql: str) -> Outcome:
    """Run UNLOAD (SELECT …) TO 's3://…' WITH (…): it writes files, no table. The target must be empty."""
    match = _UNLOAD.match(sql)
    if not match:
        raise MalformedQuery("mismatched input. Expecting: UNLOAD (query) TO 's3://…' WITH (format = '…')")
    reader = Reader(match["rest"])
    location = as_key(reader.string())
    reader.expect("WITH")
    properties = _unload_properties(reader.rest())
    tree = parse(match["query"])
    refuse_what_trino_lacks(tree, match["query"])
    keys = [str(k).lower() for k in properties.get("partitioned_by", [])]
    if "format" not in properties:
        raise AthenaQueryError("INVALID_PROPERTY: UNLOAD needs the property format: WITH (format = 'PARQUET')")
    form = Format.of(properties)
    session.storage.require_bucket(location)
    plan = session.planner.plan(tree)
    columns = _named(described(session.cursor, plan.sql), unnamed_allowed=True)
    _require_partition_columns_last([n for n, _ in columns], keys)
    if not session.storage.is_empty(location):
        raise AthenaQueryError(
            f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{CATALOG}.{session.database}."
            f"tmp_{session.query_id.replace('-', '_')}' already exists: {location}. You may need to manually clean the "
            f"data at location '{location}' before retrying. Athena will not delete data in your account."
        )
    written = write_rows(session.cursor, session.storage, plan.sql, columns, keys, location, form, session.query_id)
    return _outcome(session, "DML", "UNLOAD", plan, written)


def _unload_properties(text: str) -> dict[str, Any]:
    tree = parse(f"CREATE TABLE unloaded WITH {text} AS SELECT 1")
    return _properties(tree) if isinstance(tree, exp.Create) else {}


def _target(node: exp.Expr, session: Session) -> tuple[str, str]:
    table = node.find(exp.Table)
    if table is None:
        raise MalformedQuery("mismatched input. Expecting: <table name>")
    return (table.db or session.database).lower(), table.name.lower()


def _properties(tree: exp.Create) -> dict[str, Any]:
    """Return WITH (…) as a dictionary with lower-case keys; array[…] is a list.

    Raises:
        AthenaQueryError: a property is unknown.
    """
    found: dict[str, Any] = {}
    properties = tree.args.get("properties")
    for item in properties.expressions if properties else []:
        if isinstance(item, exp.FileFormatProperty):
            found["format"] = item.this.name
        elif isinstance(item, exp.PartitionedByProperty):
            listed = item.this
            found["partitioned_by"] = [e.name for e in (listed.expressions or [listed])]
        elif isinstance(item, exp.LocationProperty):
            found["external_location"] = item.this.name
        elif isinstance(item, exp.Property) and item.args.get("value") is not None:
            value = item.args["value"]
            is_list = isinstance(value, exp.Array)
            found[item.name.lower()] = [e.name for e in value.expressions] if is_list else value.name
    for key in found:
        if key not in _CTAS_PROPERTIES:
            raise AthenaQueryError(
                f"INVALID_TABLE_PROPERTY: line 1:1: Catalog '{CATALOG}' table property '{key}' does not exist"
            )
    if str(found.get("table_type", "HIVE")).upper() != "HIVE":
        raise AthenaQueryError.unsupported(f"tables of the type '{found['table_type']}'")
    return found


def _has_no_data(tree: exp.Create) -> bool:
    properties = tree.args.get("properties")
    listed = properties.expressions if properties else []
    return any(isinstance(p, exp.WithDataProperty) and p.args.get("no") for p in listed)


def _ctas_location(session: Session, properties: dict[str, Any]) -> str:
    external = properties.get("external_location")
    if external and session.enforced:
        raise AthenaQueryError(
            "INVALID_TABLE_PROPERTY: The Create Table As Select query failed because it was submitted with an "
            "'external_location' property to an Athena Workgroup that enforces a centralized output location for all "
            "queries. Please remove the 'external_location' property and resubmit the query."
        )
    location = as_key(str(external)) if external else f"{session.output}tables/{session.query_id}/"
    session.storage.require_bucket(location)
    return location


def _named(columns: list[tuple[str, Any]], unnamed_allowed: bool = False) -> list[tuple[str, Any]]:
    seen: set[str] = set()
    named: list[tuple[str, Any]] = []
    for index, (name, kind) in enumerate(columns, start=1):
        if re.fullmatch(r"_col\d+", name) and not unnamed_allowed:
            raise AthenaQueryError(f"MISSING_COLUMN_NAME: line 1:1: Column name not specified at position {index}")
        if name.lower() in seen:
            raise AthenaQueryError(
                f"DUPLICATE_COLUMN_NAME: line 1:1: Column name '{name.lower()}' specified more than once"
            )
        seen.add(name.lower())
        named.append((name.lower(), kind))
    return named


def _require_partition_columns_last(names: list[str], keys: list[str]) -> None:
    for key in keys:
        if key not in names:
            raise AthenaQueryError(f"INVALID_TABLE_PROPERTY: Partition columns not present in schema: [{key}]")
    if keys and names[-len(keys) :] != keys:
        raise AthenaQueryError(
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order "
            f"as the table properties: [{', '.join(keys)}]"
        )
    if keys and len(keys) == len(names):
        raise AthenaQueryError("INVALID_TABLE_PROPERTY: Table contains only partition columns")


def _check_insert(table: Table, given: list[str], listed: list[str], found: list[tuple[str, Any]]) -> None:
    known = {c.name for c in table.all_columns}
    for name in listed:
        if name not in known:
            raise AthenaQueryError(
                f"COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: {name}"
            )
    if len(found) != len(given):
        raise AthenaQueryError(
            f"TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: the table {table.full_name} takes "
            f"{len(given)} columns ({', '.join(given)}), the query has {len(found)}"
        )


def _format_of(table: Table) -> Format:
    serde = table.serde.lower()
    if "parquet" in serde:
        return Format("PARQUET", str(table.parameters.get("parquet.compression", "GZIP")).upper())
    if "json" in serde:
        return Format("JSON", "GZIP")
    if "lazysimple" in serde:
        return Format("TEXTFILE", "GZIP", table.serde_parameters.get("field.delim", "\x01"))
    raise AthenaQueryError(f"NOT_SUPPORTED: Inserting into tables of the SerDe '{table.serde}' is not supported")


def _catalog_text(value: str | None) -> str:
    return HIVE_NULL if value is None else value


def _table_input(
    name: str, hive: list[tuple[str, str]], keys: list[str], location: str, form: Format
) -> dict[str, Any]:
    library, reads, writes = form.serde
    parameters = {"EXTERNAL": "TRUE", "has_encrypted_data": "false", "classification": form.name.lower()}
    if form.name == "PARQUET":
        parameters["parquet.compression"] = form.compression
    data = hive[: len(hive) - len(keys)] if keys else hive
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [{"Name": n, "Type": t} for n, t in hive[len(data) :]],
        "StorageDescriptor": {
            "Columns": [{"Name": n, "Type": t} for n, t in data],
            "Location": location.rstrip("/"),
            "InputFormat": reads, "OutputFormat": writes, "Compressed": False, "NumberOfBuckets": 0,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": form.serde_parameters},
            "BucketColumns": [], "SortColumns": [], "Parameters": {}, "StoredAsSubDirectories": False,
        },
    }  # fmt: skip


def _outcome(
    session: Session, kind: str, subkind: str, plan: Plan, written: Written, in_tables: bool = False
) -> Outcome:
    base = f"{session.output}tables/{session.query_id}" if in_tables else f"{session.output}{session.query_id}"
    manifest = f"{base}-manifest.csv"
    write_manifest_of(session.storage, manifest, written)
    return Outcome(
        kind, subkind, columns=_ROWS, output_location=base, manifest_location=manifest,
        update_count=written.rows, row_count=written.rows, bytes_scanned=plan.bytes_to_scan,
    )  # fmt: skip
