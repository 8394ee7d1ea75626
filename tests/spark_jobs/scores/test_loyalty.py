"""The rows of the loyalty effect: an estimate among the customers at hand, a status where there is none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from biz_schema.score_tables import LOYALTY_EFFECTS
from spark_jobs.models.loyalty_effect import METRICS, effects, totals
from spark_jobs.models.loyalty_windows import CustomerDays, comparisons
from spark_jobs.scores.customers_in_pandas import loyalty_programmes, sufficient_statistics, totals_of_days
from spark_jobs.scores.histories import day_number
from spark_jobs.scores.loyalty import loyalty_effects
from tests.spark_jobs.models.loyalty_simulation import DAYS, LAUNCH, Chain

FIRST = date(2021, 1, 1)
AS_OF = FIRST + timedelta(days=DAYS - 1)
CHAIN, SEED = Chain(customers=1_000, join_chance=0.2, visit_effect=1.3), 6


def frame(days: CustomerDays, currency: str = "USD") -> pd.DataFrame:
    """In the columns of `customer_days`."""
    return pd.DataFrame({
        "app_name": "Cafe",
        "user_id": days.customer.astype(str),
        "currency": currency,
        "key": days.customer,
        "customer": days.customer,
        "day": days.day + day_number(FIRST),
        "amount": days.net_sales,
        "cents": (days.net_sales * 100).round(),
        "orders": days.orders,
        "is_loyal": days.is_loyal,
        "is_active": True,
    })  # fmt: skip


def found_in(days: pd.DataFrame) -> list[dict[str, Any]]:
    return loyalty_effects(days, loyalty_programmes(sufficient_statistics(totals_of_days(days), AS_OF)), AS_OF)


def by_metric(found: list[dict[str, Any]], currency: str = "USD") -> dict[str, dict[str, Any]]:
    return {row["metric"]: row for row in found if row["currency"] == currency}


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return frame(CHAIN.days(SEED))


@pytest.fixture(scope="module")
def found(days: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return by_metric(found_in(days))


def test_every_metric_has_an_estimate_an_interval_and_the_customers_behind_it(found: dict[str, Any]) -> None:
    assert list(found) == list(METRICS)
    assert {tuple(row) for row in found.values()} == {tuple(LOYALTY_EFFECTS.columns)}
    orders = found["orders"]
    assert orders["status"] == "identified"
    assert orders["effect_lower"] < 1.3 < orders["effect_upper"]
    assert orders["placebo_lower"] < 1 < orders["placebo_upper"]
    assert 30 <= orders["treated_customers"] < orders["loyalty_customers"]
    assert (orders["window_days"], orders["as_of_date"]) == (90, AS_OF)


def test_the_estimate_is_the_model_s(found: dict[str, Any]) -> None:
    for effect in effects(totals(comparisons(CHAIN.days(SEED), LAUNCH, DAYS - 1))):
        assert effect.effect is not None
        # Quarters of another year are other strata, of the same days.
        assert found[effect.metric]["effect_ratio"] == pytest.approx(effect.effect.estimate, rel=0.05)


def test_a_sample_of_customers_finds_the_same_within_its_interval(days: pd.DataFrame, found: dict[str, Any]) -> None:
    programmes = loyalty_programmes(sufficient_statistics(totals_of_days(days), AS_OF))
    part = by_metric(loyalty_effects(days[days["key"] % 2 == 0], programmes, AS_OF))["orders"]
    whole = found["orders"]
    assert part["effect_lower"] < whole["effect_ratio"] < part["effect_upper"]
    assert part["loyalty_customers"] == whole["loyalty_customers"]  # of everybody
    assert part["treated_customers"] == pytest.approx(whole["treated_customers"] / 2, rel=0.3)


def test_each_currency_has_a_status_of_its_own() -> None:
    few = Chain(customers=40, join_chance=0.2).days(1)
    none = frame(few, "NONE").assign(is_loyal=False)
    everyone = frame(few, "EVERY").assign(is_loyal=True)
    found = found_in(pd.concat([none, everyone, frame(few, "FEW")], ignore_index=True))
    assert {(row["currency"], row["status"], row["effect_ratio"]) for row in found} == {
        ("NONE", "not_supported", None), ("EVERY", "not_supported", None), ("FEW", "insufficient_data", None),
    }  # fmt: skip
    assert by_metric(found, "EVERY")["orders"]["loyalty_customers"] == 40


def test_guests_alone_give_no_rows(days: pd.DataFrame) -> None:
    assert found_in(days.head(0)) == []
