from typing import Any

import pytest

from tests.dags.gold.harness import Lake, line, loyalty_effect, pick

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
    assert pick(found["active_days_per_customer"], *BOTH) == (2.0, 1.5)
    assert pick(found["net_sales_per_customer"], *BOTH, "naive_ratio") == (30.0, 10.0, 3.0)
    assert pick(found["repeat_rate"], *BOTH, "non_loyal_denominator") == (1.0, 0.5, 2)


def test_retention_is_known_when_the_next_month_is_over() -> None:
    assert pick(metrics(january(), "2024-02-29")["retention"], *BOTH) == (1.0, 0.5)
    assert pick(metrics(january(), "2024-02-28")["retention"], *BOTH) == (None, None)


def test_a_customer_who_skips_a_month_was_not_retained() -> None:
    lake = Lake([line("a1", day="2024-01-05"), line("a2", day="2024-03-05"), line("b1", day="2024-02-05", user_id="b")])
    assert metrics(lake, "2024-03-31")["retention"]["non_loyal_value"] == 0.0


def test_the_whole_time_has_one_row_for_each_metric_and_no_retention() -> None:
    found = metrics(january(), "2024-02-29", "all")
    assert pick(found["net_sales"], *BOTH, "is_whole_period") == (10.0, 154.0, True)
    assert found["repeat_rate"]["loyal_value"] == 1.0
    assert "retention" not in found


def test_without_loyalty_the_loyal_side_is_zero_or_unknown() -> None:
    found = metrics(Lake([line("o1", 10, "2024-01-05")]), "2024-01-31")
    assert pick(found["net_sales"], *BOTH, "naive_ratio", "loyal_share") == (0.0, 10.0, 0.0, 0.0)
    assert pick(found["aov"], *BOTH, "naive_difference") == (None, 10.0, None)
    assert pick(found["repeat_rate"], *BOTH, "loyal_denominator") == (None, 0.0, 0)


def test_guests_alone_are_not_customers() -> None:
    found = metrics(Lake([line("o1", 10, "2024-01-05", user_id=None)]), "2024-01-31")
    assert pick(found["customers"], *BOTH) == (0.0, 0.0)
    assert pick(found["net_sales_per_customer"], *BOTH) == (None, None)


EFFECT = ("effect_ratio", "effect_lower", "effect_upper")
PLACEBO = ("placebo_ratio", "placebo_lower", "placebo_upper")


def with_effects(**fields: Any) -> Lake:
    lake = january()
    estimated = ("orders", "net_sales", "active_days", "net_sales_per_order")
    lake.insert("gold_loyalty_effects", [loyalty_effect(metric, "2024-02-29", **fields) for metric in estimated])
    return lake


def test_the_whole_time_has_the_adjusted_effect_and_the_naive_ratio() -> None:
    found = metrics(with_effects(), "2024-02-29", "all")
    with_effect = {name for name, row in found.items() if row["effect_status"] is not None}
    assert with_effect == {"orders_per_customer", "active_days_per_customer", "net_sales_per_customer", "aov"}
    for name in with_effect:
        assert pick(found[name], *EFFECT) == (1.2, 1.1, 1.3)
        assert pick(found[name], "effect_window_days", "treated_customers", "effect_status") == (90, 100, "identified")
        assert found[name]["naive_ratio"] is not None
    assert pick(found["net_sales"], *EFFECT, "effect_window_days") == (None, None, None, None)


def test_each_metric_gets_its_own_effect() -> None:
    lake = january()
    ratios = {"orders": 1.1, "active_days": 1.2, "net_sales": 1.3, "net_sales_per_order": 1.4}
    rows = [loyalty_effect(metric, "2024-02-29", effect_ratio=ratio) for metric, ratio in ratios.items()]
    lake.insert("gold_loyalty_effects", rows)
    found = metrics(lake, "2024-02-29", "all")
    names = ("orders_per_customer", "active_days_per_customer", "net_sales_per_customer", "aov")
    assert [found[name]["effect_ratio"] for name in names] == [1.1, 1.2, 1.3, 1.4]


def test_months_have_no_effect_and_no_status() -> None:
    found = metrics(with_effects(), "2024-02-29", "month")
    assert {pick(row, "effect_ratio", "effect_status") for row in found.values()} == {(None, None)}


def test_a_failed_placebo_is_shown_and_the_estimate_is_not() -> None:
    failed = with_effects(status="not_identified", placebo_ratio=1.4, placebo_lower=1.2, placebo_upper=1.6)
    row = metrics(failed, "2024-02-29", "all")["orders_per_customer"]
    assert pick(row, *EFFECT, "effect_status") == (None, None, None, "not_identified")
    assert pick(row, *PLACEBO) == (1.4, 1.2, 1.6)


@pytest.mark.parametrize("status", ["insufficient_data", "not_supported"])
def test_without_an_estimate_there_is_a_status(status: str) -> None:
    none = dict.fromkeys((*EFFECT, *PLACEBO))
    row = metrics(with_effects(status=status, **none), "2024-02-29", "all")["orders_per_customer"]
    assert pick(row, *EFFECT, *PLACEBO, "effect_status") == (*(None,) * 6, status)


def test_without_customers_the_effect_is_not_supported() -> None:
    found = metrics(Lake([line("o1", 10, "2024-01-05", user_id=None)]), "2024-01-31", "all", "2024-01-05")
    assert pick(found["orders_per_customer"], "effect_ratio", "effect_status") == (None, "not_supported")


def test_the_effect_of_another_day_or_currency_is_not_used() -> None:
    other_currency = with_effects(currency="EUR")
    assert metrics(other_currency, "2024-02-29", "all")["aov"]["effect_status"] == "not_supported"
    assert metrics(with_effects(), "2024-02-28", "all")["aov"]["effect_ratio"] is None
