"""Partition pruning: find the conditions of a query on the partition keys of each table, through subqueries and CTEs.

A condition is passed to a scan only where removing the rows that it rejects cannot change the result: not through LIMIT
or a window function, and through an outer join only if it also rejects NULLs (DuckDB checks that in the scan).
"""

from __future__ import annotations

from sqlglot import exp

from mwaa.local_aws.athena.dialect import duckdb_text
from mwaa.local_aws.athena.names import conjuncts, cte_of, sources
from mwaa.local_aws.athena.scan import Scan

Conditions = list[exp.Expr]


def push_conditions(tree: exp.Expr, scans: dict[int, Scan]) -> None:
    """Fill `conditions` of every scan; `scans` has the id() of the table's node in the tree as its key."""
    references: dict[int, int] = {}
    for table in tree.find_all(exp.Table):
        if (entry := cte_of(table)) is not None:
            references[id(entry)] = references.get(id(entry), 0) + 1
    passed: dict[int, Conditions] = {}
    # Parents first; a CTE comes after every SELECT that could use it.
    selects = [s for s in tree.find_all(exp.Select) if not s.find_ancestor(exp.CTE)]
    in_ctes = [s for entry in reversed(list(tree.find_all(exp.CTE))) for s in entry.this.find_all(exp.Select)
               if s.find_ancestor(exp.CTE) is entry]  # fmt: skip
    for select in selects + in_ctes:
        _from_select(select, passed, scans, references)


def _from_select(
    select: exp.Select, passed: dict[int, Conditions], scans: dict[int, Scan], references: dict[int, int]
) -> None:
    inherited = _translate(select, passed.get(id(select), []))
    relations = list(sources(select))
    where = select.args.get("where")
    for alias, relation, side in relations:
        usable = conjuncts(where.this if where else None) + inherited + _join_conditions(select, relation)
        if isinstance(relation, exp.Table) and id(relation) in scans:
            _to_scan(scans[id(relation)], alias, usable, side)
        elif side == "preserved" and (target := _query_behind(relation, references)) is not None:
            outer = [_strip(c, alias) for c in usable if _belongs(c, alias, alone=len(relations) == 1)]
            _pass_down(target, outer, passed)


def _query_behind(relation: exp.Expr, references: dict[int, int]) -> exp.Expr | None:
    """Return the query of a subquery, or of a CTE that is used only once; None when its columns are renamed."""
    query, alias = None, relation.args.get("alias")
    if isinstance(relation, exp.Subquery):
        query = relation.this
    elif isinstance(relation, exp.Table):
        entry = cte_of(relation)
        if entry is not None and references.get(id(entry)) == 1 and not _is_recursive(entry):
            query, alias = entry.this, entry.args["alias"]
    return None if alias is not None and alias.columns else query


def _is_recursive(entry: exp.CTE) -> bool:
    return bool(entry.parent and entry.parent.args.get("recursive"))


def _join_conditions(select: exp.Select, relation: exp.Expr) -> Conditions:
    """Return the ON conditions that filter this relation: of its own inner or left join, or of a later inner join."""
    found: Conditions = []
    joins = select.args.get("joins") or []
    for join in joins:
        side = (join.side or "").upper()
        if side in ("RIGHT", "FULL") or (side == "LEFT" and join.this is not relation):
            continue
        found += conjuncts(join.args.get("on"))
    return found


def _is_plain(condition: exp.Expr) -> bool:
    return condition.find(exp.Query, exp.Window, exp.AggFunc, exp.Rand, exp.Placeholder, exp.Lambda) is None


def _belongs(condition: exp.Expr, alias: str, alone: bool) -> bool:
    columns = list(condition.find_all(exp.Column))
    return (
        bool(columns) and _is_plain(condition) and all(c.table.lower() == alias if c.table else alone for c in columns)
    )


def _strip(condition: exp.Expr, alias: str) -> exp.Expr:
    copy = condition.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    return copy


def _pass_down(query: exp.Expr, conditions: Conditions, passed: dict[int, Conditions]) -> None:
    """Pass conditions on a query's output columns to its SELECTs; in a set operation to each branch, by position."""
    if isinstance(query, exp.Subquery):
        _pass_down(query.this, conditions, passed)
    elif isinstance(query, exp.SetOperation) and not query.args.get("limit"):
        names = [name.lower() for name in query.named_selects]
        _pass_down(query.left, conditions, passed)
        other = [name.lower() for name in query.right.named_selects] if isinstance(query.right, exp.Query) else []
        if len(names) == len(other) and "*" not in names + other:
            _pass_down(query.right, [_rename(c, dict(zip(names, other, strict=True))) for c in conditions], passed)
        elif names == other == ["*"]:
            _pass_down(query.right, conditions, passed)
    elif isinstance(query, exp.Select):
        passed.setdefault(id(query), []).extend(conditions)


def _rename(condition: exp.Expr, names: dict[str, str]) -> exp.Expr:
    copy = condition.copy()
    for column in copy.find_all(exp.Column):
        column.replace(exp.column(names.get(column.name.lower(), column.name), quoted=True))
    return copy


def _translate(select: exp.Select, conditions: Conditions) -> Conditions:
    """Turn conditions on output columns into conditions on the SELECT's sources, where the result stays the same."""
    if select.args.get("limit") or select.args.get("offset") or select.find(exp.Window):
        return []
    behind = {
        projection.alias_or_name.lower(): projection.unalias()
        for projection in select.expressions
        if isinstance(projection.unalias(), exp.Column) and not projection.is_star
    }
    starred = any(p.is_star for p in select.expressions) and len(list(sources(select))) == 1
    named = {p.alias_or_name.lower() for p in select.expressions if not p.is_star}
    translated: Conditions = []
    for condition in conditions:
        copy = exp.Paren(this=condition.copy())
        for column in list(copy.find_all(exp.Column)):
            name = column.name.lower()
            if name in behind:
                column.replace(behind[name].copy())
            elif not (starred and name not in named):
                break
        else:
            translated.append(copy.this)
    return translated


def _to_scan(scan: Scan, alias: str, conditions: Conditions, side: str) -> None:
    keys = {key.name for key in scan.table.partition_keys}
    for condition in conditions:
        columns = list(condition.find_all(exp.Column))
        if not columns or not _is_plain(condition):
            continue
        if all(c.name.lower() in keys and (not c.table or c.table.lower() == alias) for c in columns):
            sql = duckdb_text(_strip(condition, alias))
            scan.conditions.append(f"({sql}) OR {_with_nulls(condition)}" if side == "nullable" else sql)


def _with_nulls(condition: exp.Expr) -> str:
    """Return the condition for the NULL row of an outer join: when it is true, nothing may be pruned."""
    copy = exp.Paren(this=condition.copy())
    for column in list(copy.find_all(exp.Column)):
        column.replace(exp.null())
    return f"coalesce({duckdb_text(copy)}, false)"
