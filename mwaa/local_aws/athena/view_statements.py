"""CREATE VIEW and DROP VIEW."""

from __future__ import annotations

import re

from sqlglot import exp

from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.dialect import parse
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, Reader
from mwaa.local_aws.athena.trino_validation import refuse_what_trino_lacks
from mwaa.local_aws.athena.types import described, to_hive, to_trino
from mwaa.local_aws.athena.views import view_table_input


def create_view(session: Session, tree: exp.Create, sql: str) -> Outcome:
    """Run CREATE [OR REPLACE] VIEW. The SELECT is planned, so that a view that cannot run is refused."""
    node = tree.this.find(exp.Table)
    if node is None:
        raise MalformedQuery("mismatched input. Expecting: <view name>")
    database, name = (node.db or session.database).lower(), node.name.lower()
    session.catalog.require_database(database)
    body = re.split(r"\bAS\b", sql, maxsplit=1, flags=re.IGNORECASE)[1].strip()
    query = parse(body)
    refuse_what_trino_lacks(query, body)
    plan = session.planner.plan(query, shape_only=True)
    columns = [(n, to_trino(kind), to_hive(kind)) for n, kind in described(session.cursor, plan.sql)]
    for index, (column, _, _) in enumerate(columns, start=1):
        if re.fullmatch(r"_col\d+", column):
            raise AthenaQueryError(f"MISSING_COLUMN_NAME: line 1:1: Column name not specified at position {index}")
    # Names without a database in the view refer to the database of this query.
    table_input = view_table_input(name, session.database, body, columns)
    existing = session.catalog.raw(database, name)
    if existing is None:
        session.catalog.create_table(database, table_input)
    elif existing.get("TableType") != "VIRTUAL_VIEW":
        raise AthenaQueryError(f"TABLE_ALREADY_EXISTS: line 1:1: Table already exists: '{database}.{name}'")
    elif not tree.args.get("replace"):
        raise AthenaQueryError(f"TABLE_ALREADY_EXISTS: line 1:1: View already exists: '{database}.{name}'")
    else:
        session.catalog.replace_table(database, table_input)
    return Outcome("DDL", "CREATE_VIEW")


def drop_view(session: Session, sql: str) -> Outcome:
    """Run DROP VIEW [IF EXISTS] name."""
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
    return Outcome("DDL", "DROP_VIEW")
