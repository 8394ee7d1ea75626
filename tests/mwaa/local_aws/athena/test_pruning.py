"""Partition pruning: a query reads only the files that it needs, and its result does not change."""

from __future__ import annotations

import itertools

import pytest

from tests.mwaa.local_aws.athena.shop import BUCKET, Shop


@pytest.mark.parametrize(
    ("where", "files"),
    [
        ("order_date = DATE '2024-01-01'", 1),
        ("order_date IN (DATE '2024-01-01', DATE '2024-01-02')", 2),
        ("order_date BETWEEN DATE '2024-01-02' AND DATE '2024-01-03'", 2),
        ("order_date > DATE '2024-01-02' AND store = 'south'", 1),
        ("s.order_date >= date_add('day', -1, DATE '2024-01-03')", 2),
        ("month(order_date) = 2", 0),
        ("order_date = DATE '2024-01-01' OR lines = 3", 3),
        ("NOT order_date = DATE '2024-01-01'", 2),
        ("store = 'north'", 3),
    ],
)
def test_only_partitions_that_match_the_condition_are_read(shop: Shop, where: str, files: int) -> None:
    execution = shop.run(f"SELECT count(*) FROM sales s WHERE {where}")
    sizes = [f.stat().st_size for f in sorted((shop.root / BUCKET).glob("**/part-0.parquet"))]
    assert execution["Status"]["State"] == "SUCCEEDED"
    scanned = execution["Statistics"]["DataScannedInBytes"]
    assert scanned in {sum(some) for some in itertools.combinations(sizes, files)}


@pytest.mark.parametrize(
    "sql",
    [
        "WITH d AS (SELECT * FROM sales) SELECT count(*) FROM d WHERE order_date = DATE '2024-01-01'",
        "SELECT count(*) FROM (SELECT store, order_date AS day FROM sales) WHERE day = DATE '2024-01-01'",
        "SELECT sum(n) FROM (SELECT order_date, count(*) AS n FROM sales GROUP BY order_date)"
        " WHERE order_date = DATE '2024-01-01'",
        "SELECT count(*) FROM (SELECT order_date FROM sales UNION ALL SELECT order_date FROM sales WHERE false) u"
        " WHERE u.order_date = DATE '2024-01-01'",
        "SELECT count(*) FROM (VALUES 1) AS one(x) LEFT JOIN sales ON order_date = DATE '2024-01-01'",
    ],
)
def test_conditions_reach_the_scan_through_subqueries_and_joins(shop: Shop, sql: str) -> None:
    one_day = shop.run("SELECT count(*) FROM sales WHERE order_date = DATE '2024-01-01'")
    execution = shop.run(sql)
    assert execution["Statistics"]["DataScannedInBytes"] <= 2 * one_day["Statistics"]["DataScannedInBytes"]
    assert shop.rows(sql) == [["2"]]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        # pruning in any of these would change the result
        (
            "SELECT n FROM (SELECT order_date, count(*) OVER () AS n FROM sales) WHERE order_date = DATE '2024-01-03'",
            "4",
        ),
        (
            "SELECT count(*) FROM (SELECT * FROM sales ORDER BY order_date LIMIT 1)"
            " WHERE order_date > DATE '2024-01-01'",
            "0",
        ),
        (
            "SELECT count(*) FROM (VALUES DATE '2024-01-01', DATE '2025-01-01') AS d(day) LEFT JOIN sales"
            " ON order_date = day WHERE order_date IS NULL",
            "1",
        ),
        (
            "SELECT count(*) FROM sales a LEFT JOIN sales b ON a.store = b.store AND a.order_date = DATE '2024-01-01'"
            " AND b.order_date = DATE '2024-01-01'",
            "4",
        ),
        (
            "SELECT count(*) FROM sales a WHERE NOT EXISTS (SELECT 1 FROM sales b WHERE b.order_date > a.order_date"
            " AND b.store = a.store)",
            "2",
        ),
        (
            "WITH d AS (SELECT * FROM sales) SELECT count(*) FROM d WHERE order_date = DATE '2024-01-01'"
            " OR (SELECT count(*) FROM d) = 4",
            "4",
        ),
    ],
)
def test_pruning_does_not_change_a_result(shop: Shop, sql: str, expected: str) -> None:
    assert shop.rows(sql) == [[expected]]
