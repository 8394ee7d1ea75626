"""Athena (Trino) SQL → DuckDB SQL.

`to_duckdb(sql)` starts from sqlglot's translation and corrects it, so that a query has the same result on DuckDB as on
Athena: integer division truncates, decimals keep their scale, `date_diff` counts whole units, a date plus an interval
is a date. docs/athena-dialect.md lists the differences that remain.

The result calls the `trino_…` macros: run it on a connection from `macros.connect()`.

    con = macros.connect()
    con.execute(to_duckdb("SELECT date_diff('month', DATE '2024-01-31', DATE '2024-02-01')")).fetchall()  # [(0,)]
"""

from __future__ import annotations

import logging
import re
import threading
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.functions import call as _call
from mwaa.local_aws.athena.functions import rewrite_function
from mwaa.local_aws.athena.trino_validation import refuse_what_trino_lacks

# sqlglot warns about every statement that it does not parse (SHOW, MSCK …) and every property that DuckDB lacks.
# The endpoint handles both itself.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_FIRST_WORD = re.compile(r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/)\s*)*([A-Za-z]+)", re.DOTALL)


def parse(sql: str) -> exp.Expr:
    """Return one Athena statement as a sqlglot tree.

    Raises:
        MalformedQuery: the text does not parse; the message has Trino's form `line l:c: …`.
    """
    return parsed(sql).copy()


@lru_cache(maxsize=64)
def parsed(sql: str) -> exp.Expr:
    """Return the tree of `parse`, from a cache: callers share it and must not change it.

    Each statement is parsed when it is accepted and again when it runs.
    """
    try:
        statements = [s for s in sqlglot.parse(sql, read="athena") if s is not None]
    except ParseError as error:
        detail = error.errors[0] if error.errors else {}
        found = detail.get("highlight") or "<EOF>"
        raise MalformedQuery(
            f"mismatched input '{found}'. {detail.get('description') or error}",
            detail.get("line") or 1, detail.get("col") or 1,
        ) from error  # fmt: skip
    except TokenError as error:
        raise MalformedQuery(str(error).splitlines()[0]) from error
    if len(statements) != 1:
        raise MalformedQuery(f"Only one sql statement is allowed. Got: {sql.strip()[:200]}")
    return statements[0]  # type: ignore[return-value]


def to_duckdb(sql: str | exp.Expr) -> str:
    """Return DuckDB SQL for an Athena SELECT (or WITH, VALUES, set operation), given as text or as a parsed tree.

    Raises:
        MalformedQuery: the text does not parse.
        AthenaQueryError: it uses functions or syntax that Trino lacks, or that have no equivalent in DuckDB.
    """
    tree = parse(sql) if isinstance(sql, str) else sql.copy()
    if isinstance(sql, str):
        refuse_what_trino_lacks(tree, sql)
    return duckdb_text(tree)


_thread = threading.local()


def duckdb_text(tree: exp.Expr) -> str:
    """Return the tree as DuckDB SQL with Trino's meaning; this changes the tree."""
    # By default sqlglot creates a generator for each text: 7 ms, fifty times as long as generating the text.
    if not hasattr(_thread, "generator"):
        _thread.generator = sqlglot.Dialect.get_or_raise("duckdb").generator()
    return _thread.generator.generate(rewrite(tree))


def rewrite(tree: exp.Expr) -> exp.Expr:
    """Change the tree so that DuckDB gives Trino's results; returns the tree."""
    for select in list(tree.find_all(exp.Select)):
        _name_columns(select)
    # Children first: a rewritten node contains its original, which must not be rewritten again.
    for node in list(tree.walk(bfs=False))[::-1]:
        replacement = _rewrite_node(node)
        if replacement is not None and replacement is not node:
            if node is tree:
                tree = replacement
            else:
                node.replace(replacement)
    return tree


