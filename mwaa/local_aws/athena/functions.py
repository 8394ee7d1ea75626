"""Trino functions: the DuckDB expression for each one that sqlglot does not translate, or translates wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from mwaa.local_aws.athena.athena_errors import AthenaQueryError
from mwaa.local_aws.athena.formats import java_replacement_to_re2, joda_to_strftime

Rewriter = Callable[[exp.Expr], "exp.Expr | None"]


def call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    """Return a call of the function `name` with copies of the arguments."""
    return exp.Anonymous(this=name, expressions=[a.copy() for a in arguments if a is not None])


def rewrite_function(node: exp.Expr) -> exp.Expr | None:
    """Return the replacement of a node, or None when it stays."""
    if isinstance(node, exp.Anonymous):
        by_name = _BY_NAME.get(node.name.lower())
        return by_name(node) if by_name else None
    by_type = _BY_TYPE.get(type(node))
    return by_type(node) if by_type else None


# --- functions that sqlglot does not know ---------------------------------------------------------------------------

_SAME_NAME_MACROS = (
    "at_timezone", "with_timezone", "to_iso8601", "map_agg", "bitwise_left_shift",
    "bitwise_right_shift", "codepoint", "from_big_endian_64", "width_bucket",
    "wilson_interval_lower", "wilson_interval_upper", "normal_cdf", "array_union", "repeat", "arrays_overlap",
    "array_remove", "array_except", "array_intersect",
)  # fmt: skip
_SAME_IN_DUCKDB = {
    "every": "bool_and", "zip": "list_zip", "geometric_mean": "geomean", "hamming_distance": "hamming",
    "from_hex": "unhex",
}  # fmt: skip


def _rename(name: str) -> Rewriter:
    return lambda node: call(name, *node.expressions)


def _constant(value: str) -> Rewriter:
    return lambda node: exp.cast(exp.Literal.string(value), "DOUBLE")


def _literal(node: exp.Expr, role: str) -> str:
    if not (isinstance(node, exp.Literal) and node.is_string):
        raise AthenaQueryError.unsupported(f"a {role} that is not a literal: {node.sql('athena')}")
    return node.name


def _format_datetime(node: exp.Expr) -> exp.Expr:
    value, pattern = node.expressions
    return call("strftime", value, exp.Literal.string(joda_to_strftime(_literal(pattern, "date format"))))


def _parse_datetime(node: exp.Expr) -> exp.Expr:
    text, pattern = node.expressions
    return call("strptime", text, exp.Literal.string(joda_to_strftime(_literal(pattern, "date format"))))


def _match(name: str) -> Rewriter:
    def rewrite(node: exp.Expr) -> exp.Expr:
        array, condition = node.expressions
        return call(name, call("list_transform", array, condition))

    return rewrite


def _year_of_week(node: exp.Expr) -> exp.Expr:
    return call("isoyear", *(node.expressions or [node.this]))


def _listed_percentile(node: exp.Expr) -> exp.Expr:
    raise AthenaQueryError.unsupported("approx_percentile with weights or accuracy")


_BY_NAME: dict[str, Rewriter] = {
    **{name: _rename(f"trino_{name}") for name in _SAME_NAME_MACROS},
    **{name: _rename(duckdb) for name, duckdb in _SAME_IN_DUCKDB.items()},
    "format_datetime": _format_datetime,
    "parse_datetime": _parse_datetime,
    "any_match": _match("trino_any_match"),
    "all_match": _match("trino_all_match"),
    "none_match": _match("trino_none_match"),
    "yow": _year_of_week,
    "nan": _constant("NaN"),
    "infinity": _constant("Infinity"),
    "e": lambda node: call("exp", exp.Literal.number(1)),
    "approx_percentile": _listed_percentile,
}


# --- functions that sqlglot knows ----------------------------------------------------------------------------------


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Count whole units between two times; DuckDB's date_diff counts the boundaries between them."""
    return call("date_sub", _unit(node), node.args["expression"], node.this)


def _unit(node: exp.Expr) -> exp.Expr:
    unit = node.args.get("unit")
    return exp.Literal.string(unit.name.lower() if unit is not None else "day")


def _date_add(node: exp.Expr) -> exp.Expr:
    amount, unit = node.args["expression"], _unit(node).name
    if unit == "quarter":
        amount, unit = exp.Mul(this=exp.paren(amount.copy()), expression=exp.Literal.number(3)), "month"
    interval = exp.Mul(
        this=exp.paren(amount.copy()),
        expression=exp.Interval(this=exp.Literal.string("1"), unit=exp.var(unit.upper())),
    )
    return call("trino_date_add", node.this, interval)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    return call("trino_date_trunc", _unit(node), node.this)


def _round(node: exp.Expr) -> exp.Expr | None:
    decimals = node.args.get("decimals")
    return call("trino_round", node.this, decimals) if decimals is not None else None


def _approx_percentile(node: exp.Expr) -> exp.Expr:
    """Compute the exact percentile: it is within Trino's error, and the same in every run."""
    if node.args.get("accuracy") is not None or node.args.get("weight") is not None:
        raise AthenaQueryError.unsupported("approx_percentile with weights or accuracy")
    return call("quantile_disc", node.this, node.args["quantile"])


def _approx_distinct(node: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[node.this.copy()]))


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    group = node.args.get("group") or exp.Literal.number(0)
    return call("trino_regexp_extract", node.this, node.args["expression"], group)


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    replacement = node.args.get("replacement") or exp.Literal.string("")
    if isinstance(replacement, exp.Literal):
        replacement = exp.Literal.string(java_replacement_to_re2(replacement.name))
    arguments = (node.this, node.args["expression"], replacement, exp.Literal.string("g"))
    return call("regexp_replace", *arguments)


