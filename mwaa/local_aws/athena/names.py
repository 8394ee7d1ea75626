"""Who a name belongs to: tables against CTEs, columns against the sources of their SELECT, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

Source = tuple[str, exp.Expr]  # (alias in lower case, Table or Subquery or other relation)


def position(node: exp.Expr) -> str:
    """`line 1:8`: where the node's first identifier stands in the text."""
    metas = [n.meta for n in node.find_all(exp.Identifier, exp.Column, exp.Table) if "start" in n.meta]
    if not metas:
        return "line 1:1"
    meta = min(metas, key=lambda m: int(m["start"]))
    # sqlglot counts to the last character of a token, Trino to its first
    return f"line {meta['line']}:{max(meta['col'] - (meta['end'] - meta['start']), 1)}"


def cte_of(table: exp.Table) -> exp.CTE | None:
    """The WITH entry the name means, if it means one: entries before the one it stands in, innermost WITH first."""
    if table.args.get("db"):
        return None
    wanted = table.name.lower()
    child: exp.Expr = table
    node = table.parent
    while node is not None:
        with_clause = node if isinstance(node, exp.With) else node.args.get("with_")
        if isinstance(with_clause, exp.With):
            visible = list(with_clause.expressions)
            if isinstance(node, exp.With):
                cut = next(i for i, c in enumerate(visible) if c is child)
                visible = visible[: cut + 1] if with_clause.recursive else visible[:cut]
            elif child is with_clause:
                visible = []
            for entry in reversed(visible):
                if entry.alias.lower() == wanted:
                    return entry
        child, node = node, node.parent
    return None


def sources(select: exp.Select) -> Iterator[tuple[str, exp.Expr, str]]:
    """(alias, relation, side) of FROM and every JOIN; side is `preserved` or `nullable` (outer joins)."""
    first = select.args.get("from_")
    joins = select.args.get("joins") or []
    sides = [(j.side or "").upper() for j in joins]
    if first is not None:
        nullable = any(side in ("RIGHT", "FULL") for side in sides)
        yield first.this.alias_or_name.lower(), first.this, "nullable" if nullable else "preserved"
    for index, join in enumerate(joins):
        later = any(side in ("RIGHT", "FULL") for side in sides[index + 1 :])
        nullable = sides[index] in ("LEFT", "FULL") or later
        yield join.this.alias_or_name.lower(), join.this, "nullable" if nullable else "preserved"


def own_columns(select: exp.Select, part: exp.Expr) -> Iterator[exp.Column]:
    """Columns in a part of the SELECT that do not stand inside a subquery of it."""
    for column in part.find_all(exp.Column):
        if column.find_ancestor(exp.Query) is select:
            yield column


def conjuncts(condition: exp.Expr | None) -> list[exp.Expr]:
    """`a AND (b AND c)` → a, b, c."""
    if condition is None:
        return []
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return conjuncts(condition.left) + conjuncts(condition.right)
    return [condition]