def _name_columns(select: exp.Select) -> None:
    """Name unnamed columns as Trino does: `_col<position>`."""
    for position, column in enumerate(select.expressions):
        named = isinstance(column.unnest(), (exp.Column, exp.Alias, exp.Dot))
        if not column.is_star and not named:
            select.expressions[position].replace(exp.alias_(column.copy(), f"_col{position}", quoted=True))


def _rewrite_node(node: exp.Expr) -> exp.Expr | None:
    if isinstance(node, exp.Lambda):
        node.set("colon", True)  # DuckDB 2 requires `lambda x: …`
        return None
    if isinstance(node, exp.Div):
        return _call("trino_divide", node.this, node.expression)
    if isinstance(node, (exp.Add, exp.Sub)):
        return _shift_by_interval(node)
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return _cast(node)
    if isinstance(node, exp.Unnest):
        return _unnest(node)
    return rewrite_function(node)


def _shift_by_interval(node: exp.Expr) -> exp.Expr | None:
    """Rewrite a date plus or minus an interval: in Trino it is a date, in DuckDB a timestamp."""
    name = "trino_date_add" if isinstance(node, exp.Add) else "trino_date_subtract"
    left, right = node.this.unnest(), node.expression.unnest()
    if _is_interval(right) and not _is_interval(left):
        return _call(name, node.this, node.expression)
    if isinstance(node, exp.Add) and _is_interval(left) and not _is_interval(right):
        return _call(name, node.expression, node.this)
    return None


def _is_interval(node: exp.Expr) -> bool:
    if isinstance(node, exp.Mul):
        return _is_interval(node.this.unnest()) or _is_interval(node.expression.unnest())
    return isinstance(node, exp.Interval)


def _cast(node: exp.Cast) -> exp.Expr | None:
    target = node.to
    if target.this in (exp.DataType.Type.DECIMAL,) and not target.expressions:
        precision, scale = 38, 0
        if isinstance(node.this, exp.Literal) and node.this.is_string:  # DECIMAL '1.23' has its own scale
            digits = node.this.name.strip().lstrip("+-")
            scale = len(digits.partition(".")[2])
            precision = max(len(digits.replace(".", "")), 1)
        node.set("to", exp.DataType.build(f"DECIMAL({precision}, {scale})", dialect="duckdb"))
    elif target.this == exp.DataType.Type.VARCHAR and target.expressions:
        length = target.expressions[0].this
        node.set("to", exp.DataType.build("VARCHAR", dialect="duckdb"))
        return _call("left", node, length)  # Trino cuts the text to this length; DuckDB ignores it
    return None


def _unnest(node: exp.Unnest) -> exp.Expr | None:
    """Rewrite UNNEST of several arrays, of a map, or of rows whose fields become columns, as a SELECT.

    UNNEST of one array with one name (and its ordinality) is the same in DuckDB and stays.
    """
    alias, arguments = node.args.get("alias"), node.expressions
    names = [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
    ordinality = node.args.get("offset")
    is_map = [isinstance(a, (exp.Map, exp.VarMap)) or a.name.lower() == "trino_map_agg" for a in arguments]
    if len(arguments) == 1 and not is_map[0] and len(names) <= 1 + bool(ordinality):
        return None
    if len(arguments) > 1 and (any(is_map) or ordinality or len(names) not in (0, len(arguments))):
        what = "UNNEST of several maps or rows at once, or of several arrays WITH ORDINALITY"
        raise AthenaQueryError.unsupported(what)
    if ordinality:
        raise AthenaQueryError.unsupported("UNNEST of rows or maps WITH ORDINALITY")
    if len(arguments) > 1:
        values: list[exp.Expr] = [_call("unnest", argument) for argument in arguments]
    else:
        entries = _call("map_entries", arguments[0]) if is_map[0] else arguments[0].copy()
        depth = exp.Kwarg(this=exp.var("max_depth"), expression=exp.Literal.number(2))
        values = [exp.Anonymous(this="unnest", expressions=[entries, depth])]
    select = exp.Select(expressions=values)
    return exp.Subquery(this=select, alias=alias.copy() if alias is not None else None)
