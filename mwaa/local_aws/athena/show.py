"""SHOW, DESCRIBE and EXPLAIN: rows of text."""

from __future__ import annotations

import fnmatch
import re

from sqlglot import exp

from mwaa.local_aws.athena.athena_catalog import Table
from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.dialect import parse
from mwaa.local_aws.athena.session import Session
from mwaa.local_aws.athena.statement import Outcome, Reader
from mwaa.local_aws.athena.storage import hive_folder
from mwaa.local_aws.athena.trino_validation import refuse_what_trino_lacks
from mwaa.local_aws.athena.types import column_info
from mwaa.local_aws.athena.views import decode_view

Rows = list[list[str | None]]


def _listing(kind: str, column: str, values: list[str]) -> Outcome:
    return Outcome("UTILITY", kind, columns=[column_info(column, "string")], rows=[[value] for value in values])


def show(session: Session, sql: str) -> Outcome:
    """Run SHOW DATABASES, SCHEMAS, TABLES, VIEWS, PARTITIONS, COLUMNS, CREATE TABLE, CREATE VIEW or TBLPROPERTIES."""
    reader = Reader(sql)
    reader.expect("SHOW")
    what = reader.next().upper()
    if what in ("DATABASES", "SCHEMAS"):
        return _listing("SHOW_DATABASES", "database_name", _matching(session.catalog.databases(), _pattern(reader)))
    if what in ("TABLES", "VIEWS"):
        return _tables(session, reader, what)
    if what == "PARTITIONS":
        table = session.catalog.table(*reader.qualified(session.database))
        keys = [k.name for k in table.partition_keys]
        if not keys:
            raise AthenaQueryError(
                f"FAILED: SemanticException [Error 10241]: Table {table.name} is not a partitioned table"
            )
        return _listing("SHOW_PARTITIONS", "partition", [hive_folder(keys, list(p.values)) for p in table.partitions])
    if what == "COLUMNS":
        return _columns(session, reader)
    if what == "CREATE":
        what = reader.next().upper()
        table = session.catalog.table(*reader.qualified(session.database), partitions=False)
        if what == "VIEW":
            return _listing("SHOW_CREATE_VIEW", "Create View", _view_lines(table))
        return _listing("SHOW_CREATE_TABLE", "createtab_stmt", _table_lines(table))
    if what == "TBLPROPERTIES":
        table = session.catalog.table(*reader.qualified(session.database), partitions=False)
        rows: Rows = [[key, value] for key, value in sorted(table.parameters.items())]
        columns = [column_info("prpt_name", "string"), column_info("prpt_value", "string")]
        return Outcome("UTILITY", "SHOW_TBLPROPERTIES", columns=columns, rows=rows)
    raise MalformedQuery(f"mismatched input '{what}'. Expecting: 'TABLES', 'PARTITIONS', 'COLUMNS', 'CREATE' …", 1, 6)


def _pattern(reader: Reader) -> str | None:
    reader.take("LIKE")
    return None if reader.at_end else reader.string()


def _matching(names: list[str], pattern: str | None) -> list[str]:
    """Return the names that match one of Hive's patterns: `*` is any text, `|` separates patterns."""
    if pattern is None:
        return names
    patterns = pattern.lower().replace("%", "*").split("|")
    return [name for name in names if any(fnmatch.fnmatchcase(name, part) for part in patterns)]


def _tables(session: Session, reader: Reader, what: str) -> Outcome:
    database = reader.identifier() if reader.take("IN") or reader.take("FROM") else session.database
    names = _matching(session.catalog.table_names(database), _pattern(reader))
    if what == "VIEWS":
        names = [n for n in names if (session.catalog.raw(database, n) or {}).get("TableType") == "VIRTUAL_VIEW"]
        return _listing("SHOW_VIEWS", "views", names)
    return _listing("SHOW_TABLES", "tab_name", names)


