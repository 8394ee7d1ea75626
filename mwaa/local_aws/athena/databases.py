"""Databases: CREATE and DROP DATABASE."""

from __future__ import annotations

from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, Reader

# The beginning of Athena's message for a DDL statement that Hive refuses.
FAILED = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "


def create_database(session: Session, sql: str) -> Outcome:
    """Run CREATE DATABASE | SCHEMA [IF NOT EXISTS] name [COMMENT '…'] [LOCATION '…'] [WITH DBPROPERTIES (…)]."""
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
            raise AthenaQueryError(f"{FAILED}Database {name} already exists")
    else:
        session.catalog.create_database(name, comment, location)
    return Outcome("DDL", "CREATE_DATABASE")


def drop_database(session: Session, sql: str) -> Outcome:
    """Run DROP DATABASE | SCHEMA [IF EXISTS] name [RESTRICT | CASCADE]."""
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
            f"{FAILED}InvalidOperationException(message:Database {name} is not empty. One or more tables exist.)"
        )
    else:
        session.catalog.drop_database(name)
    return Outcome("DDL", "DROP_DATABASE")
