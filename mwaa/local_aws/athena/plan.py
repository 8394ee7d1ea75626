"""Turn an Athena query into the DuckDB query that answers it: resolve names, expand views, prune partitions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import duckdb
from sqlglot import exp

from mwaa.local_aws.athena import information_schema
from mwaa.local_aws.athena.athena_catalog import Catalog, Table
from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.dialect import duckdb_text, parse
from mwaa.local_aws.athena.names import cte_of, own_columns, position, sources
from mwaa.local_aws.athena.pruning import push_conditions
from mwaa.local_aws.athena.scan import PATH, Scan
from mwaa.local_aws.athena.scan_cache import ScanCache
from mwaa.local_aws.athena.storage import Storage
from mwaa.local_aws.athena.trino_validation import check_columns
from mwaa.local_aws.athena.views import decode_view

_VIEW_DEPTH = 20  # views nested deeper than this are taken for a view that refers to itself


@dataclass
class Plan:
    """A query that can run: its DuckDB SQL, the bytes of the files it will open, and their tables."""

    sql: str
    bytes_to_scan: int
    tables: list[Table] = field(default_factory=list)


class Planner:
    """Plans queries against one catalog; `database` is the default for unqualified names."""

    def __init__(
        self,
        catalog: Catalog,
        storage: Storage,
        cursor: duckdb.DuckDBPyConnection,
        database: str,
        scan_cache: ScanCache,
    ) -> None:
        self.catalog = catalog
        self.storage = storage
        self.cursor = cursor
        self.database = database
        self.scan_cache = scan_cache

    def plan(self, query: exp.Expr, shape_only: bool = False) -> Plan:
        """Return the query's plan; with `shape_only` over tables without rows, which is quick and has the same columns.

        Raises:
            AthenaQueryError: a name does not exist, or Trino would refuse the query.
        """
        tree = query.copy()
        scans: dict[int, Scan] = {}
        tree = self._resolve(tree, self.database, scans, depth=0)
        check_columns(tree, scans)
        push_conditions(tree, scans)
        _spread_path(tree, scans)
        for node in list(tree.find_all(exp.Table)):
            if id(node) in scans:
                _put_placeholder(node, scans[id(node)])
        sql = duckdb_text(tree)
        relations = {
            scan.placeholder: scan.shape() if shape_only else scan.sql(self.storage, self.cursor, self.scan_cache)
            for scan in scans.values()
        }
        if relations:
            sql = re.sub(r'"(scan_\d+_)"', lambda found: relations[found[1]], sql)
        return Plan(sql, sum(s.bytes_read for s in scans.values()), [s.table for s in scans.values()])

    def _resolve(self, tree: exp.Expr, database: str, scans: dict[int, Scan], depth: int) -> exp.Expr:
        if depth > _VIEW_DEPTH:
            raise AthenaQueryError("VIEW_IS_RECURSIVE: line 1:1: Statement would create a recursive view")
        for node in list(tree.find_all(exp.Table)):
            if not isinstance(node.this, exp.Identifier) or cte_of(node) is not None:
                continue
            catalog, schema, name = node.catalog.lower(), (node.db or database).lower(), node.name.lower()
            if catalog not in ("", "awsdatacatalog"):
                raise AthenaQueryError(f"CATALOG_NOT_FOUND: {position(node)}: Catalog '{catalog}' does not exist")
            if schema == "information_schema":
                self._replace(node, information_schema.relation(self.catalog, name, position(node)), name)
                continue
            table = self.catalog.table(schema, name, position(node))
            if table.view_text is not None:
                view = decode_view(table.view_text, table.full_name)
                body = self._resolve(parse(view["originalSql"]), view.get("schema") or schema, scans, depth + 1)
                self._replace(node, body, name)
            else:
                scans[id(node)] = Scan(table, f"scan_{len(scans)}_")
        return tree

    @staticmethod
    def _replace(node: exp.Table, body: exp.Expr, name: str) -> None:
        alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(name, quoted=True))
        subquery = exp.Subquery(this=body, alias=alias.copy())
        for part in ("joins", "laterals", "sample", "pivots"):
            if node.args.get(part):
                subquery.set(part, node.args[part])
        _qualify_by_alias(node, name)
        node.replace(subquery)


def _qualify_by_alias(node: exp.Table, name: str) -> None:
    """Turn `db.t.x` into `t.x`: a subquery replaces the table, and its columns have no database."""
    query = node.find_ancestor(exp.Query)
    if query is None or not node.db:
        return
    for column in query.find_all(exp.Column):
        if column.args.get("db") and column.table.lower() == name and column.text("db").lower() == node.db.lower():
            column.set("db", None)
            column.set("catalog", None)


def _put_placeholder(node: exp.Table, scan: Scan) -> None:
    _qualify_by_alias(node, node.name.lower())
    if not node.args.get("alias"):
        node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name, quoted=True)))
    node.set("this", exp.to_identifier(scan.placeholder, quoted=True))
    node.set("db", None)
    node.set("catalog", None)


def _spread_path(tree: exp.Expr, scans: dict[int, Scan]) -> None:
    """Add the column "$path" to the scans whose SELECT names it, but not to that SELECT's `*`."""
    for select in tree.find_all(exp.Select):
        asked = [c for c in own_columns(select, select) if c.name.lower() == PATH]
        if not asked:
            continue
        qualifiers = {c.table.lower() for c in asked}
        for alias, relation, _ in sources(select):
            if id(relation) in scans and ("" in qualifiers or alias in qualifiers):
                scans[id(relation)].with_path = True
        for star in select.find_all(exp.Star):
            if star.find_ancestor(exp.Query) is select and isinstance(star.parent, (exp.Select, exp.Column)):
                star.set("except_", [exp.to_identifier(PATH, quoted=True)])
