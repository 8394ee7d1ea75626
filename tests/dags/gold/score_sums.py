"""A replacement for the scores job, because Spark takes too long: score tables as sums of the customer days."""

from __future__ import annotations

from typing import Any

from spark_jobs.models.loyalty_effect import METRICS
from tests.dags.gold.harness import DATABASE, Lake, Row, loyalty_effect, prediction


def write_scores(lake: Lake, as_of: str) -> None:
    """Replace the rows of the as-of date by rows computed from all customer days up to that date, and no other."""
    days = f"FROM {DATABASE}.gold_customer_day WHERE order_date <= DATE '{as_of}'"
    customers = lake.query(
        f"""SELECT app_name, user_id, currency, SUM(orders) AS orders, SUM(net_sales) AS net_sales,
                DATE '{as_of}' - MAX(order_date) AS silent {days} GROUP BY ALL"""
    )
    currencies = lake.query(f"SELECT currency, SUM(orders) AS orders, SUM(loyalty_orders) AS loyal {days} GROUP BY ALL")
    built = {
        "gold_customer_predictions": [customer_prediction(as_of, **customer) for customer in customers],
        "gold_loyalty_effects": [
            loyalty_effect(
                metric, as_of, currency=one["currency"], loyalty_customers=int(one["loyal"]),
                effect_ratio=1 + float(one["loyal"] / max(one["orders"], 1)),
            )
            for one in currencies
            for metric in METRICS
        ],
    }  # fmt: skip
    for name, rows in built.items():
        lake.connection.execute(f"DELETE FROM {DATABASE}.{name} WHERE as_of_date = DATE '{as_of}'")
        lake.insert(name, rows)


def customer_prediction(as_of: str, orders: Any, net_sales: Any, silent: int, **customer: str) -> Row:
    """Return a prediction that depends on the customer's orders, their amounts and their last day."""
    alive = 1 / (1 + silent / 30)
    value = float(net_sales) * alive
    return prediction(
        as_of, **customer, p_alive=alive, p_order_90=alive * 0.8, overdue_p=1 - alive, expected_value_365=value,
        discounted_value_365=value * 0.95, ltv_decile=1 + int(orders) % 10, churn_threshold=0.3,
        model_version=f"{as_of}-{orders}",
    )  # fmt: skip
