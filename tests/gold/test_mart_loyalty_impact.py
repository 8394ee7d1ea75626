from typing import Any

from tests.gold.harness import Lake, line, pick

TABLE = "mart_loyalty_impact"
BOTH = ("loyal_value", "non_loyal_value")


def january() -> Lake:
    return Lake(
        [
            line("a1", 10, "2024-01-01", is_loyalty=True),
            line("a2", 20, "2024-01-09"),
            line("a3", 6, "2024-02-09"),
            line("b1", 5, "2024-01-10", user_id="bob"),
            line("c1", 7, "2024-01-11", user_id="cy"),
            line("c2", 8, "2024-01-12", user_id="cy"),
            line("c3", 8, "2024-02-12", user_id="cy"),
            line("g1", 100, "2024-01-12", user_id=None),
            line("t1", 900, "2024-01-12", is_test=True),
        ]
    )


def metrics(lake: Lake, as_of: str, period_type: str = "month", start: str = "2024-01-01") -> dict[str, Any]:
    where = f"period_type = '{period_type}' AND period_start = DATE '{start}'"
    return {row["metric"]: row for row in lake.rows(TABLE, as_of, where)}


def test_orders_are_compared_with_guests_in() -> None:
    found = metrics(january(), "2024-02-29")
    assert pick(found["net_sales"], *BOTH, "denominator") == (10.0, 140.0, "guests in")
    assert pick(found["orders"], *BOTH) == (1.0, 5.0)
    assert pick(found["aov"], *BOTH, "naive_difference") == (10.0, 28.0, -18.0)
    assert found["net_sales"]["loyal_share"] == 10 / 150


def test_customers_are_compared_with_guests_out() -> None:
    found = metrics(january(), "2024-02-29")
    assert pick(found["customers"], *BOTH, "denominator") == (1.0, 2.0, "guests out")
    assert pick(found["orders_per_customer"], *BOTH, "loyal_numerator") == (2.0, 1.5, 2)
    assert pick(found["net_sales_per_customer"], *BOTH, "naive_ratio") == (30.0, 10.0, 3.0)
    assert pick(found["repeat_rate"], *BOTH, "non_loyal_denominator") == (1.0, 0.5, 2)


def test_retention_is_known_once_the_next_month_is_over() -> None:
    assert pick(metrics(january(), "2024-02-29")["retention"], *BOTH) == (1.0, 0.5)
    assert pick(metrics(january(), "2024-02-28")["retention"], *BOTH) == (None, None)


def test_a_customer_who_skips_a_month_was_not_retained() -> None:
    lake = Lake([line("a1", day="2024-01-05"), line("a2", day="2024-03-05"), line("b1", day="2024-02-05", user_id="b")])
    assert metrics(lake, "2024-03-31")["retention"]["non_loyal_value"] == 0.0


def test_the_whole_time_has_one_row_a_metric_and_no_retention() -> None:
    found = metrics(january(), "2024-02-29", "all")
    assert pick(found["net_sales"], *BOTH, "is_whole_period") == (10.0, 154.0, True)
    assert found["repeat_rate"]["loyal_value"] == 1.0
    assert "retention" not in found


def test_without_loyalty_the_loyal_side_is_zero_or_unknown() -> None:
    found = metrics(Lake([line("o1", 10, "2024-01-05")]), "2024-01-31")
    assert pick(found["net_sales"], *BOTH, "naive_ratio", "loyal_share") == (0.0, 10.0, 0.0, 0.0)
    assert pick(found["aov"], *BOTH, "naive_difference") == (None, 10.0, None)
    assert pick(found["repeat_rate"], *BOTH, "loyal_denominator") == (None, 0.0, 0)


def test_guests_alone_make_no_customers() -> None:
    found = metrics(Lake([line("o1", 10, "2024-01-05", user_id=None)]), "2024-01-31")
    assert pick(found["customers"], *BOTH) == (0.0, 0.0)
    assert pick(found["net_sales_per_customer"], *BOTH) == (None, None)
