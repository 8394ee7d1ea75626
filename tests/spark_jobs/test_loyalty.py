"""The loyalty effect on Spark: the same figures as numpy on all rows at once, and a status where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from spark_jobs.models.loyalty_effect import METRICS, effects, totals
from spark_jobs.models.loyalty_windows import CustomerDays, comparisons
from spark_jobs.scores.tables import LOYALTY_EFFECTS
from spark_jobs.transforms import loyalty
from spark_jobs.transforms.customers import sampled_days
from spark_jobs.transforms.loyalty import loyalty_effects, loyalty_effects_of
from tests.models.loyalty_simulation import DAYS, Chain

FIRST = date(2021, 1, 1)
CHAIN, SEED = Chain(customers=500, join_chance=0.2, visit_effect=1.3), 6
AS_OF = FIRST + timedelta(days=DAYS - 1)
COLUMNS = {
    "app_name": "string",
    "user_id": "string",
    "currency": "string",
    "order_date": "date",
    "orders": "bigint",
    "net_sales": "decimal(18,4)",
    "loyalty_orders": "bigint",
}


def frame(days: CustomerDays, currency: str = "USD") -> pd.DataFrame:
    return pd.DataFrame({
        "app_name": "Cafe",
        "user_id": days.customer.astype(str),
        "currency": currency,
        "order_date": [FIRST + timedelta(days=int(day)) for day in days.day],
        "orders": days.orders.astype(int),
        "net_sales": days.net_sales.round(4),
        "loyalty_orders": np.where(days.is_loyal, days.orders, 0).astype(int),
    })  # fmt: skip


def customer_days(spark: SparkSession, rows: pd.DataFrame, folder: Path) -> DataFrame:
    rows.to_parquet(folder / "days.parquet")
    as_given = spark.read.parquet(str(folder / "days.parquet"))
    return as_given.selectExpr(*(f"cast({column} as {kind}) as {column}" for column, kind in COLUMNS.items()))


def by_metric(found: list[dict[str, Any]], currency: str = "USD") -> dict[str, dict[str, Any]]:
    return {row["metric"]: row for row in found if row["currency"] == currency}


def at_once(days: DataFrame, as_of: date) -> list[dict[str, Any]]:
    """The effects as the job finds them where the driver has all the rows."""
    return loyalty_effects_of(sampled_days(days, as_of, 1).toPandas(), as_of)


@pytest.fixture(scope="module")
def chain(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    return customer_days(spark, frame(CHAIN.days(SEED)), tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="module")
def on_the_driver(chain: DataFrame) -> dict[str, dict[str, Any]]:
    return by_metric(at_once(chain, AS_OF))


def test_every_metric_has_an_estimate_an_interval_and_the_customers_behind_it(
    on_the_driver: dict[str, dict[str, Any]],
) -> None:
    assert list(on_the_driver) == list(METRICS)
    assert {tuple(row) for row in on_the_driver.values()} == {tuple(LOYALTY_EFFECTS.columns)}
    orders = on_the_driver["orders"]
    assert orders["status"] == "identified"
    assert orders["effect_lower"] < 1.3 < orders["effect_upper"]
    assert orders["placebo_lower"] < 1 < orders["placebo_upper"]
    assert 30 <= orders["treated_customers"] < orders["loyalty_customers"]
    assert (orders["window_days"], orders["as_of_date"]) == (90, AS_OF)


def test_many_tasks_give_what_the_driver_gives(
    chain: DataFrame, on_the_driver: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loyalty, "ROWS_PER_TASK", 6_000)
    in_tasks = by_metric(loyalty_effects(chain, AS_OF))
    for metric, row in on_the_driver.items():
        assert in_tasks[metric] == {
            name: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value for name, value in row.items()
        }


def test_numpy_on_all_rows_gives_the_same_estimate(on_the_driver: dict[str, dict[str, Any]]) -> None:
    days = CHAIN.days(SEED)
    first = (FIRST - date(1970, 1, 1)).days
    launch = days.day[days.is_loyal].min()
    moved = replace(days, day=days.day + first, launch_day=np.full_like(days.day, launch + first))
    for effect in effects(totals(comparisons(moved, first + DAYS - 1))):
        assert effect.effect is not None
        # Other customer keys, other draws: only the estimate is the same.
        assert on_the_driver[effect.metric]["effect_ratio"] == pytest.approx(effect.effect.estimate, rel=1e-6)


@pytest.mark.parametrize("find_effects", [at_once, loyalty_effects])
def test_each_currency_has_a_status_of_its_own(
    spark: SparkSession, tmp_path: Path, find_effects: Callable[[DataFrame, date], list[dict[str, Any]]]
) -> None:
    days = Chain(customers=40, join_chance=0.2).days(1)
    none = frame(days, "NONE").assign(loyalty_orders=0)
    everyone = frame(days, "EVERY").assign(loyalty_orders=1)
    found = find_effects(
        customer_days(spark, pd.concat([none, everyone, frame(days, "FEW")], ignore_index=True), tmp_path), AS_OF
    )
    status = {(row["currency"], row["status"], row["effect_ratio"]) for row in found}
    assert status == {
        ("NONE", "not_supported", None), ("EVERY", "not_supported", None), ("FEW", "insufficient_data", None),
    }  # fmt: skip
    assert by_metric(found, "EVERY")["orders"]["loyalty_customers"] == 40


def test_days_after_the_as_of_date_change_nothing(
    spark: SparkSession, chain: DataFrame, on_the_driver: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    later = frame(Chain(customers=50).days(9)).assign(order_date=AS_OF + timedelta(days=1)).drop_duplicates("user_id")
    assert by_metric(at_once(chain.union(customer_days(spark, later, tmp_path)), AS_OF)) == on_the_driver


def test_guests_alone_give_no_rows(chain: DataFrame) -> None:
    assert loyalty_effects(chain.limit(0), AS_OF) == at_once(chain.limit(0), AS_OF) == []
