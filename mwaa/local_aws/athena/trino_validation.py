"""Trino validation: refuse queries that DuckDB would run and Trino would not.

`refuse_what_trino_lacks` checks the text alone (syntax, type names, functions). `check_columns` needs the tables: it
finds aliases where Trino does not allow them, and text that is compared with dates or numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.names import cte_of, own_columns, position, sources
from mwaa.local_aws.athena.scan import PATH, Scan
from mwaa.local_aws.athena.trino_functions import TRINO_FUNCTIONS
from mwaa.local_aws.athena.types import hive_to_trino

# Words before "(" that are not functions: keywords and type constructors.
_NOT_FUNCTIONS = frozenset((
    "all", "and", "any", "array", "as", "between", "by", "case", "cast", "char", "cross", "cube", "decimal",
    "distinct", "else", "end", "except", "exists", "extract", "filter", "from", "full", "group", "having", "if",
    "ilike", "in", "inner", "intersect", "interval", "into", "is", "join", "json_exists", "lateral", "left",
    "like", "limit", "map", "not", "null", "numeric", "offset", "on", "or", "order", "outer", "over",
    "partition", "position", "right", "rollup", "row", "rows", "select", "set", "sets", "some", "table",
    "tablesample", "then", "time", "timestamp", "to", "trim", "try", "try_cast", "union", "unnest", "using",
    "values", "varchar", "when", "where", "window", "with", "within", "unload", "recursive", "bernoulli",
    "system", "bigint", "double", "date", "coalesce", "nullif", "grouping", "normalize", "substring",
    "current_date", "localtimestamp", "ordinality",
))  # fmt: skip
_UNKNOWN_TYPES = frozenset((
    "text", "string", "hugeint", "ubigint", "uinteger", "blob", "datetime", "int64", "float8", "float4", "int8",
    "int4", "list", "struct",
))  # fmt: skip
_CLAUSES = {
    "exclude": "EXCLUDE", "qualify": "QUALIFY", "asof": "ASOF", "pivot": "PIVOT", "unpivot": "UNPIVOT",
    "ilike": "ILIKE", "summarize": "SUMMARIZE", "positional": "POSITIONAL",
}  # fmt: skip


def refuse_what_trino_lacks(tree: exp.Expr, sql: str) -> None:
    """Refuse syntax, types and functions that only DuckDB has.

    Raises:
        MalformedQuery: Trino's parser would refuse the text.
        AthenaQueryError: Trino has no such function or type.
    """
    tokens = sqlglot.tokenize(sql, read="trino")
    if tokens and tokens[0].token_type == TokenType.FROM:
        raise MalformedQuery("mismatched input 'FROM'. Expecting: <query>", *_at(tokens[0]))
    aliases = {node.name.lower() for node in tree.find_all(exp.TableAlias)}
    for index, token in enumerate(tokens):
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        before = tokens[index - 1] if index else None
        _refuse_operator(token, before)
        _refuse_clause(token, after, before)
        if after is not None and after.token_type == TokenType.L_PAREN:
            _refuse_function(token, before, aliases)
    _refuse_types(tokens)
    for limit_first in tree.find_all(exp.Select):
        if limit_first.args.get("distinct") and limit_first.args["distinct"].args.get("on"):
            raise MalformedQuery("mismatched input 'ON'. Expecting: <expression>")


def _at(token: Token) -> tuple[int, int]:
    return token.line, max(token.col - (token.end - token.start), 1)


def _refuse_operator(token: Token, before: Token | None) -> None:
    if token.token_type in (TokenType.DCOLON, TokenType.DSTAR, TokenType.ARROW, TokenType.DARROW, TokenType.DIV):
        # Trino has arrows too, in lambdas: `x -> …` and `(x, y) -> …`
        if token.token_type == TokenType.ARROW and before is not None and before.token_type in (
            TokenType.VAR, TokenType.R_PAREN,
        ):  # fmt: skip
            return
        if token.token_type == TokenType.ARROW and before is not None and before.text.isidentifier():
            return
        raise MalformedQuery(f"mismatched input '{token.text}'. Expecting: <expression>", *_at(token))
    if token.token_type == TokenType.IDENTIFIER and token.text and "`" in token.text:
        raise MalformedQuery(
            "backquoted identifiers are not supported; use double quotes to quote identifiers", *_at(token)
        )
    if token.token_type == TokenType.UNKNOWN and token.text == "`":
        raise MalformedQuery(
            "backquoted identifiers are not supported; use double quotes to quote identifiers", *_at(token)
        )


def _refuse_clause(token: Token, after: Token | None, before: Token | None) -> None:
    word = token.text.lower()
    if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return
    follows_by = before is not None and before.text.lower().endswith("by")
    if word == "all" and follows_by and (after is None or after.token_type != TokenType.L_PAREN):
        raise MalformedQuery("mismatched input 'ALL'. Expecting: <expression>", *_at(token))
    if word in _CLAUSES and after is not None and token.token_type != TokenType.VAR:
        raise MalformedQuery(f"mismatched input '{token.text}'. Expecting: <EOF>", *_at(token))
    if word == "exclude" and before is not None and before.token_type == TokenType.STAR:
        raise MalformedQuery(f"mismatched input '{token.text}'. Expecting: <EOF>", *_at(token))
    if word == "offset" and before is not None and before.token_type == TokenType.NUMBER and after is not None:
        raise MalformedQuery("mismatched input 'OFFSET'. Expecting: <EOF> (OFFSET comes before LIMIT)", *_at(token))


def _refuse_function(token: Token, before: Token | None, aliases: set[str]) -> None:
    name = token.text.lower()
    if token.token_type in (TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER) or not name.isidentifier():
        return
    if name in TRINO_FUNCTIONS or name in _NOT_FUNCTIONS or name in aliases:
        return
    if before is not None and before.text.lower() in ("into", "table", "view", "as", "from", "join", "."):
        return
    line, column = _at(token)
    raise AthenaQueryError(f"FUNCTION_NOT_FOUND: line {line}:{column}: Function '{name}' not registered")


def _refuse_types(tokens: list[Token]) -> None:
    """Refuse an unknown type in a CAST: the word after its AS, as in `CAST(x AS string)`."""
    casts: list[int] = []
    depth = 0
    for index, token in enumerate(tokens):
        if token.token_type == TokenType.L_PAREN:
            depth += 1
            if index and tokens[index - 1].text.lower() in ("cast", "try_cast"):
                casts.append(depth)
        elif token.token_type == TokenType.R_PAREN:
            if casts and casts[-1] == depth:
                casts.pop()
            depth -= 1
        elif token.text.lower() == "as" and casts and casts[-1] == depth and index + 1 < len(tokens):
            named = tokens[index + 1]
            if named.text.lower() in _UNKNOWN_TYPES:
                line, column = _at(named)
                raise AthenaQueryError(f"TYPE_NOT_FOUND: line {line}:{column}: Unknown type: {named.text.lower()}")


# --- checks that need the tables ---------------------------------------------------------------------------------


def check_columns(tree: exp.Expr, scans: dict[int, Scan]) -> None:
    """Check the use of columns.

    Raises:
        AthenaQueryError: COLUMN_NOT_FOUND for an alias of the SELECT list that WHERE, GROUP BY, HAVING or the SELECT
            list uses; TYPE_MISMATCH for a column that is not text and is compared with text.
    """
    for select in tree.find_all(exp.Select):
        _refuse_alias_use(select, scans)
        _refuse_text_comparison(select, scans)


def _refuse_alias_use(select: exp.Select, scans: dict[int, Scan]) -> None:
    aliases = {p.alias.lower() for p in select.expressions if isinstance(p, exp.Alias)}
    if not aliases:
        return
    known = source_columns(select, scans)
    if known is None:
        return
    parts = [select.args.get(key) for key in ("where", "group", "having")] + [*select.expressions]
    for part in parts:
        if part is None:
            continue
        for column in own_columns(select, part):
            name = column.name.lower()
            if not column.table and name in aliases and name not in known and not _is_lambda_name(column):
                raise column_not_found(column)


def _is_lambda_name(column: exp.Column) -> bool:
    node = column.parent
    while node is not None and not isinstance(node, exp.Query):
        if isinstance(node, exp.Lambda) and any(v.name.lower() == column.name.lower() for v in node.expressions):
            return True
        node = node.parent
    return False


def column_not_found(column: exp.Expr) -> AthenaQueryError:
    """Return Athena's error for a column that does not exist."""
    name = f"{column.table}.{column.name}" if isinstance(column, exp.Column) and column.table else column.name
    return AthenaQueryError(
        f"COLUMN_NOT_FOUND: {position(column)}: Column '{name}' cannot be resolved or requester is not authorized "
        "to access requested resources"
    )