def _reduce(node: exp.Expr) -> exp.Expr:
    """Rewrite reduce(array, start, step, finish). DuckDB lacks `finish`: it maps over a list with the one result."""
    start, step, finish = node.args["initial"], node.args["merge"], node.args.get("finish")
    reduced: exp.Expr = call("list_reduce", node.this, step, start)
    if finish is None or _is_identity(finish):
        return reduced
    mapped = call("list_transform", exp.Array(expressions=[reduced]), finish)
    return call("list_extract", mapped, exp.Literal.number(1))


def _is_identity(function: exp.Expr) -> bool:
    body = function.this
    return isinstance(body, (exp.Column, exp.Identifier)) and body.name == function.expressions[0].name


def _sequence(node: exp.Expr) -> exp.Expr | None:
    start, stop, step = node.args["start"], node.args["end"], node.args.get("step")
    is_date = any((isinstance(a, exp.Cast) and a.is_type("date")) or isinstance(a, exp.CurrentDate)
                  for a in (start, stop))  # fmt: skip
    if step is None and is_date:
        step = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))
    if isinstance(step, exp.Interval):
        return call("trino_date_sequence", start, stop, step)
    return None


def _iso_week_format(node: exp.Expr) -> exp.Expr | None:
    """Translate MySQL's %x and %v (ISO year and week), which sqlglot leaves as they are."""
    pattern = node.args["format"]
    if not (isinstance(pattern, exp.Literal) and ("%x" in pattern.name or "%v" in pattern.name)):
        return None
    literal = exp.Literal.string(pattern.name.replace("%x", "%G").replace("%v", "%V"))
    return call("strftime" if isinstance(node, exp.TimeToStr) else "strptime", node.this, literal)


def _format(node: exp.Expr) -> exp.Expr:
    """Rewrite format('%s-%05d', …): DuckDB's printf takes only text for %s, Trino takes all types."""
    pattern = _literal(node.this, "format string")
    kinds = re.findall(r"%[-+ #0,(]*\d*(?:\.\d+)?([a-zA-Z])", pattern.replace("%%", ""))
    values = [
        exp.cast(value.copy(), "VARCHAR") if kind == "s" else value.copy()
        for kind, value in zip(kinds, node.expressions, strict=True)
    ]
    return call("printf", node.this, *values)


def _varargs(name: str) -> Rewriter:
    def rewrite(node: exp.Expr) -> exp.Expr:
        return call(name, node.this, *(node.expressions or []), node.args.get("expression"))

    return rewrite


def _average(node: exp.Expr) -> exp.Expr | None:
    """Give avg(decimal(p, s)) the type decimal(p, s), as in Trino; DuckDB returns a double.

    The type is taken from a median of the same values, which is never computed. Handles `avg(x)`, `avg(x) FILTER (…)`
    and `avg(x) OVER (…)`, at the outermost node of these.
    """
    parent = node.parent
    if isinstance(parent, (exp.Filter, exp.Window, exp.IgnoreNulls)) and parent.this is node:
        return None
    inner = node
    while isinstance(inner, (exp.Filter, exp.Window)):
        inner = inner.this
    if not isinstance(inner, exp.Avg):
        return None
    value = inner.this.expressions[0] if isinstance(inner.this, exp.Distinct) else inner.this
    if isinstance(node, exp.Window):
        typed: exp.Expr = call("list_aggregate", exp.Array(expressions=[value.copy()]), exp.Literal.string("median"))
    else:
        typed = exp.Filter(this=call("median", value), expression=exp.Where(this=exp.false()))
    return call("cast_to_type", node, typed)


_BY_TYPE: dict[type[exp.Expr], Rewriter] = {
    exp.DateDiff: _date_diff,
    exp.DateAdd: _date_add,
    exp.DateTrunc: _date_trunc,
    exp.TimestampTrunc: _date_trunc,
    exp.Round: _round,
    exp.ApproxQuantile: _approx_percentile,
    exp.ApproxDistinct: _approx_distinct,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.Reduce: _reduce,
    exp.GenerateSeries: _sequence,
    exp.JSONExtract: lambda node: call("trino_json_extract", node.this, _json_path(node)),
    exp.JSONExtractScalar: lambda node: call("trino_json_extract_scalar", node.this, _json_path(node)),
    exp.ArraySize: lambda node: call("cardinality", node.this),
    exp.ArrayDistinct: lambda node: call("trino_array_distinct", node.this),
    exp.ArrayRemove: _varargs("trino_array_remove"),
    exp.ArrayExcept: _varargs("trino_array_except"),
    exp.ArrayPosition: lambda node: call("trino_array_position", node.this, node.args["expression"]),
    exp.SplitPart: lambda node: call("trino_split_part", node.this, node.args["delimiter"], node.args["part_index"]),
    exp.AtTimeZone: lambda node: call("trino_at_timezone", node.this, node.args["zone"]),
    exp.WidthBucket: lambda node: call(
        "trino_width_bucket", node.this, node.args["min_value"], node.args["max_value"], node.args["num_buckets"]
    ),
    exp.FromBase: lambda node: call("trino_from_base", node.this, node.expression),
    exp.RegexpCount: lambda node: call("trino_regexp_count", node.this, node.expression),
    exp.Repeat: lambda node: call("trino_repeat", node.this, node.args["times"]),
    exp.TimeToStr: _iso_week_format,
    exp.StrToTime: _iso_week_format,
    exp.Format: _format,
    exp.Avg: _average,
    exp.Filter: _average,
    exp.Window: _average,
}


def _json_path(node: exp.Expr) -> exp.Expr:
    path = node.args["expression"]
    return exp.Literal.string(path.sql("athena").strip("'")) if isinstance(path, exp.JSONPath) else path
