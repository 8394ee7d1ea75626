from datetime import date

import pytest

from tests.dags.gold.harness import Lake, line, pick, prediction

TABLE = "mart_churn_indicators"
AS_OF = "2024-06-30"


def test_a_customer_who_slows_down() -> None:
    lake = Lake(
        [
            line("o1", 10, "2024-01-11"),
            line("o2", 10, "2024-02-10"),
            line("o3", 10, "2024-03-11"),
            line("o4", 10, "2024-04-10"),
        ]
    )
    row = lake.row(TABLE, as_of=AS_OF)
    assert pick(row, "last_order_date", "days_since_last_order") == (date(2024, 4, 10), 81)
    assert pick(row, "mean_gap_days", "days_since_last_order_per_mean_gap") == (30.0, 2.7)
    assert pick(row, "orders_last_90d", "orders_previous_90d", "orders_change_90d") == (1, 3, -2)
    assert row["orders_change_rate_90d"] == -2 / 3
    assert pick(row, "net_sales", "net_sales_last_90d", "net_sales_previous_90d") == (40, 10, 30)


def test_the_45_day_rule_counts_from_the_as_of_date() -> None:
    lake = Lake([line("o1", day="2024-05-16"), line("o2", day="2024-05-15", user_id="bob")])
    found = {row["user_id"]: row["reference_rule_45_days_inactive"] for row in lake.rows(TABLE, AS_OF)}
    assert found == {"ann": False, "bob": True}


def test_a_one_time_customer_has_no_gaps() -> None:
    row = Lake([line("o1", day="2024-06-01")]).row(TABLE, as_of=AS_OF)
    assert pick(row, "mean_gap_days", "days_since_last_order_per_mean_gap", "orders_change_rate_90d") == (
        None, None, None
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first_order", "predicted", "status"),
    [
        ("2024-06-01", {"p_order_90": 0.01}, "new"),
        ("2024-05-31", {"p_order_90": 0.01}, "new"),
        ("2024-05-30", {"p_order_90": 0.01}, "churned"),
        ("2024-01-01", {"p_order_90": 0.0999, "overdue_p": 0.9}, "churned"),
        ("2024-01-01", {"p_order_90": 0.1, "overdue_p": 0.8}, "at_risk"),
        ("2024-01-01", {"p_order_90": 0.1, "overdue_p": 0.79}, "active"),
        ("2024-01-01", {"p_order_90": 0.1, "overdue_p": None}, "active"),  # a model that estimates only rates
        ("2024-01-01", {"churn_threshold": None, "churn_threshold_status": "insufficient_data"}, None),
    ],
)
def test_the_status_is_the_first_that_fits(first_order: str, predicted: dict[str, object], status: str | None) -> None:
    lake = Lake([line("o1", day=first_order)])
    lake.insert("gold_customer_predictions", [prediction(AS_OF, **predicted)])
    assert lake.row(TABLE, as_of=AS_OF)["churn_status"] == status


def test_value_at_risk_is_the_value_lost_if_the_customer_has_left() -> None:
    """25 are expected with a probability of 0.2 that the customer has left: 31.25 if not, so 6.25 are at risk."""
    lake = Lake([line("o1", day="2024-01-01"), line("o2", day="2024-01-01", user_id="bob")])
    predicted = [prediction(AS_OF, p_alive=0.8), prediction(AS_OF, user_id="bob", p_order_90=0.01)]
    lake.insert("gold_customer_predictions", predicted)
    ann, bob = lake.rows(TABLE, AS_OF, order_by="user_id")
    assert ann["value_at_risk"] == pytest.approx(6.25)
    assert pick(bob, "churn_status", "value_at_risk") == ("churned", None)


def test_without_p_alive_there_is_no_value_at_risk() -> None:
    lake = Lake([line("o1", day="2024-01-01")])
    said = {"model": "nbd", "model_reason": "NBD is used: it missed by less.", "value_reason": "close"}
    lake.insert("gold_customer_predictions", [prediction(AS_OF, p_alive=None, p_alive_status="not_estimated", **said)])
    row = lake.row(TABLE, as_of=AS_OF)
    assert pick(row, "p_alive", "p_alive_status", "value_at_risk") == (None, "not_estimated", None)
    assert row["churn_status"] == "active" and {name: row[name] for name in said} == said


def test_a_customer_without_scores_has_a_row() -> None:
    row = Lake([line("o1", day="2024-01-01")]).row(TABLE, as_of=AS_OF)
    assert pick(row, "churn_status", "p_order_90", "model_status") == (None, None, "not_scored")