def _columns(session: Session, reader: Reader) -> Outcome:
    if not (reader.take("IN") or reader.take("FROM")):
        raise MalformedQuery(f"mismatched input '{reader.peek()}'. Expecting: 'FROM', 'IN'")
    database, name = reader.qualified(session.database)
    if reader.take("IN") or reader.take("FROM"):
        database = reader.identifier()
    table = session.catalog.table(database, name, partitions=False)
    return _listing("SHOW_COLUMNS", "field", [c.name for c in table.all_columns])


def _view_lines(table: Table) -> list[str]:
    if table.view_text is None:
        raise AthenaQueryError(f"NOT_SUPPORTED: line 1:1: Relation '{table.full_name}' is a table, not a view")
    sql = decode_view(table.view_text, table.full_name)["originalSql"]
    return [f"CREATE VIEW {table.database}.{table.name} AS", *sql.splitlines()]


def _table_lines(table: Table) -> list[str]:
    if table.view_text is not None:
        raise AthenaQueryError(f"NOT_SUPPORTED: line 1:1: Relation '{table.full_name}' is a view, not a table")
    lines = [f"CREATE EXTERNAL TABLE `{table.database}.{table.name}`("]
    lines += [f"  `{c.name}` {c.type}" + ("," if c is not table.columns[-1] else ")") for c in table.columns]
    if table.partition_keys:
        lines.append("PARTITIONED BY ( ")
        last = table.partition_keys[-1]
        lines += [f"  `{k.name}` {k.type}" + ("," if k is not last else ")") for k in table.partition_keys]
    lines += ["ROW FORMAT SERDE ", f"  '{table.serde}' ", "LOCATION", f"  '{table.location}'"]
    properties = ", ".join(f"'{k}'='{v}'" for k, v in sorted(table.parameters.items()))
    return [*lines, f"TBLPROPERTIES ({properties})"]


def describe(session: Session, sql: str) -> Outcome:
    """Run DESCRIBE [EXTENDED | FORMATTED] table: name, type and comment, then the partition keys again, as in Hive."""
    reader = Reader(sql)
    if not reader.take("DESCRIBE"):
        reader.expect("DESC")
    _ = reader.take("EXTENDED") or reader.take("FORMATTED")
    table = session.catalog.table(*reader.qualified(session.database), partitions=False)
    rows = [_described(c.name, c.type, c.comment) for c in table.all_columns]
    if table.partition_keys:
        empty: list[str | None] = ["", None, None]
        rows += [empty, ["# Partition Information", None, None], _described("# col_name", "data_type", "comment")]
        rows += [empty, *[_described(k.name, k.type, k.comment) for k in table.partition_keys]]
    columns = [column_info(name, "string") for name in ("col_name", "data_type", "comment")]
    return Outcome("UTILITY", "DESCRIBE_TABLE", columns=columns, rows=rows)


def _described(name: str, kind: str, comment: str) -> list[str | None]:
    return [f"{name:<20}", f"{kind:<20}", f"{comment:<20}"]


_EXPLAIN = re.compile(r"\s*EXPLAIN\s+(?P<analyze>ANALYZE\s+)?(VERBOSE\s+)?(\([^)]*\)\s*)?(?P<query>.*)", re.I | re.S)


def explain(session: Session, sql: str) -> Outcome:
    """Run EXPLAIN [ANALYZE] query. Names and types are checked as Athena does; the plan is DuckDB's."""
    match = _EXPLAIN.match(sql)
    assert match is not None
    tree = parse(match["query"])
    if not isinstance(tree, exp.Query):
        raise AthenaQueryError.unsupported("EXPLAIN of a statement that is not a query")
    refuse_what_trino_lacks(tree, match["query"])
    plan = session.planner.plan(tree)
    word = "EXPLAIN ANALYZE" if match["analyze"] else "EXPLAIN"
    text = session.cursor.execute(f"{word} {plan.sql}").fetchall()[-1][1]
    outcome = _listing("EXPLAIN", "Query Plan", text.splitlines())
    outcome.bytes_scanned = plan.bytes_to_scan if match["analyze"] else 0
    return outcome