def source_columns(select: exp.Select, scans: dict[int, Scan]) -> set[str] | None:
    """Return the lower-case names of the columns of FROM and the joins; None when they cannot be determined."""
    found: set[str] = set()
    for _, relation, _ in sources(select):
        columns = _relation_columns(relation, scans)
        if columns is None:
            return None
        found |= columns
    return found


def _relation_columns(relation: exp.Expr, scans: dict[int, Scan]) -> set[str] | None:
    alias = relation.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.columns:
        return {c.name.lower() for c in alias.columns}
    if id(relation) in scans:
        return {c.name for c in scans[id(relation)].table.all_columns} | {PATH}
    if isinstance(relation, exp.Table):
        entry = cte_of(relation)
        if entry is None:
            return None
        if entry.args["alias"].columns:
            return {c.name.lower() for c in entry.args["alias"].columns}
        return _output_columns(entry.this, scans)
    if isinstance(relation, exp.Subquery):
        return _output_columns(relation.this, scans)
    return None


def _output_columns(query: exp.Expr, scans: dict[int, Scan]) -> set[str] | None:
    while isinstance(query, (exp.Subquery, exp.SetOperation)):
        query = query.this
    if not isinstance(query, exp.Select):
        return None
    names: set[str] = set()
    for projection in query.expressions:
        if projection.is_star:
            inner = source_columns(query, scans)
            if inner is None:
                return None
            names |= inner
        elif projection.output_name:
            names.add(projection.output_name.lower())
    return names


