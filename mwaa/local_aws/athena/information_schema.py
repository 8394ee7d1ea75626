"""The tables of information_schema that SQLAlchemy, Great Expectations and people use, from the Glue catalog."""

from __future__ import annotations

from sqlglot import exp

from mwaa.local_aws.athena.athena_catalog import CATALOG, Catalog, Table
from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.types import hive_to_trino

_COLUMNS = {
    "schemata": ["catalog_name", "schema_name"],
    "tables": ["table_catalog", "table_schema", "table_name", "table_type"],
    "views": ["table_catalog", "table_schema", "table_name", "view_definition"],
    "columns": [
        "table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "column_default",
        "is_nullable", "data_type", "comment", "extra_info",
    ],
}  # fmt: skip


def relation(catalog: Catalog, name: str, at: str) -> exp.Expr:
    """Return a SELECT with the rows of one information_schema table.

    Raises:
        AthenaQueryError: TABLE_NOT_FOUND, for every other table.
    """
    if name not in _COLUMNS:
        raise AthenaQueryError(f"TABLE_NOT_FOUND: {at}: Table '{CATALOG}.information_schema.{name}' does not exist")
    rows = _rows(catalog, name)
    names = _COLUMNS[name]
    values = exp.values(rows or [("",) * len(names)], alias="listed", columns=names)
    query = exp.select("*").from_(values)
    return query.where(exp.false()) if not rows else query


def _rows(catalog: Catalog, name: str) -> list[tuple[object, ...]]:
    if name == "schemata":
        return [(CATALOG, database) for database in catalog.databases()]
    tables = [catalog.table(d, t, partitions=False) for d in catalog.databases() for t in catalog.table_names(d)]
    if name == "tables":
        return [(CATALOG, t.database, t.name, _kind(t)) for t in tables]
    if name == "views":
        return [(CATALOG, t.database, t.name, t.view_text) for t in tables if t.view_text is not None]
    return [
        (
            CATALOG, t.database, t.name, c.name, i, None, "YES", hive_to_trino(c.type), c.comment or None,
            "partition key" if c in t.partition_keys else None,
        )
        for t in tables
        for i, c in enumerate(t.all_columns, start=1)
    ]  # fmt: skip


def _kind(table: Table) -> str:
    return "VIEW" if table.view_text is not None else "BASE TABLE"
