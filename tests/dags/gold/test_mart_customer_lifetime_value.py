from decimal import Decimal

import pytest

from tests.dags.gold.harness import Lake, line, pick, prediction

TABLE = "mart_customer_lifetime_value"


def lake() -> Lake:
    return Lake(
        [
            line("o1", 10, "2024-01-01"),
            line("o2", "20.25", "2024-01-05"),
            line("o3", "15.25", "2024-01-05", user_id="bob"),
            line("o4", "15", "2024-01-06", user_id="bob"),
            line("o5", "4.5", "2024-01-06", user_id="cy"),
            line("o6", 700, "2024-01-06", currency="CAD"),
            line("o7", 900, "2024-01-06", user_id=None),
        ]
    )


def test_historical_value_of_a_customer() -> None:
    row = lake().row(TABLE, "user_id = 'ann' AND currency = 'USD'", as_of="2024-01-10")
    assert pick(row, "orders", "net_sales", "aov", "active_days") == (2, Decimal("30.25"), 15.125, 2)
    assert pick(
        row,
        "net_sales_per_active_day",
        "repeat_active_days",
        "days_first_to_last_order",
        "days_since_first_order",
        "mean_gap_days",
    ) == (15.125, 1, 4, 9, 4.0)


def test_equal_customers_share_a_rank_and_shares_are_by_currency() -> None:
    found = {pick(row, "user_id", "currency"): row for row in lake().rows(TABLE)}
    ranks = {key: row["net_sales_rank"] for key, row in found.items()}
    assert ranks == {("ann", "USD"): 1, ("bob", "USD"): 1, ("cy", "USD"): 3, ("ann", "CAD"): 1}
    assert found["cy", "USD"]["net_sales_share"] == pytest.approx(4.5 / 65)
    assert found["ann", "CAD"]["net_sales_share"] == 1.0


def test_a_customer_with_free_items_only_has_a_row() -> None:
    row = Lake([line("o1", 0)]).row(TABLE)
    assert pick(row, "orders", "net_sales", "aov", "net_sales_share") == (1, 0, 0.0, None)


def test_predictions_are_joined_by_customer_currency_and_as_of_date() -> None:
    made = lake()
    made.insert(
        "gold_customer_predictions",
        [
            prediction("2024-01-10", p_alive=0.9),
            prediction("2024-01-10", currency="CAD", p_alive=0.2),
            prediction("2024-01-09", p_alive=0.7),
            prediction(
                "2024-01-10",
                user_id="bob",
                p_alive=None,
                p_alive_status="not_estimated",
                expected_value_365=None,
                model="naive_rate",
                model_status="not_validated",
                model_reason="The naive rate is used: no other fits.",
            ),
        ],
    )
    rows = {pick(row, "user_id", "currency"): row for row in made.rows(TABLE, "2024-01-10")}
    assert len(rows) == 4
    assert (rows["ann", "USD"]["p_alive"], rows["ann", "CAD"]["p_alive"]) == (0.9, 0.2)
    assert pick(rows["ann", "USD"], "expected_value_365", "value_365_p90", "ltv_decile") == (25.0, 60.0, 7)
    assert pick(rows["bob", "USD"], "p_alive", "expected_value_365", "model_status") == (None, None, "not_validated")
    assert pick(rows["bob", "USD"], "model", "model_reason", "p_alive_status") == (
        "naive_rate",
        "The naive rate is used: no other fits.",
        "not_estimated",
    )
    assert pick(rows["cy", "USD"], "p_alive", "model_status", "value_status") == (None, "not_scored", "not_scored")
    assert pick(rows["cy", "USD"], "model", "p_alive_status") == (None, "not_scored")