_SYMBOLS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}


def _refuse_text_comparison(select: exp.Select, scans: dict[int, Scan]) -> None:
    for node in select.find_all(*_SYMBOLS, exp.In, exp.Between):
        if node.find_ancestor(exp.Query) is not select:
            continue
        for column, texts in _text_operands(node):
            kind = _column_type(select, column, scans)
            if kind is None or kind.startswith(("varchar", "char", "array", "map", "row")):
                continue
            other = f"varchar({len(texts[0].name)})"
            where = position(column)
            if isinstance(node, exp.In):
                raise AthenaQueryError(
                    f"TYPE_MISMATCH: {where}: IN value and list items must be the same type or coercible to a common "
                    f"type. Cannot find common type between {kind} and {other}, all types (without duplicates): "
                    f"[{kind}, {other}]"
                )
            if isinstance(node, exp.Between):
                raise AthenaQueryError(f"TYPE_MISMATCH: {where}: Cannot check if {kind} is BETWEEN {other} and {other}")
            symbol = next(text for kind_of, text in _SYMBOLS.items() if type(node) is kind_of)
            raise AthenaQueryError(f"TYPE_MISMATCH: {where}: Cannot apply operator: {kind} {symbol} {other}")


def _text_operands(node: exp.Expr) -> Iterator[tuple[exp.Column, list[exp.Expr]]]:
    if isinstance(node, exp.In):
        others = list(node.expressions)
    elif isinstance(node, exp.Between):
        others = [node.args["low"], node.args["high"]]
    else:
        others = [node.expression]
        if isinstance(node.expression, exp.Column):
            if _is_text(node.this):
                yield node.expression, [node.this]
            return
    texts = [o for o in others if _is_text(o)]
    if texts and isinstance(node.this, exp.Column):
        yield node.this, texts


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _column_type(select: exp.Select, column: exp.Column, scans: dict[int, Scan]) -> str | None:
    """Return the Trino type of a column that comes directly from a table of this SELECT, else None."""
    for alias, relation, _ in sources(select):
        if id(relation) not in scans or (column.table and column.table.lower() != alias):
            continue
        for known in scans[id(relation)].table.all_columns:
            if known.name == column.name.lower():
                return hive_to_trino(known.type)
    return None
