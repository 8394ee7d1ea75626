"""The DuckDB macros for Trino's functions, and a connection that has them.

SQL from `dialect.to_duckdb` calls these by their `trino_` names, so it needs a connection from `connect()`
(or one passed through `prepare`).
"""

from __future__ import annotations

import duckdb

# `cast_to_type(value, other)` casts the value to the type of `other`, which DuckDB does not compute. So a result gets
# the type of its operands, although the translation does not know the columns' types.
MACROS: dict[str, str] = {
    # integer / integer truncates, decimal / decimal keeps the larger scale, double / 0 is infinite
    # (`1 // 0` raises the error for a division by zero; DuckDB does not allow error() inside TRY)
    "trino_divide(a, b)": """
        CASE WHEN typeof(a + b) IN ('DOUBLE', 'FLOAT') THEN cast_to_type(a / b, a + b)
             WHEN b = 0 THEN cast_to_type(1 // CAST(b <> 0 AS INTEGER), a + b)
             WHEN typeof(a + b) LIKE 'DECIMAL%' THEN cast_to_type(a / b, a + b)
             ELSE cast_to_type(a // b, a + b) END""",
    "trino_round(x, n)": "cast_to_type(round(x, n), x)",
    "trino_date_trunc(unit, x)": "cast_to_type(date_trunc(unit, x), x)",
    "trino_date_add(x, i)": "cast_to_type(x + i, x)",
    "trino_date_subtract(x, i)": "cast_to_type(x - i, x)",
    "trino_at_timezone(x, zone)": "timezone(zone, CAST(x AS TIMESTAMPTZ))",
    "trino_with_timezone(x, zone)": "timezone(zone, CAST(x AS TIMESTAMP))",
    "trino_to_iso8601(x)": """
        CASE WHEN typeof(x) = 'DATE' THEN strftime(CAST(x AS DATE), '%Y-%m-%d')
             WHEN typeof(x) = 'TIMESTAMP' THEN strftime(CAST(x AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%g')
             ELSE strftime(CAST(x AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%gZ') END""",
    "trino_millisecond(x)": "CAST(millisecond(x) % 1000 AS BIGINT)",
    "trino_date_sequence(a, b, i)": "cast_to_type(generate_series(a, b, i), [a])",
    "trino_regexp_extract(s, p, g)": "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END",
    "trino_regexp_count(s, p)": "CAST(len(regexp_extract_all(s, p)) AS BIGINT)",
    "trino_split_part(s, d, n)": "CASE WHEN len(str_split(s, d)) >= n THEN split_part(s, d, n) END",
    "trino_json_extract(s, p)": "CASE WHEN json_valid(CAST(s AS VARCHAR)) THEN json_extract(CAST(s AS VARCHAR), p) END",
    "trino_json_extract_scalar(s, p)": """
        CASE WHEN json_valid(CAST(s AS VARCHAR)) AND json_type(CAST(s AS VARCHAR), p) NOT IN ('OBJECT', 'ARRAY')
             THEN json_extract_string(CAST(s AS VARCHAR), p) END""",
    "trino_array_distinct(a)": "list_filter(a, lambda x, i: list_position(a, x) = i)",
    "trino_array_remove(a, v)": "list_filter(a, lambda x: x <> v)",
    "trino_array_except(a, b)": "list_filter(trino_array_distinct(a), lambda x: list_position(b, x) IS NULL)",
    "trino_array_intersect(a, b)": "list_filter(trino_array_distinct(a), lambda x: list_position(b, x) IS NOT NULL)",
    "trino_array_union(a, b)": "trino_array_distinct(list_concat(a, b))",
    "trino_array_position(a, v)": "CAST(coalesce(list_position(a, v), 0) AS BIGINT)",
    "trino_arrays_overlap(a, b)": "list_has_any(a, b)",
    "trino_any_match(flags)": "coalesce(list_aggregate(flags, 'bool_or'), false)",
    "trino_all_match(flags)": "coalesce(list_aggregate(flags, 'bool_and'), true)",
    "trino_none_match(flags)": "NOT coalesce(list_aggregate(flags, 'bool_or'), false)",
    "trino_repeat(x, n)": "list_transform(range(n), lambda i: x)",
    "trino_map_agg(k, v)": "map_from_entries(list(struct_pack(k := k, v := v)) FILTER (WHERE k IS NOT NULL))",
    "trino_bitwise_left_shift(x, n)": "CAST(x << n AS BIGINT)",
    "trino_bitwise_right_shift(x, n)": "CAST(x >> n AS BIGINT)",
    "trino_codepoint(s)": "ascii(s)",
    "trino_from_base(s, radix)": """
        CAST(list_reduce(list_transform(string_split(lower(s), ''),
             lambda c: CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1 AS HUGEINT)),
             lambda acc, d: acc * radix + d, 0::HUGEINT) AS BIGINT)""",
    "trino_from_big_endian_64(b)": """
        CAST(CASE WHEN CAST('0x' || hex(b) AS UBIGINT) > 9223372036854775807
                  THEN CAST('0x' || hex(b) AS UBIGINT)::HUGEINT - 18446744073709551616::HUGEINT
                  ELSE CAST('0x' || hex(b) AS UBIGINT)::HUGEINT END AS BIGINT)""",
    "trino_width_bucket(x, low, high, n)": """
        CAST(CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1
             ELSE floor((x - low)::DOUBLE / (high - low)::DOUBLE * n) + 1 END AS BIGINT)""",
    "trino_wilson_interval_lower(k, n, z)": """
        (k::DOUBLE / n + z * z / (2 * n)
         - z * sqrt((k::DOUBLE / n * (1 - k::DOUBLE / n) + z * z / (4 * n)) / n)) / (1 + z * z / n)""",
    "trino_wilson_interval_upper(k, n, z)": """
        (k::DOUBLE / n + z * z / (2 * n)
         + z * sqrt((k::DOUBLE / n * (1 - k::DOUBLE / n) + z * z / (4 * n)) / n)) / (1 + z * z / n)""",
    # P(Z > x) for x >= 0, with an error below 1e-15: a quotient of polynomials; for large x a continued fraction
    # (Hart 1968, algorithm 5666, as arranged by West 2005, "Better approximations to cumulative normal functions")
    "trino_normal_tail(x)": """
        CASE WHEN x > 37 THEN 0
             WHEN x < 7.07106781186547 THEN exp(-x * x / 2)
                  * ((((((0.0352624965998911 * x + 0.700383064443688) * x + 6.37396220353165) * x + 33.912866078383)
                      * x + 112.079291497871) * x + 221.213596169931) * x + 220.206867912376)
                  / (((((((0.0883883476483184 * x + 1.75566716318264) * x + 16.064177579207) * x + 86.7807322029461)
                       * x + 296.564248779674) * x + 637.333633378831) * x + 793.826512519948) * x + 440.413735824752)
             ELSE exp(-x * x / 2) / 2.506628274631
                  / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) END""",
    "trino_normal_cdf(mean, sd, v)": """
        CASE WHEN sd <= 0 THEN error('standardDeviation must be > 0')
             WHEN v > mean THEN 1 - trino_normal_tail((v - mean)::DOUBLE / sd)
             ELSE trino_normal_tail((mean - v)::DOUBLE / sd) END""",
}


def prepare(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Set the connection's time zone to UTC, as in Athena, and create the `trino_` macros; returns the connection."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        ";\n".join(f"CREATE OR REPLACE MACRO {signature} AS {body}" for signature, body in MACROS.items())
    )
    return connection


def connect() -> duckdb.DuckDBPyConnection:
    """Return an in-memory DuckDB connection that can run the SQL of `dialect.to_duckdb`."""
    return prepare(duckdb.connect())
