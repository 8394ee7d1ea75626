"""The translation: Athena SQL on DuckDB gives Athena's results, without a server and files."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import erfc, sqrt
from typing import Any

import duckdb
import pytest

from mwaa.local_aws.athena import macros
from mwaa.local_aws.athena.athena_errors import AthenaQueryError, MalformedQuery
from mwaa.local_aws.athena.dialect import parse, to_duckdb

D = Decimal


def test_changing_a_parsed_tree_does_not_change_the_next_one():
    sql = "SELECT store FROM sales"
    parse(sql).set("expressions", [])
    assert parse(sql).sql() == sql


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return macros.connect()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # numbers: Trino divides integers as integers, and a decimal keeps its scale
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 / 2.0", D("3.5")),
        ("7e0 / 2", 3.5),
        ("CAST(10 AS decimal(18,4)) / 3", D("3.3333")),
        ("CAST(2 AS decimal(18,4)) / CAST(3 AS decimal(18,2))", D("0.6667")),
        ("1e0 / 0", float("inf")),
        ("round(CAST(2.345 AS decimal(18,4)), 2)", D("2.3500")),
        ("CAST(12.5 AS decimal)", D("13")),
        ("DECIMAL '1.230'", D("1.230")),
        ("power(2, 3)", 8.0),
        ("ln(0)", float("-inf")),
        ("mod(-7, 3)", -1),
        ("width_bucket(5, 0, 10, 5)", 3),
        ("normal_cdf(0, 1, NULL)", None),
        ("normal_cdf(10, 2, DECIMAL '10.0')", 0.5),
        ("if(NULL, 1, 2)", 2),
        ("greatest(1, NULL)", None),
        ("try(1 / 0)", None),
        ("try_cast('x' AS bigint)", None),
        # dates: whole units between two dates; a date plus an interval is a date
        ("date_diff('month', DATE '2024-01-31', DATE '2024-02-01')", 0),
        ("date_diff('month', DATE '2024-01-31', DATE '2024-02-29')", 1),
        ("date_diff('week', DATE '2024-01-06', DATE '2024-01-12')", 0),
        ("date_diff('day', TIMESTAMP '2024-01-01 23:00:00', TIMESTAMP '2024-01-02 01:00:00')", 0),
        ("date_diff('day', DATE '2024-03-01', DATE '2024-02-28')", -2),
        ("date_add('month', 1, DATE '2024-01-31')", date(2024, 2, 29)),
        ("date_add('quarter', -1, DATE '2024-05-15')", date(2024, 2, 15)),
        ("DATE '2024-01-01' + INTERVAL '1' DAY", date(2024, 1, 2)),
        ("DATE '2024-03-31' - INTERVAL '1' MONTH", date(2024, 2, 29)),
        ("TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '90' MINUTE", datetime(2024, 1, 1, 1, 30)),
        ("date_trunc('week', DATE '2024-01-03')", date(2024, 1, 1)),
        ("date_trunc('hour', TIMESTAMP '2024-01-01 10:59:00')", datetime(2024, 1, 1, 10)),
        ("day_of_week(DATE '2024-01-07')", 7),
        ("dow(DATE '2024-01-01')", 1),
        ("doy(DATE '2024-02-01')", 32),
        ("week(DATE '2024-12-30')", 1),
        ("year_of_week(DATE '2024-12-30')", 2025),
        ("format_datetime(TIMESTAMP '2024-01-02 03:04:05', 'yyyy-MM-dd''T''HH:mm')", "2024-01-02T03:04"),
        ("date_format(DATE '2024-12-30', '%x-W%v')", "2025-W01"),
        ("date_parse('02/01/2024', '%d/%m/%Y')", datetime(2024, 1, 2)),
        ("from_iso8601_date('2024-01-02')", date(2024, 1, 2)),
        ("CAST(TIMESTAMP '2024-01-02 03:00:00' AT TIME ZONE 'America/Chicago' AS date)", date(2024, 1, 1)),
        ("hour(at_timezone(TIMESTAMP '2024-07-01 12:00:00', 'America/Chicago'))", 7),
        ("last_day_of_month(DATE '2024-02-03')", date(2024, 2, 29)),
        # text
        ("from_base('Ff', 16)", 255),
        ("from_base(substr(to_hex(md5(to_utf8('a'))), 1, 3), 16)", 0x0CC),
        ("regexp_count('a1b22', '[0-9]+')", 2),
        ("'a' || NULL", None),
        ("concat('a', NULL)", None),
        ("CAST('abcdef' AS varchar(3))", "abc"),
        ("regexp_extract('a1', '[0-9]')", "1"),
        ("regexp_extract('ab', '[0-9]')", None),
        ("regexp_replace('2024-01', '(\\d+)-(\\d+)', '$2/$1')", "01/2024"),
        ("regexp_like('abc', 'b')", True),
        ("split_part('a,b', ',', 3)", None),
        ("json_extract_scalar('{\"a\": 1}', '$.a')", "1"),
        ("json_extract_scalar('not json', '$.a')", None),
        ("format('%s-%03d', 7, 7)", "7-007"),
        # arrays and maps
        ("element_at(ARRAY[1, 2], 3)", None),
        ("element_at(ARRAY[1, 2], -1)", 2),
        ("element_at(MAP(ARRAY['a'], ARRAY[1]), 'b')", None),
        ("cardinality(ARRAY[1, 2])", 2),
        ("cardinality(MAP(ARRAY['a'], ARRAY[1]))", 1),
        ("sequence(1, 3)", [1, 2, 3]),
        ("sequence(DATE '2024-01-31', DATE '2024-02-01')", [date(2024, 1, 31), date(2024, 2, 1)]),
        ("filter(ARRAY[1, 2, 3], v -> v > 1)", [2, 3]),
        ("transform(ARRAY[1, 2], v -> v / 2)", [0, 1]),
        ("reduce(ARRAY[1, 2, 3], 0, (s, v) -> s + v, s -> s * 10)", 60),
        ("any_match(ARRAY[1, 2], v -> v > 1)", True),
        ("all_match(ARRAY[1, 2], v -> v > 1)", False),
        ("none_match(CAST(ARRAY[] AS array(bigint)), v -> v > 1)", True),
        ("array_distinct(ARRAY[3, 1, 3])", [3, 1]),
        ("array_sort(ARRAY[2, NULL, 1])", [1, 2, None]),
        ("contains(ARRAY['a'], 'b')", False),
        ("arrays_overlap(ARRAY[1], ARRAY[1, 2])", True),
        ("array_join(ARRAY['a', 'b'], '|')", "a|b"),
        ("CAST(ROW(1, 'x') AS row(n bigint, s varchar)).s", "x"),
        ("from_big_endian_64(from_hex('FFFFFFFFFFFFFFFE'))", -2),
        ("to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661"),
    ],
)
def test_an_expression_has_athenas_result(
    connection: duckdb.DuckDBPyConnection, expression: str, expected: Any
) -> None:
    found = connection.execute(to_duckdb(f"SELECT {expression}")).fetchall()[0][0]
    assert found == expected
    assert type(found) is type(expected)


SALES = "(VALUES ('a', 1, CAST(1.25 AS decimal(18,4))), ('a', 2, 2.5), ('b', NULL, NULL)) AS t(store, n, net)"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"SELECT avg(net) FROM {SALES}", [(D("1.8750"),)]),
        (f"SELECT avg(n) FROM {SALES}", [(1.5,)]),
        (f"SELECT avg(net) FILTER (WHERE n = 2) FROM {SALES}", [(D("2.5000"),)]),
        (f"SELECT DISTINCT avg(net) OVER () FROM {SALES}", [(D("1.8750"),)]),
        (f"SELECT sum(net) / count(*) FROM {SALES}", [(D("1.2500"),)]),
        (f"SELECT sum(n) / count(n) FROM {SALES}", [(1,)]),
        (f"SELECT store FROM {SALES} ORDER BY n DESC", [("a",), ("a",), ("b",)]),
        (f"SELECT store FROM {SALES} ORDER BY n", [("a",), ("a",), ("b",)]),
        (f"SELECT approx_distinct(store), approx_percentile(n, 0.5) FROM {SALES}", [(2, 1)]),
        (f"SELECT max_by(store, n), min_by(net, n) FROM {SALES}", [("a", D("1.2500"))]),
        (f"SELECT array_agg(n ORDER BY n) FILTER (WHERE n IS NOT NULL) FROM {SALES}", [([1, 2],)]),
        (f"SELECT histogram(store) FROM {SALES}", [({"a": 2, "b": 1},)]),
        (f"SELECT map_agg(store, n) FROM {SALES} WHERE n = 2", [({"a": 2},)]),
        (f"SELECT count_if(n > 1), bool_or(n > 1), every(n > 1) FROM {SALES}", [(1, True, False)]),
        (f"SELECT _col1 FROM (SELECT store, count(*) FROM {SALES} GROUP BY store) ORDER BY 1", [(1,), (2,)]),
        (
            f"SELECT store, sum(n) FROM {SALES} GROUP BY ROLLUP (store) ORDER BY store",
            [("a", 3), ("b", None), (None, 3)],
        ),
        ("SELECT x, n FROM UNNEST(ARRAY['p', 'q']) WITH ORDINALITY AS u(x, n) ORDER BY n", [("p", 1), ("q", 2)]),
        ("SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS u(x, y) ORDER BY x", [(1, "a"), (2, None)]),
        ("SELECT k, v FROM UNNEST(MAP(ARRAY['a'], ARRAY[1])) AS u(k, v)", [("a", 1)]),
        ("SELECT k, v FROM UNNEST(ARRAY[ROW('a', 1)]) AS u(k, v)", [("a", 1)]),
        (
            "SELECT x, max(x) OVER ("
            "ORDER BY x RANGE BETWEEN INTERVAL '1' YEAR PRECEDING AND INTERVAL '1' YEAR PRECEDING)"
            " FROM (VALUES DATE '2023-02-28', DATE '2024-02-28', DATE '2024-02-29') AS t(x) ORDER BY x",
            [
                (date(2023, 2, 28), None),
                (date(2024, 2, 28), date(2023, 2, 28)),
                (date(2024, 2, 29), date(2023, 2, 28)),
            ],
        ),
        ("VALUES (1, 'a'), (2, 'b')", [(1, "a"), (2, "b")]),
        ("SELECT x FROM (VALUES 3, 1, 2) AS t(x) ORDER BY x OFFSET 1 LIMIT 1", [(2,)]),
        ("SELECT count(*) FROM (VALUES 1, NULL) AS t(x) WHERE x NOT IN (SELECT 2)", [(1,)]),
    ],
)
def test_a_query_has_athenas_result(
    connection: duckdb.DuckDBPyConnection, sql: str, expected: list[tuple[Any, ...]]
) -> None:
    assert connection.execute(to_duckdb(sql)).fetchall() == expected


@pytest.mark.parametrize("z", [-38, -12.5, -7.1, -7, -1.96, -0.3, 0, 0.5, 2.5758, 6, 7.2, 40])
def test_the_normal_distribution_is_exact(connection: duckdb.DuckDBPyConnection, z: float) -> None:
    (found,) = connection.execute(to_duckdb(f"SELECT normal_cdf(1, 2, {1 + 2 * z}e0)")).fetchall()[0]
    assert found == pytest.approx(erfc(-z / sqrt(2)) / 2, abs=1e-15)


@pytest.mark.parametrize("deviation", ["0", "-1e0"])
def test_a_normal_distribution_without_width_is_an_error(connection: duckdb.DuckDBPyConnection, deviation: str) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="standardDeviation must be > 0"):
        connection.execute(to_duckdb(f"SELECT normal_cdf(0, {deviation}, 1)")).fetchall()


@pytest.mark.parametrize("sql", ["SELECT 1 / 0", "SELECT 1.0 / 0", "SELECT 1 % 0"])
def test_exact_division_by_zero_is_an_error(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(duckdb.Error, match="ivision by zero"):
        connection.execute(to_duckdb(sql)).fetchall()


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT list_sum(ARRAY[1])", "FUNCTION_NOT_FOUND: line 1:8: Function 'list_sum' not registered"),
        ("SELECT strftime(d, '%Y') FROM t", "FUNCTION_NOT_FOUND: line 1:8: Function 'strftime' not registered"),
        ("SELECT a,\n  quantile_cont(x, 0.5) FROM t", "FUNCTION_NOT_FOUND: line 2:3: Function 'quantile_cont'"),
        ("SELECT CAST(x AS string) FROM t", "TYPE_NOT_FOUND: line 1:18: Unknown type: string"),
        ("SELECT approx_percentile(x, 1, 0.5, 0.1, 2) FROM t", "NOT_SUPPORTED: the local Athena endpoint"),
    ],
)
def test_what_trino_lacks_is_refused(sql: str, reason: str) -> None:
    with pytest.raises(AthenaQueryError) as raised:
        to_duckdb(sql)
    assert raised.value.reason.startswith(reason)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x::bigint FROM t",
        "SELECT * EXCLUDE (x) FROM t",
        "SELECT x FROM t QUALIFY row_number() OVER (ORDER BY x) = 1",
        "SELECT x, count(*) FROM t GROUP BY ALL",
        "SELECT x FROM t ORDER BY ALL",
        "SELECT x FROM t LIMIT 1 OFFSET 2",
        "SELECT DISTINCT ON (x) x FROM t",
        "SELECT `x` FROM t",
        "SELECT x FROM t WHERE x ILIKE 'a'",
        "SELECT (1",
        "SELECT 1; SELECT 2",
        "FROM t",
    ],
)
def test_duckdb_syntax_does_not_parse(sql: str) -> None:
    with pytest.raises(MalformedQuery, match=r"^line \d+:\d+: "):
        to_duckdb(sql)


def test_names_that_are_keywords_of_duckdb_are_allowed() -> None:
    to_duckdb('WITH list(x) AS (SELECT 1) SELECT list.x AS exclude, "qualify" FROM list, (SELECT 1 AS "qualify")')


def test_translating_a_tree_does_not_change_it() -> None:
    tree = parse("SELECT 1 / 2")
    assert to_duckdb(tree) == to_duckdb("SELECT 1 / 2")
    assert tree.sql("athena") == "SELECT 1 / 2"
