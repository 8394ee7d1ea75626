"""What a name in a query means (a table or a CTE, a column of which source) and its position in the text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

Source = tuple[str, exp.Expr]  # (alias in lower case, Table or Subquery or other relation)


def position(node: exp.Expr) -> str:
    """Return the position of the node's first identifier in the text: `line 1:8`."""
    metas = [n.meta for n in node.find_all(exp.Identifier, exp.Column, exp.Table) if "start" in n.meta]
    if not metas:
        return "line 1:1"
    meta = min(metas, key=lambda m: int(m["start"]))
    # sqlglot gives the column of a token's last character, Trino of its first
    return f"line {meta['line']}:{max(meta['col'] - (meta['end'] - meta['start']), 1)}"


def cte_of(table: exp.Table) -> exp.CTE | None:
    """Return the WITH entry that a name means, or None. The innermost WITH counts, and only entries before the name."""
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
    """Yield (alias, relation, side) of FROM and each JOIN; side is `nullable` (by an outer join) or `preserved`."""
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
    """Yield the columns in a part of the SELECT, without those inside subqueries."""
    for column in part.find_all(exp.Column):
        if column.find_ancestor(exp.Query) is select:
            yield column


def conjuncts(condition: exp.Expr | None) -> list[exp.Expr]:
    """Split a condition at its ANDs: `a AND (b AND c)` → a, b, c."""
    if condition is None:
        return []
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return conjuncts(condition.left) + conjuncts(condition.right)
    return [condition]
